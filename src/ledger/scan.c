/* SPDX-License-Identifier: ISC */
#include "ledger/scan.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "ledger/keys.h"

prov_status
scan_init(struct scan *s, const struct scan *first, prov_err *err)
{
	*s = *first;
	bundle_init(&s->bundle);
	return (sha256_new(&s->hash, err));
}

void
scan_clear(struct scan *s)
{
	sha256_free(s->hash);
	bundle_close(&s->bundle);
}

void
scan_blobs(struct scan *s)
{
	char path[LEDGER_PATH_MAX];

	for (unsigned i = 0; i < 256; i++)
		s->blobs[i] = layout_path(path, NULL, s->dir, "blobs/%02x",
				  i) == PROV_OK &&
		              !file_missing(path);
}

void
scanned_clear(struct scanned *t)
{
	records_clear(&t->records);
	buf_free(&t->lacking);
	buf_free(&t->turns);
	buf_free(&t->odd);
}

static void
empty(struct scanned *t, uint64_t n, uint64_t size)
{
	uint64_t left = size - n * TILE_WIDTH;

	for (unsigned k = 0; k < INDEX_KINDS; k++)
		t->records.of[k].len = 0;
	t->lacking.len = t->turns.len = t->odd.len = 0;
	t->n = n;
	t->width = left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH;
	t->bundle = t->tile = false;
	t->have = 0;
	t->st = PROV_OK;
	prov_err_clear(&t->err);
	t->bundle_why[0] = t->tile_why[0] = '\0';
	t->bundle_st = t->tile_st = t->blob = PROV_OK;
	prov_err_clear(&t->blob_why);
}

/* Whether looking for any of its timelines could be of use. */
static bool
may_have_blobs(const struct scan *s, const struct outline *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (s->blobs[o->at[i].timeline[0]])
			return (true);
	return (false);
}

/* Whether it is logged like that shows when the tree is compared. */
static void
odd(struct scanned *t, uint64_t i, const char *why)
{
	struct odd o = { .entry = i };

	snprintf(o.why, sizeof(o.why), "%.199s", why);
	buf_put(&t->odd, &o, sizeof(o));
}

/* Whether a failure is about the file rather than about this machine. */
static bool
about_file(prov_status st)
{
	return (st != PROV_ENOMEM && st != PROV_EINTERNAL);
}

/* An entry without all timelines: why is told where one cannot be read. */
static void
lacks(struct scanned *t, uint64_t i, prov_status st)
{
	buf_put(&t->lacking, &i, sizeof(i));
	if (st == PROV_OK)
		return;
	if (t->blob == PROV_OK)
		t->blob_why = t->err;
	t->blob = st;
	prov_err_clear(&t->err);
}

/* What an entry says, as far as the tree and the index need it. */
static prov_status
read_statement(struct scan *s, struct scanned *t, uint64_t i, prov_span entry)
{
	struct statement *st = &s->statement;
	struct outline *o = &s->outline;
	bool lacking = false, manifest;
	prov_err why = { 0 };
	prov_status ret;

	if (statement_parse(st, entry, &why) != PROV_OK) {
		odd(t, i, why.msg);
		return (PROV_OK);
	}
	manifest = st->kind == PAYLOAD_MANIFEST;
	if (manifest && manifest_outline(o, st->payload, &why) != PROV_OK) {
		odd(t, i, why.msg);
		manifest = false;
	} else if (manifest && memcmp(o->asset, st->sub_digest, 32) != 0) {
		odd(t, i, "is about another asset than its manifest");
	}
	if (st->kind == PAYLOAD_REGISTRATION || st->kind == PAYLOAD_REVOCATION)
		buf_put(&t->turns, &i, sizeof(i));
	ret = index_statement(&t->records, st, manifest ? o : NULL,
	    manifest && may_have_blobs(s, o) ? s->dir : NULL, i, &lacking,
	    &t->err);
	if (ret != PROV_OK && !about_file(ret))
		return (ret);
	if (lacking || ret != PROV_OK)
		lacks(t, i, ret);
	return (PROV_OK);
}

static prov_status
leaf(struct scan *s, uint8_t out[32], prov_span entry, prov_err *err)
{
	static const uint8_t prefix = 0; /* RFC 9162 2.1.1 */

	sha256_init(s->hash);
	sha256_add(s->hash, &prefix, 1);
	sha256_add(s->hash, entry.p, entry.len);
	return (sha256_done(s->hash, out, err));
}

static prov_status
read_entries(struct scan *s, struct scanned *t, prov_err *why)
{
	uint64_t i = t->n * TILE_WIDTH;
	prov_span entry;
	prov_status st;

	for (; t->have < t->width; t->have++, i++) {
		st = bundle_next(&s->bundle, &entry, why);
		if (st == PROV_ENOTFOUND)
			return (prov_fail(why, PROV_EUNTRUSTED,
			    "ends before entry %llu", (unsigned long long)i));
		if (st != PROV_OK)
			return (st);
		if ((st = leaf(s, t->leaf[t->have], entry, &t->err)) !=
			PROV_OK ||
		    (st = read_statement(s, t, i, entry)) != PROV_OK)
			t->st = st;
		if (t->st != PROV_OK)
			return (PROV_OK);
	}
	return (PROV_OK);
}

static void
scan_bundle(struct scan *s, struct scanned *t)
{
	struct bundle *b = &s->bundle;
	char want[TILE_PATH_MAX];
	prov_err why = { 0 };
	prov_span more;
	prov_status st;

	tile_path(want, TILE_ENTRIES, t->n, t->width);
	st = bundle_open(b, s->dir, t->n, t->width, &why);
	if (st == PROV_OK)
		st = read_entries(s, t, &why);
	/* A full bundle in place of the partial one has more. */
	if (st == PROV_OK && t->st == PROV_OK && strcmp(want, b->path) == 0 &&
	    bundle_next(b, &more, &why) != PROV_ENOTFOUND)
		st = prov_fail(&why, PROV_EUNTRUSTED,
		    "has bytes behind its entries");
	t->bundle = st == PROV_OK;
	t->bundle_st = st;
	snprintf(t->bundle_why, sizeof(t->bundle_why), "%.390s", why.msg);
	if (st != PROV_OK && !about_file(st)) {
		t->st = st;
		t->err = why;
	}
}

static void
scan_kept(struct scan *s, struct scanned *t)
{
	prov_err why = { 0 };
	prov_status st;

	st = tile_load(t->kept[0], s->dir, 0, t->n, t->width, &why);
	t->tile = st == PROV_OK;
	t->tile_st = st;
	snprintf(t->tile_why, sizeof(t->tile_why), "%.390s", why.msg);
	if (st != PROV_OK && !about_file(st)) {
		t->st = st;
		t->err = why;
	}
}

static void
roots(struct scanned *t)
{
	bool all = t->have == t->width;

	if (all)
		t->st = tree_root(t->root, t->leaf[0], t->width, &t->err);
	if (all && t->tile &&
	    memcmp(t->leaf, t->kept, (size_t)t->width * 32) == 0)
		memcpy(t->kept_root, t->root, 32);
	else if (t->st == PROV_OK && t->tile)
		t->st = tree_root(t->kept_root, t->kept[0], t->width, &t->err);
}

void
scan_tile(struct scan *s, struct scanned *t, uint64_t n)
{
	empty(t, n, s->size);
	scan_bundle(s, t);
	if (t->st == PROV_OK)
		scan_kept(s, t);
	if (t->st == PROV_OK)
		roots(t);
	for (unsigned k = 0; t->st == PROV_OK && k < INDEX_KINDS; k++)
		t->st = buf_done(&t->records.of[k], &t->err);
	if (t->st == PROV_OK &&
	    (t->st = buf_done(&t->lacking, &t->err)) == PROV_OK &&
	    (t->st = buf_done(&t->odd, &t->err)) == PROV_OK)
		t->st = buf_done(&t->turns, &t->err);
}
