/* SPDX-License-Identifier: ISC */
#include "ledger/notices.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "hash/sha256.h"
#include "ledger/keys.h"
#include "ledger/reader.h"
#include "ledger/search.h"
#include "sign/statement.h"

static const char NOTICES_HEADER[] = "prov-notices/1";

/* As many lines as there may be, and the three in front. */
#define NOTICES_TEXT_MAX ((size_t)NOTICES_MAX * 21 + 512)

void
notices_clear(struct notices *n)
{
	buf_free(&n->at);
	memset(n, 0, sizeof(*n));
}

static prov_status
add(struct notices *n, uint64_t index, prov_err *err)
{
	if (notices_n(n) == NOTICES_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.entries: the ledger has more than %d policies, "
		    "revocations and takedowns",
		    NOTICES_MAX));
	buf_put(&n->at, &index, sizeof(index));
	return (buf_done(&n->at, err));
}

static bool
is_notice(enum payload_kind kind)
{
	return (kind == PAYLOAD_REVOCATION || kind == PAYLOAD_TAKEDOWN ||
		kind == PAYLOAD_REGISTRATION);
}

/* A view_entry_fn; an operation that is done again passes over what it has. */
static prov_status
scan_entry(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	struct notices *n = arg;
	struct statement s;
	prov_status st;

	if (i < n->position)
		return (PROV_OK);
	if (statement_parse(&s, entry, NULL) == PROV_OK && is_notice(s.kind) &&
	    (st = add(n, i, err)) != PROV_OK)
		return (st);
	n->position = i + 1;
	return (PROV_OK);
}

static prov_status
do_scan(prov_ledger *l, void *arg, prov_err *err)
{
	struct notices *n = arg;

	if (n->position >= l->view.at.size)
		return (PROV_OK);
	return (view_scan(&l->view, n->position, l->view.at.size, scan_entry, n,
	    err));
}

static prov_status
scan_tail(void *arg, uint64_t from, uint64_t to, struct index *x, prov_err *err)
{
	return (view_scan(arg, from, to, index_tail, x, err));
}

/* What the index is asked for: two content types, and H(origin). */
struct find_op {
	uint8_t key[3][32];
	struct buf hits;
	uint64_t size; /* up to where they were found */
};

static prov_status
do_find(prov_ledger *l, void *arg, prov_err *err)
{
	struct find_op *op = arg;
	prov_status st;

	op->hits.len = 0;
	op->size = l->view.at.size;
	st = index_cover(&l->index, l->dir, op->size, scan_tail, &l->view, err);
	for (size_t i = 0; st == PROV_OK && i < 3; i++)
		st = index_find(&l->index, l->dir, INDEX_ASSET, op->key[i],
		    op->size, &op->hits, err);
	return (st);
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y ? -1 : x > y);
}

static prov_status
take_hits(struct notices *n, const struct find_op *op, prov_err *err)
{
	uint64_t *at = (uint64_t *)(void *)op->hits.p;
	size_t count = op->hits.len / sizeof(*at);
	prov_status st;

	if (count > 0)
		qsort(at, count, sizeof(*at), by_number);
	for (size_t i = 0; i < count; i++) {
		if (at[i] < n->position || (i > 0 && at[i] == at[i - 1]))
			continue;
		if ((st = add(n, at[i], err)) != PROV_OK)
			return (st);
	}
	n->position = op->size;
	return (PROV_OK);
}

static prov_status
find(struct notices *n, prov_ledger *l, prov_err *err)
{
	const char *origin = prov_ledger_origin(l);
	struct find_op op = { 0 };
	prov_status st;

	if ((st = index_type_key(op.key[0], PAYLOAD_REVOCATION, err)) ==
		PROV_OK &&
	    (st = index_type_key(op.key[1], PAYLOAD_TAKEDOWN, err)) ==
		PROV_OK &&
	    (st = sha256_of(op.key[2], span(origin, strlen(origin)), err)) ==
		PROV_OK &&
	    (st = reader_do(l, do_find, &op, err)) == PROV_OK)
		st = take_hits(n, &op, err);
	buf_free(&op.hits);
	return (st);
}

prov_status
notices_follow(struct notices *n, prov_ledger *l, prov_err *err)
{
	uint64_t size;
	prov_status st;

	st = prov_ledger_checkpoint(l, &size, NULL, NULL, err);
	if (st != PROV_OK || n->position >= size)
		return (st);
	if (n->by == NOTICES_SCAN)
		return (reader_do(l, do_scan, n, err));
	return (find(n, l, err));
}

prov_status
notices_encode(struct buf *b, const struct notices *n,
    const struct checkpoint *at, prov_err *err)
{
	buf_printf(b, "%s\n%s\n%llu ", NOTICES_HEADER, at->origin,
	    (unsigned long long)at->size);
	hex_put(b, at->root, sizeof(at->root));
	buf_printf(b, " %zu\n", notices_n(n));
	for (size_t i = 0; i < notices_n(n); i++)
		buf_printf(b, "%llu\n", (unsigned long long)notices_at(n, i));
	return (buf_done(b, err));
}

static prov_status
malformed(prov_err *err, const char *what)
{
	return (prov_fail(err, PROV_EFORMAT, "notices: %s", what));
}

/* "SIZE ROOT COUNT" */
static bool
parse_head(struct checkpoint *at, uint64_t *count, prov_span line)
{
	const char *p = (const char *)line.p, *root, *end;

	root = memchr(p, ' ', line.len);
	if (root == NULL || !u64_decode(&at->size, p, (size_t)(root - p)))
		return (false);
	root++;
	end = memchr(root, ' ', line.len - (size_t)(root - p));
	return (end != NULL &&
		hex_decode(at->root, sizeof(at->root), root,
		    (size_t)(end - root)) &&
		u64_decode(count, end + 1, line.len - (size_t)(end + 1 - p)));
}

static prov_status
parse_indexes(struct notices *n, uint64_t count, uint64_t size, prov_span text,
    prov_err *err)
{
	uint64_t index, least = 0;
	prov_span line;
	prov_status st;

	for (; count > 0; count--) {
		if (!text_line(&text, &line) ||
		    !u64_decode(&index, (const char *)line.p, line.len) ||
		    index < least || index >= size)
			return (malformed(err, "not so many entries"));
		least = index + 1;
		if ((st = add(n, index, err)) != PROV_OK)
			return (st);
	}
	return (text.len == 0 ? PROV_OK : malformed(err, "more at the end"));
}

prov_status
notices_parse(struct notices *n, struct checkpoint *at, prov_span text,
    prov_err *err)
{
	struct notices got = { .by = NOTICES_SCAN };
	struct checkpoint c = { 0 };
	prov_span line;
	uint64_t count;
	prov_status st;

	if (!text_line(&text, &line) ||
	    !span_eq(line, span(NOTICES_HEADER, sizeof(NOTICES_HEADER) - 1)))
		return (malformed(err, "another version"));
	if (!text_line(&text, &line) || line.len >= sizeof(c.origin) ||
	    memchr(line.p, '\0', line.len) != NULL)
		return (malformed(err, "no origin"));
	memcpy(c.origin, line.p, line.len);
	if (!text_line(&text, &line) || !parse_head(&c, &count, line))
		return (malformed(err, "no size, root and count"));
	st = parse_indexes(&got, count, c.size, text, err);
	if (st != PROV_OK) {
		notices_clear(&got);
		return (st);
	}
	got.position = c.size;
	notices_clear(n);
	*n = got;
	*at = c;
	return (PROV_OK);
}

/* malloc'ed */
static prov_status
record_path(char **out, const char *dir, const prov_ledger *l, prov_err *err)
{
	const char *origin = prov_ledger_origin(l);
	uint8_t digest[32];
	char name[65];
	prov_status st;

	st = sha256_of(digest, span(origin, strlen(origin)), err);
	if (st != PROV_OK)
		return (st);
	hex_encode(name, digest, sizeof(digest));
	if ((*out = path_join(dir, name)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	return (PROV_OK);
}

/* An index into another history would point at other entries. */
static prov_status
check_growth(prov_ledger *l, const struct checkpoint *at, prov_err *err)
{
	uint8_t root[32];
	prov_status st;

	if (at->size == 0)
		return (PROV_OK);
	if ((st = ledger_root_at(l, at->size, root, err)) != PROV_OK)
		return (st);
	if (memcmp(root, at->root, sizeof(root)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: the first %llu entries are others than "
		    "this client has read before",
		    (unsigned long long)at->size));
	return (PROV_OK);
}

prov_status
notices_load(struct notices *n, const char *dir, prov_ledger *l, prov_err *err)
{
	AUTO_FREE char *path = NULL;
	AUTO_BUF text = { 0 };
	struct notices got = { 0 };
	struct checkpoint at;
	prov_err why = { 0 };
	uint64_t size;
	prov_status st;

	if ((st = record_path(&path, dir, l, err)) != PROV_OK ||
	    (st = prov_ledger_checkpoint(l, &size, NULL, NULL, err)) != PROV_OK)
		return (st);
	st = file_read(&text, path, NOTICES_TEXT_MAX, &why);
	if (st == PROV_OK)
		st = notices_parse(&got, &at, buf_span(&text), &why);
	if (st == PROV_ENOMEM)
		return (prov_fail(err, st, "%s", why.msg));
	/* What is not there, not whole, or ahead of this copy is read anew. */
	if (st != PROV_OK || strcmp(at.origin, prov_ledger_origin(l)) != 0 ||
	    at.size > size) {
		notices_clear(&got);
		return (PROV_OK);
	}
	if ((st = check_growth(l, &at, err)) != PROV_OK) {
		notices_clear(&got);
		return (st);
	}
	notices_clear(n);
	*n = got;
	return (PROV_OK);
}

prov_status
notices_save(const struct notices *n, const char *dir, prov_ledger *l,
    prov_err *err)
{
	AUTO_FREE char *path = NULL;
	AUTO_BUF text = { 0 };
	prov_status st;

	if (n->by != NOTICES_SCAN || n->position != l->view.at.size)
		return (prov_fail(err, PROV_EINTERNAL, "not scanned"));
	if ((st = record_path(&path, dir, l, err)) != PROV_OK ||
	    (st = notices_encode(&text, n, &l->view.at, err)) != PROV_OK)
		return (st);
	return (file_write(path, buf_span(&text), 0644, 0, err));
}

prov_status
prov_ledger_heed(prov_ledger *l, const char *dir, prov_err *err)
{
	struct notices n = { 0 };
	prov_status st;

	if ((st = notices_load(&n, dir, l, err)) == PROV_OK) {
		n.by = NOTICES_SCAN;
		st = notices_follow(&n, l, err);
	}
	if (st == PROV_OK)
		st = notices_save(&n, dir, l, err);
	notices_clear(&n);
	return (st);
}
