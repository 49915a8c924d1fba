/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "ledger/blob.h"
#include "ledger/edge.h"
#include "ledger/reader.h"
#include "manifest/manifest.h"
#include "sign/statement.h"

/*
 * Builds the whole tree from the entries, and believes no hash that it did
 * not compute.
 */
struct check {
	prov_ledger *l;
	struct edge edge;
	struct index index;     /* as listed at the start */
	size_t run;             /* the run that is being compared */
	struct records records; /* what its entries are found by */
	struct buf lacking;     /* uint64_t: those without all timelines */
	prov_progress_fn progress;
	void *arg;
};

static prov_status
check_tile(void *arg, unsigned level, uint64_t n, const uint8_t *hashes,
    unsigned width, prov_err *err)
{
	struct check *c = arg;
	AUTO_FREE struct tile *t = malloc(sizeof(*t));
	char path[TILE_PATH_MAX];
	prov_status st;

	if (t == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	if ((st = tile_read(t, c->l->dir, level, n, width, err)) != PROV_OK)
		return (st);
	if (memcmp(t->node, hashes, (size_t)width * 32) == 0)
		return (PROV_OK);
	tile_path(path, (int)level, n, width);
	return (prov_fail(err, PROV_EUNTRUSTED,
	    "ledger.invalid: tlog/%s does not follow from the entries", path));
}

static prov_status
check_full(void *arg, unsigned level, uint64_t n, const uint8_t *hashes,
    prov_err *err)
{
	return (check_tile(arg, level, n, hashes, TILE_WIDTH, err));
}

/* Timelines may have been deleted, but what is there must be right. */
static prov_status
check_blobs(struct check *c, const struct manifest *m, prov_err *err)
{
	prov_status st;

	for (size_t i = 0; i < m->n_streams; i++) {
		AUTO_BUF b = { 0 };
		prov_err why = { 0 };

		st = blob_read(&b, c->l->dir, m->streams[i].timeline, &why);
		if (st != PROV_OK && st != PROV_ENOTFOUND)
			return (prov_fail(err, st, "%s", why.msg));
	}
	return (PROV_OK);
}

static prov_status
check_manifest(struct check *c, const struct statement *s, prov_err *err)
{
	struct manifest m = { 0 };
	prov_status st;

	if (s->kind != PAYLOAD_MANIFEST)
		return (PROV_OK);
	if ((st = manifest_decode(&m, s->payload, err)) == PROV_OK) {
		if (memcmp(m.asset.sha256, s->sub_digest, 32) != 0)
			st = prov_fail(err, PROV_EUNTRUSTED,
			    "the statement is about another asset than its "
			    "manifest");
		else
			st = check_blobs(c, &m, err);
	}
	manifest_clear(&m);
	return (st);
}

/* One section, of entries that are in our tree, is as expected. */
static bool
same_section(const struct records *want, const struct records *got,
    enum index_kind kind, uint64_t size)
{
	const struct record *a = records_at(want, kind);
	const struct record *b = records_at(got, kind);
	size_t n = records_n(want, kind), j = 0;

	for (size_t i = 0; i < records_n(got, kind); i++) {
		if (b[i].index >= size)
			continue;
		if (j == n || a[j].key != b[i].key || a[j].index != b[i].index)
			return (false);
		j++;
	}
	return (j == n);
}

static int
index_cmp(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x < *y ? -1 : *x > *y);
}

static bool
has_index(const struct buf *sorted, uint64_t index)
{
	return (sorted->len != 0 &&
		bsearch(&index, sorted->p, sorted->len / sizeof(index),
		    sizeof(index), index_cmp) != NULL);
}

/* The entries that have any segment in the index, once each. */
static prov_status
indexed_entries(struct buf *out, const struct records *got, prov_err *err)
{
	const struct record *at = records_at(got, INDEX_SEGMENT);
	uint64_t *p;
	size_t n = records_n(got, INDEX_SEGMENT), kept = 0;
	prov_status st;

	for (size_t i = 0; i < n; i++)
		buf_put(out, &at[i].index, sizeof(at[i].index));
	if ((st = buf_done(out, err)) != PROV_OK)
		return (st);
	p = (uint64_t *)(void *)out->p;
	if (n != 0)
		qsort(p, n, sizeof(*p), index_cmp);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || p[kept - 1] != p[i])
			p[kept++] = p[i];
	out->len = kept * sizeof(*p);
	return (PROV_OK);
}

/*
 * Segments come from blobs, which may be gone by now or have come later: what
 * is there has to follow from the timelines at hand, and of an entry that was
 * indexed with all of them nothing may lack.
 */
static prov_status
same_segments(struct check *c, const struct records *got, uint64_t size,
    bool *same, prov_err *err)
{
	const struct record *a = records_at(&c->records, INDEX_SEGMENT);
	const struct record *b = records_at(got, INDEX_SEGMENT);
	size_t n = records_n(&c->records, INDEX_SEGMENT);
	size_t m = records_n(got, INDEX_SEGMENT), i = 0, j = 0;
	AUTO_BUF indexed = { 0 };
	prov_status st;

	if ((st = indexed_entries(&indexed, got, err)) != PROV_OK)
		return (st);
	for (*same = true; *same && (i < n || j < m);) {
		int order = i == n   ? 1
		            : j == m ? -1
		                     : record_order(&a[i], &b[j]);

		if (order > 0)
			*same = b[j].index >= size ||
			        has_index(&c->lacking, b[j].index);
		else if (order < 0)
			*same = !has_index(&indexed, a[i].index);
		i += order <= 0;
		j += order >= 0;
	}
	return (PROV_OK);
}

/* The run's records follow from the entries. */
static prov_status
compare_run(struct check *c, uint64_t size, prov_err *err)
{
	const struct index_run *r = &c->index.runs[c->run];
	struct records got = { 0 };
	struct run_info info;
	prov_status st;
	bool same = true;

	records_sort(&c->records);
	st = run_read(&info, &got, c->l->dir, r->begin, r->end, err);
	for (unsigned k = 0; st == PROV_OK && same && k < INDEX_SEGMENT; k++)
		same = same_section(&c->records, &got, k, size);
	if (st == PROV_OK && same)
		st = same_segments(c, &got, size, &same, err);
	records_clear(&got);
	records_clear(&c->records);
	c->lacking.len = 0;
	if (st == PROV_OK && !same)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: index/%llu-%llu does not follow from the "
		    "entries; remove index/, and it is made again",
		    (unsigned long long)r->begin, (unsigned long long)r->end));
	return (st);
}

/* What is logged as it should be, and is no sound statement all the same. */
static prov_status
check_statement(struct check *c, uint64_t i, prov_span entry, prov_err *err)
{
	struct statement s;
	prov_err why = { 0 };
	prov_status st;

	if ((st = statement_parse(&s, entry, &why)) == PROV_OK)
		st = check_manifest(c, &s, &why);
	if (st == PROV_OK || st == PROV_ENOMEM || st == PROV_EIO)
		return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
	return (prov_fail(err, PROV_EUNTRUSTED,
	    "ledger.invalid: entry %llu: %s", (unsigned long long)i, why.msg));
}

static prov_status
check_entry(struct check *c, uint64_t i, prov_span entry, prov_err *err)
{
	uint8_t leaf[32], want[32];
	prov_status st;
	bool lacking = false;

	/* The readers' way first: it names the entry, before it is read. */
	if ((st = tree_leaf(leaf, entry, err)) != PROV_OK ||
	    (st = view_leaf(&c->l->view, i, want, err)) != PROV_OK)
		return (st);
	if (memcmp(leaf, want, sizeof(leaf)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: entry %llu is not in the tree",
		    (unsigned long long)i));
	if ((st = edge_push(&c->edge, leaf, check_full, c, err)) != PROV_OK ||
	    (st = check_statement(c, i, entry, err)) != PROV_OK ||
	    c->run >= c->index.n)
		return (st);
	st = index_keys(&c->records, entry, c->l->dir, i, &lacking, err);
	if (lacking)
		buf_put(&c->lacking, &i, sizeof(i));
	if (st != PROV_OK || (st = buf_done(&c->lacking, err)) != PROV_OK)
		return (st);
	if (i + 1 < c->index.runs[c->run].end)
		return (PROV_OK);
	st = compare_run(c, i + 1, err);
	c->run++;
	return (st);
}

static prov_status
check_bundle(struct check *c, uint64_t n, uint64_t size, prov_err *err)
{
	uint64_t first = n * TILE_WIDTH;
	unsigned width =
	    size - first < TILE_WIDTH ? (unsigned)(size - first) : TILE_WIDTH;
	char want[TILE_PATH_MAX];
	AUTO_BUNDLE b;
	prov_span entry;
	prov_status st;

	bundle_init(&b);
	tile_path(want, TILE_ENTRIES, n, width);
	if ((st = bundle_open(&b, c->l->dir, n, width, err)) != PROV_OK)
		return (st);
	for (unsigned i = 0; i < width; i++) {
		st = bundle_next(&b, &entry, err);
		if (st == PROV_ENOTFOUND)
			st = prov_fail(err, PROV_EUNTRUSTED,
			    "ledger.invalid: tlog/%s ends early", b.path);
		if (st != PROV_OK ||
		    (st = check_entry(c, first + i, entry, err)) != PROV_OK)
			return (st);
	}
	/* A full bundle in place of the partial one has more. */
	if (strcmp(want, b.path) == 0 &&
	    bundle_next(&b, &entry, NULL) != PROV_ENOTFOUND)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: tlog/%s has bytes behind its entries",
		    b.path));
	return (PROV_OK);
}

static prov_status
check_root(struct check *c, prov_err *err)
{
	const struct checkpoint *at = &c->l->view.at;
	uint8_t root[32];
	prov_status st;

	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		unsigned width = tile_partial(at->size, level);

		if (width == 0)
			continue;
		st = check_tile(c, level,
		    tile_hashes(at->size, level) / TILE_WIDTH,
		    c->edge.hash[level][0], width, err);
		if (st != PROV_OK)
			return (st);
	}
	if ((st = edge_root(&c->edge, root, err)) != PROV_OK)
		return (st);
	if (memcmp(root, at->root, sizeof(root)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: the entries do not give the checkpoint's "
		    "root"));
	return (PROV_OK);
}

static prov_status
check_all(struct check *c, prov_err *err)
{
	uint64_t size = c->l->view.at.size;
	prov_status st;

	if ((st = index_load(&c->index, c->l->dir, err)) != PROV_OK)
		return (st);
	for (uint64_t n = 0; n * TILE_WIDTH < size; n++) {
		if ((st = check_bundle(c, n, size, err)) != PROV_OK)
			return (st);
		if (c->progress != NULL)
			c->progress(c->arg, c->edge.size, size);
	}
	/* A run that was written since may reach past our checkpoint. */
	if (c->run < c->index.n && c->index.runs[c->run].begin < size &&
	    (st = compare_run(c, size, err)) != PROV_OK)
		return (st);
	return (check_root(c, err));
}

struct check_op {
	prov_progress_fn progress;
	void *arg;
};

static prov_status
do_check(prov_ledger *l, void *arg, prov_err *err)
{
	const struct check_op *op = arg;
	struct check *c = calloc(1, sizeof(*c));
	prov_status st;

	if (c == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	c->l = l;
	c->progress = op->progress;
	c->arg = op->arg;
	st = check_all(c, err);
	index_clear(&c->index);
	records_clear(&c->records);
	buf_free(&c->lacking);
	free(c);
	return (st);
}

prov_status
prov_ledger_check(prov_ledger *l, prov_progress_fn progress, void *arg,
    uint64_t *entries, prov_err *err)
{
	struct check_op op = { .progress = progress, .arg = arg };
	prov_status st;

	if ((st = reader_do(l, do_check, &op, err)) != PROV_OK)
		return (st);
	if (l->writer_check != NULL &&
	    (st = l->writer_check(l, err)) != PROV_OK)
		return (st);
	if (entries != NULL)
		*entries = l->view.at.size;
	return (PROV_OK);
}
