/* SPDX-License-Identifier: ISC */
#include "ledger/copy.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "ledger/layout.h"
#include "ledger/lock.h"
#include "manifest/manifest.h"
#include "sign/statement.h"

void
copy_close(struct copy *c)
{
	auto_fd(&c->lock);
	free(c->dir);
	buf_free(&c->note);
	memset(c, 0, sizeof(*c));
	c->lock = -1;
}

static prov_status
read_head(struct copy *c, const prov_pubkey *key, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	prov_err why = { 0 };
	prov_status st;

	st = layout_path(path, err, c->dir, LEDGER_CHECKPOINT);
	if (st != PROV_OK)
		return (st);
	st = file_read(&c->note, path, NOTE_MAX, &why);
	if (st == PROV_ENOTFOUND)
		return (PROV_OK);
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	st = checkpoint_verify(&c->at, buf_span(&c->note), key, &why);
	if (st == PROV_ENOMEM || st == PROV_OK)
		return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
	return (prov_fail(err, PROV_EUNTRUSTED,
	    "ledger.untrusted: %s is not a checkpoint of %s: %s", path,
	    key->name, why.msg));
}

/* A ledger's own directory is written by its own writer alone. */
static prov_status
check_no_store(const char *dir, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	prov_status st;

	if ((st = layout_path(path, err, dir, LEDGER_DB)) != PROV_OK)
		return (st);
	if (!file_missing(path))
		return (prov_fail(err, PROV_EEXIST,
		    "%s is a ledger with a store of its own", dir));
	return (PROV_OK);
}

prov_status
copy_open(struct copy *c, const char *dir, const prov_pubkey *key,
    unsigned wait_ms, prov_err *err)
{
	prov_status st;

	memset(c, 0, sizeof(*c));
	c->lock = -1;
	if ((st = dir_make(dir, err)) != PROV_OK)
		return (st);
	if ((c->dir = realpath(dir, NULL)) == NULL)
		return (prov_fail_errno(err, PROV_EOPEN, "%s", dir));
	if ((st = check_no_store(c->dir, err)) != PROV_OK ||
	    (st = lock_dir(&c->lock, c->dir, wait_ms, err)) != PROV_OK)
		return (st);
	return (read_head(c, key, err));
}

prov_status
copy_finish(const struct copy *c, prov_span note, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	prov_status st;

	st = layout_path(path, err, c->dir, LEDGER_CHECKPOINT);
	if (st != PROV_OK || (st = layout_make_parent(path, err)) != PROV_OK)
		return (st);
	/* One call for all files; an fsync each would take longer. */
	if (syncfs(c->lock) == -1)
		return (prov_fail_errno(err, PROV_EWRITE, "%s: sync", c->dir));
	return (file_write(path, note, 0644, FILE_SYNC, err));
}

prov_status
copy_timelines(prov_span entry, copy_blob_fn fn, void *arg, prov_err *err)
{
	struct statement s;
	struct outline o;
	prov_status st = PROV_OK;

	if (statement_parse(&s, entry, NULL) != PROV_OK ||
	    s.kind != PAYLOAD_MANIFEST ||
	    manifest_outline(&o, s.payload, NULL) != PROV_OK)
		return (PROV_OK);
	for (size_t i = 0; i < o.n && st == PROV_OK; i++)
		st = fn(arg, o.at[i].timeline, err);
	return (st);
}
