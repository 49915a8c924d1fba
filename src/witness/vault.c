/* SPDX-License-Identifier: ISC */
#include "witness/vault.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "hash/sha256.h"
#include "ledger/layout.h"
#include "ledger/lock.h"

#define VAULT_VKEY "vkey"

static prov_status
put_vkey(struct buf *b, const struct cosigner *key, prov_err *err)
{
	cosigner_format(b, key);
	buf_put_byte(b, '\n');
	return (buf_done(b, err));
}

prov_status
vault_init(const char *dir, const struct cosigner *key, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	AUTO_BUF vkey = { 0 };
	prov_status st;

	if ((st = put_vkey(&vkey, key, err)) != PROV_OK ||
	    (st = layout_path(path, err, dir, "origins")) != PROV_OK ||
	    (st = dir_make(path, err)) != PROV_OK ||
	    (st = layout_path(path, err, dir, VAULT_VKEY)) != PROV_OK)
		return (st);
	return (file_write(path, buf_span(&vkey), 0644, FILE_SYNC | FILE_EXCL,
	    err));
}

prov_status
vault_check(const char *dir, const struct cosigner *key, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	AUTO_BUF want = { 0 }, got = { 0 };
	prov_err why = { 0 };
	prov_status st;

	if ((st = put_vkey(&want, key, err)) != PROV_OK ||
	    (st = layout_path(path, err, dir, VAULT_VKEY)) != PROV_OK)
		return (st);
	st = file_read(&got, path, COSIGNER_VKEY_MAX + 1, &why);
	if (st == PROV_ENOTFOUND)
		return (prov_fail(err, st,
		    "no witness in %s; prov ledger witness init makes one",
		    dir));
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	if (!span_eq(buf_span(&want), buf_span(&got)))
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "%s: what was cosigned there was by another key", dir));
	return (PROV_OK);
}

prov_status
vault_name(char name[65], const char *origin, prov_err *err)
{
	uint8_t digest[SHA256_LEN];
	prov_status st;

	st = sha256_of(digest, span(origin, strlen(origin)), err);
	if (st == PROV_OK)
		hex_encode(name, digest, sizeof(digest));
	return (st);
}

static prov_status
files_enter(int *lock, const char *dir, prov_err *err)
{
	return (lock_take(lock, dir, VAULT_WAIT_MS, err));
}

static void
files_leave(int *lock)
{
	auto_fd(lock);
	*lock = -1;
}

static prov_status
files_load(struct buf *note, const char *dir, const char name[65],
    prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	prov_status st;

	if ((st = layout_path(path, err, dir, "origins/%s", name)) != PROV_OK)
		return (st);
	return (file_read(note, path, NOTE_MAX, err));
}

static prov_status
files_save(const char *dir, const char name[65], prov_span note, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	prov_status st;

	if ((st = layout_path(path, err, dir, "origins/%s", name)) != PROV_OK)
		return (st);
	return (file_write(path, note, 0644, FILE_SYNC, err));
}

const struct vault_ops vault_files = {
	.enter = files_enter,
	.leave = files_leave,
	.load = files_load,
	.save = files_save,
};

/* Looks for the own cosignature, which alone makes a record believed. */
struct own {
	const struct cosigner *key;
	prov_span text;
	int64_t time; /* 0: none found */
};

static prov_status
find_own(void *arg, const struct note_sig *s, prov_err *err)
{
	struct own *o = arg;

	if (!cosigner_signed(o->key, s))
		return (PROV_OK);
	return (cosignature_verify(&o->time, o->key, o->text, s->sig, err));
}

static prov_status
read_record(struct record *r, const char name[65], const struct cosigner *key,
    prov_err *err)
{
	struct own own = { .key = key };
	char is[65];
	prov_span sigs;
	prov_status st;

	st = note_split(&own.text, &sigs, buf_span(&r->note), err);
	if (st != PROV_OK ||
	    (st = note_sigs(sigs, find_own, &own, err)) != PROV_OK ||
	    (st = checkpoint_parse(&r->at, own.text, err)) != PROV_OK ||
	    (st = vault_name(is, r->at.origin, err)) != PROV_OK)
		return (st);
	if (own.time == 0 || strcmp(is, name) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "not what this witness cosigned"));
	r->time = own.time;
	r->known = true;
	return (PROV_OK);
}

prov_status
vault_load(struct record *out, const struct vault_ops *ops, const char *dir,
    const char name[65], const struct cosigner *key, prov_err *err)
{
	struct record r = { 0 };
	prov_err why = { 0 };
	prov_status st;

	st = ops->load(&r.note, dir, name, &why);
	if (st == PROV_OK)
		st = read_record(&r, name, key, &why);
	if (st != PROV_OK)
		buf_free(&r.note);
	if (st != PROV_OK && st != PROV_ENOTFOUND)
		return (prov_fail(err, st, "%s/origins/%s: %s", dir, name,
		    why.msg));
	*out = r;
	return (PROV_OK);
}
