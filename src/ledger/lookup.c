/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ledger/reader.h"
#include "ledger/search.h"
#include "manifest/manifest.h"
#include "sign/statement.h"

static prov_status
scan_view(void *arg, uint64_t from, uint64_t to, struct index *x, prov_err *err)
{
	return (view_scan(arg, from, to, index_tail, x, err));
}

static prov_status
has_stream(bool *has, prov_span payload, const uint8_t root[32], prov_err *err)
{
	struct manifest m = { 0 };
	prov_status st;

	st = manifest_decode(&m, payload, err);
	for (size_t i = 0; st == PROV_OK && i < m.n_streams && !*has; i++)
		*has = memcmp(m.streams[i].root, root, 32) == 0;
	manifest_clear(&m);
	return (st);
}

/* Whether an entry that the index names is one that was asked for. */
static prov_status
confirm(bool *has, prov_span entry, prov_lookup_by by, const uint8_t key[32],
    prov_err *err)
{
	struct statement s;
	prov_status st;

	*has = false;
	if ((st = statement_parse(&s, entry, err)) != PROV_OK)
		return (st);
	if (by == PROV_BY_ASSET)
		*has = memcmp(s.sub_digest, key, 32) == 0;
	else if (by == PROV_BY_SIGNER)
		*has = memcmp(s.kid, key, 32) == 0;
	else if (s.kind == PAYLOAD_MANIFEST)
		return (has_stream(has, s.payload, key, err));
	return (PROV_OK);
}

/* The same of entry i, which is read in place of what *entry holds. */
static prov_status
confirm_at(bool *has, prov_ledger *l, uint64_t i, struct buf *entry,
    prov_lookup_by by, const uint8_t key[32], prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	entry->len = 0;
	if ((st = view_entry(&l->view, i, entry, err)) != PROV_OK)
		return (st);
	st = confirm(has, buf_span(entry), by, key, &why);
	if (st == PROV_EFORMAT || st == PROV_ELIMIT)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: entry %llu: %s", (unsigned long long)i,
		    why.msg));
	return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
}

struct lookup_op {
	prov_lookup_by by;
	const uint8_t *key;
	struct buf hits;
};

static prov_status
confirm_hits(prov_ledger *l, struct lookup_op *op, prov_err *err)
{
	uint64_t *at = (uint64_t *)(void *)op->hits.p;
	size_t n = op->hits.len / sizeof(*at), kept = 0;
	AUTO_BUF entry = { 0 };
	prov_status st;
	bool has;

	for (size_t i = 0; i < n; i++) {
		st = confirm_at(&has, l, at[i], &entry, op->by, op->key, err);
		if (st != PROV_OK)
			return (st);
		if (has)
			at[kept++] = at[i];
	}
	op->hits.len = kept * sizeof(*at);
	return (PROV_OK);
}

static prov_status
do_lookup(prov_ledger *l, void *arg, prov_err *err)
{
	struct lookup_op *op = arg;
	enum index_kind kind;
	prov_status st;

	switch (op->by) {
	case PROV_BY_ASSET:
		kind = INDEX_ASSET;
		break;
	case PROV_BY_STREAM:
		kind = INDEX_STREAM;
		break;
	case PROV_BY_SIGNER:
		kind = INDEX_SIGNER;
		break;
	default:
		return (
		    prov_fail(err, PROV_EARG, "look-up by %d", (int)op->by));
	}
	op->hits.len = 0;
	if ((st = index_cover(&l->index, l->dir, l->view.at.size, scan_view,
		 &l->view, err)) != PROV_OK ||
	    (st = index_find(&l->index, l->dir, kind, op->key, l->view.at.size,
		 &op->hits, err)) != PROV_OK)
		return (st);
	return (confirm_hits(l, op, err));
}

prov_status
prov_ledger_lookup(prov_ledger *l, prov_lookup_by by, const uint8_t key[32],
    uint64_t **indexes, size_t *n, prov_err *err)
{
	struct lookup_op op = { .by = by, .key = key };
	uint8_t *p;
	size_t len;
	prov_status st;

	st = reader_do(l, do_lookup, &op, err);
	if (st == PROV_OK)
		st = buf_take(&op.hits, &p, &len, err);
	buf_free(&op.hits);
	if (st != PROV_OK)
		return (st);
	*indexes = (uint64_t *)(void *)p;
	*n = len / sizeof(uint64_t);
	return (PROV_OK);
}

struct each_op {
	const uint8_t *asset;
	size_t max;
	ledger_entry_fn fn;
	void *arg;
};

/* Hands on one hit, if it is one. */
static prov_status
each_hit(prov_ledger *l, const struct each_op *op, uint64_t index,
    struct buf *entry, prov_err *err)
{
	prov_status st;
	bool has;

	st = confirm_at(&has, l, index, entry, PROV_BY_ASSET, op->asset, err);
	if (st != PROV_OK)
		return (st);
	return (has ? op->fn(op->arg, index, buf_span(entry), &l->view.at, err)
		    : PROV_OK);
}

static prov_status
each(prov_ledger *l, const struct each_op *op, prov_err *err)
{
	AUTO_BUF hits = { 0 };
	AUTO_BUF entry = { 0 };
	const uint64_t *at;
	prov_status st;
	size_t n;

	if ((st = index_follow(&l->index, l->dir, l->view.at.size, scan_view,
		 &l->view, err)) != PROV_OK ||
	    (st = index_find(&l->index, l->dir, INDEX_ASSET, op->asset,
		 l->view.at.size, &hits, err)) != PROV_OK)
		return (st);
	n = hits.len / sizeof(*at);
	if (n > op->max)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.entries: the ledger has %zu entries on one asset",
		    n));
	for (at = (const uint64_t *)(const void *)hits.p; n > 0; n--)
		if ((st = each_hit(l, op, at[n - 1], &entry, err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

static prov_status
do_each(prov_ledger *l, void *arg, prov_err *err)
{
	prov_status st = each(l, arg, err);

	/* A run was merged: the list is to be read again. */
	if (st == PROV_ENOTFOUND)
		l->index.follow = false;
	return (st);
}

prov_status
ledger_each(prov_ledger *l, const uint8_t asset[32], size_t max,
    ledger_entry_fn fn, void *arg, prov_err *err)
{
	struct each_op op = { asset, max, fn, arg };

	return (reader_do(l, do_each, &op, err));
}

struct segments_op {
	const uint8_t *leaves;
	size_t n;
	struct buf *hits;
	size_t len; /* of hits, before */
};

static prov_status
find_segment(prov_ledger *l, const struct segments_op *op, uint64_t seed,
    prov_err *err)
{
	AUTO_BUF at = { 0 };
	const uint64_t *index;
	size_t n;
	prov_status st;

	st = index_find(&l->index, l->dir, INDEX_SEGMENT,
	    op->leaves + seed * 32, l->view.at.size, &at, err);
	if (st != PROV_OK)
		return (st);
	index = (const uint64_t *)(const void *)at.p;
	n = at.len / sizeof(*index);
	for (size_t i = 0; i < n && n <= SEGMENT_SHARED_MAX; i++) {
		struct segment_hit hit = { seed, index[i] };

		buf_put(op->hits, &hit, sizeof(hit));
	}
	return (buf_done(op->hits, err));
}

static prov_status
do_segments(prov_ledger *l, void *arg, prov_err *err)
{
	struct segments_op *op = arg;
	prov_status st;

	op->hits->len = op->len;
	st = index_cover(&l->index, l->dir, l->view.at.size, scan_view,
	    &l->view, err);
	for (size_t i = 0; st == PROV_OK && i < op->n; i++)
		st = find_segment(l, op, i, err);
	return (st);
}

prov_status
ledger_segments(prov_ledger *l, const uint8_t *leaves, size_t n,
    struct buf *hits, prov_err *err)
{
	struct segments_op op = { leaves, n, hits, hits->len };

	return (reader_do(l, do_segments, &op, err));
}

/* Whether entry i is a manifest that kid signed. */
static prov_status
is_manifest_of(bool *is, prov_ledger *l, uint64_t i, const uint8_t kid[32],
    prov_err *err)
{
	AUTO_BUF b = { 0 };
	struct checkpoint at;
	struct statement s;
	prov_status st;

	if ((st = ledger_entry_proven(l, i, &b, &at, err)) != PROV_OK ||
	    (st = statement_parse(&s, buf_span(&b), err)) != PROV_OK)
		return (st);
	*is = s.kind == PAYLOAD_MANIFEST && memcmp(s.kid, kid, 32) == 0;
	return (PROV_OK);
}

prov_status
ledger_find(prov_ledger *l, const uint8_t asset[32], const uint8_t kid[32],
    uint64_t *index, prov_err *err)
{
	AUTO_FREE uint64_t *at = NULL;
	size_t n;
	prov_status st;
	bool is = false;

	st = prov_ledger_lookup(l, PROV_BY_ASSET, asset, &at, &n, err);
	while (st == PROV_OK && n > 0 && !is)
		st = is_manifest_of(&is, l, at[--n], kid, err);
	if (st != PROV_OK)
		return (st);
	if (!is)
		return (prov_fail(err, PROV_ENOTFOUND,
		    "the ledger has no manifest of this signer on the asset"));
	*index = at[n];
	return (PROV_OK);
}
