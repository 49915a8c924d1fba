/* SPDX-License-Identifier: ISC */
#include "monitor/seen.h"

#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "hash/sha256.h"
#include "ledger/layout.h"

static const char SEEN_HEADER[] = "prov-monitor/1";

#define SEEN_MAX (NOTE_MAX + 256) /* a note and three lines */

void
seen_clear(struct seen *s)
{
	buf_free(&s->note);
	memset(s, 0, sizeof(*s));
}

void
seen_encode(struct buf *b, const struct seen *s)
{
	buf_printf(b, "%s\nentries %llu\ntime %llu\n\n", SEEN_HEADER,
	    (unsigned long long)s->entries, (unsigned long long)s->time);
	buf_put_span(b, buf_span(&s->note));
}

static bool
take_number(uint64_t *out, prov_span *text, const char *name)
{
	size_t n = strlen(name);
	prov_span line;

	return (text_line(text, &line) && line.len > n &&
		memcmp(line.p, name, n) == 0 &&
		u64_decode(out, (const char *)line.p + n, line.len - n));
}

prov_status
seen_parse(struct seen *out, prov_span text, const prov_pubkey *key,
    prov_err *err)
{
	AUTO_SEEN s = { .there = true };
	uint64_t time;
	prov_span line;
	prov_status st;

	if (!text_line(&text, &line) ||
	    !span_eq(line, span(SEEN_HEADER, sizeof(SEEN_HEADER) - 1)) ||
	    !take_number(&s.entries, &text, "entries ") ||
	    !take_number(&time, &text, "time ") || time > INT64_MAX ||
	    !text_line(&text, &line) || line.len != 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "not what a monitor of this version wrote"));
	s.time = (int64_t)time;
	if ((st = checkpoint_verify(&s.at, text, key, err)) != PROV_OK)
		return (st);
	if (s.entries > s.at.size)
		return (prov_fail(err, PROV_EFORMAT,
		    "%llu entries seen of a log of %llu",
		    (unsigned long long)s.entries,
		    (unsigned long long)s.at.size));
	buf_put_span(&s.note, text);
	if ((st = buf_done(&s.note, err)) != PROV_OK)
		return (st);
	*out = s;
	memset(&s, 0, sizeof(s));
	return (PROV_OK);
}

prov_status
origin_hex(char out[65], const char *origin, prov_err *err)
{
	uint8_t digest[32];
	prov_status st;

	st = sha256_of(digest, span(origin, strlen(origin)), err);
	if (st == PROV_OK)
		hex_encode(out, digest, sizeof(digest));
	return (st);
}

static prov_status
seen_path(char path[LEDGER_PATH_MAX], const char *dir, const prov_pubkey *key,
    prov_err *err)
{
	char hex[65];
	prov_status st;

	if ((st = origin_hex(hex, key->name, err)) != PROV_OK)
		return (st);
	return (layout_path(path, err, dir, "%s", hex));
}

prov_status
seen_load(struct seen *out, const char *dir, const prov_pubkey *key,
    prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	AUTO_BUF text = { 0 };
	prov_err why = { 0 };
	prov_status st;

	memset(out, 0, sizeof(*out));
	if ((st = seen_path(path, dir, key, err)) != PROV_OK)
		return (st);
	st = file_read(&text, path, SEEN_MAX, &why);
	if (st == PROV_ENOTFOUND)
		return (PROV_OK);
	if (st == PROV_OK)
		st = seen_parse(out, buf_span(&text), key, &why);
	if (st == PROV_OK || st == PROV_ENOMEM)
		return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
	return (prov_fail(err, PROV_EOPEN, "%s: %.300s", path, why.msg));
}

prov_status
seen_save(const struct seen *s, const char *dir, const prov_pubkey *key,
    prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	AUTO_BUF text = { 0 };
	prov_status st;

	seen_encode(&text, s);
	if ((st = buf_done(&text, err)) != PROV_OK ||
	    (st = seen_path(path, dir, key, err)) != PROV_OK)
		return (st);
	return (file_write(path, buf_span(&text), 0644, FILE_SYNC, err));
}
