/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/publish.h"
#include "ledger/view.h"
#include "logged.h"
#include "refused.h"

/* C2SP tlog-tiles: its own examples. */
static void
paths(void **state)
{
	static const struct {
		int level;
		uint64_t n;
		unsigned width;
		const char *path;
	} rows[] = {
		{ 0, 0, 256, "tile/0/000" },
		{ 0, 1234067, 256, "tile/0/x001/x234/067" },
		{ 1, 0, 1, "tile/1/000.p/1" },
		{ 0, 273, 112, "tile/0/273.p/112" },
		{ 2, 999, 255, "tile/2/999.p/255" },
		{ 2, 1000, 256, "tile/2/x001/000" },
		{ 7, UINT64_C(1) << 55, 256,
		    "tile/7/x036/x028/x797/x018/x963/968" },
		{ TILE_ENTRIES, 5, 256, "tile/entries/005" },
		{ TILE_ENTRIES, 1234067, 9, "tile/entries/x001/x234/067.p/9" },
		{ TILE_ENTRIES, UINT64_MAX, 255,
		    "tile/entries/x018/x446/x744/x073/x709/x551/615.p/255" },
	};
	char path[TILE_PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tile_path(path, rows[i].level, rows[i].n, rows[i].width);
		assert_string_equal(rows[i].path, path);
	}
}

/* Frames of one bundle, and what is no bundle. */
static void
bundles(void **state)
{
	AUTO_BUF b = { 0 };
	uint8_t *large = calloc(1, STATEMENT_MAX + 1);
	struct bundle in;
	prov_span e;

	(void)state;
	assert_non_null(large);
	bundle_put(&b, span("ab", 2));
	bundle_put(&b, span("", 0));
	bundle_put(&b, span(large, STATEMENT_MAX));
	assert_int_equal(4 + 2 + 2 + STATEMENT_MAX, b.len);
	bundle_init(&in);
	ok(bundle_from(&in, buf_span(&b), err));
	ok(bundle_next(&in, &e, err));
	assert_true(span_eq(e, span("ab", 2)));
	ok(bundle_next(&in, &e, err));
	assert_int_equal(0, e.len);
	ok(bundle_next(&in, &e, err));
	assert_int_equal(STATEMENT_MAX, e.len);
	assert_int_equal(PROV_ENOTFOUND, bundle_next(&in, &e, NULL));
	bundle_close(&in);
	for (size_t len = 1; len < 4; len++) {
		ok(bundle_from(&in, span(b.p, len), err));
		assert_int_equal(PROV_EUNTRUSTED, bundle_next(&in, &e, NULL));
		bundle_close(&in);
	}
	bundle_put(&b, span(large, STATEMENT_MAX + 1));
	assert_true(b.failed);
	free(large);
}

static void
tiny(uint8_t entry[8], uint64_t i)
{
	put_be64(entry, i);
}

/* A log of tiny entries, published at each of some sizes. */
static void
publish_log(const struct logged *g, const uint64_t *sizes, size_t n,
    struct checkpoint *at)
{
	struct edge *e = calloc(1, sizeof(*e));
	struct sweeper *sweeper = NULL;
	AUTO_BUF bundle = { 0 };
	uint8_t entry[8], leaf[32];

	assert_non_null(e);
	ok(sweeper_new(&sweeper, err));
	for (size_t s = 0; s < n; s++) {
		struct publisher p = { .dir = g->path,
			.edge = e,
			.bundle = &bundle,
			.first = e->size,
			.final = sizes[s],
			.sweeper = sweeper };

		while (e->size < sizes[s]) {
			tiny(entry, e->size);
			ok(tree_leaf(leaf, span(entry, 8), err));
			ok(publish_entry(&p, span(entry, 8), leaf, err));
		}
		ok(publish_partials(&p, err));
		publish_tidy(&p);
	}
	sweeper_free(sweeper);
	at->size = e->size;
	ok(edge_root(e, at->root, err));
	free(e);
}

static uint64_t
file_size(const struct logged *g, const char *name)
{
	struct stat sb;

	return (stat(logged_path(g, name), &sb) == 0 ? (uint64_t)sb.st_size
						     : UINT64_MAX);
}

/* The whole root from leaf hashes alone. */
static void
root_is_that_of_the_leaves(const struct checkpoint *at)
{
	uint8_t *leaves = malloc(at->size * 32 + 1), root[32], entry[8];

	assert_non_null(leaves);
	for (uint64_t i = 0; i < at->size; i++) {
		tiny(entry, i);
		ok(tree_leaf(leaves + 32 * i, span(entry, 8), err));
	}
	ok(tree_root(root, leaves, at->size, err));
	assert_memory_equal(root, at->root, 32);
	free(leaves);
}

static void
layout_at_sizes(void **state)
{
	static const struct {
		uint64_t size;
		const char *there[8];
		const char *not_there[4];
	} rows[] = {
		{ 255, { "tile/0/000.p/255", "tile/entries/000.p/255" },
		    { "tile/0/000", "tile/1/000.p/0", "tile/1" } },
		{ 256, { "tile/0/000", "tile/1/000.p/1", "tile/entries/000" },
		    { "tile/0/001.p/0", "tile/0/001.p", "tile/2" } },
		{ 257,
		    { "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1",
			"tile/entries/001.p/1" },
		    { "tile/2" } },
		{ 70000,
		    { "tile/0/272", "tile/0/273.p/112", "tile/1/000",
			"tile/1/001.p/17", "tile/2/000.p/1",
			"tile/entries/273.p/112", "tile/entries/000" },
		    { "tile/0/273", "tile/1/001", "tile/3" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct logged g;
		struct checkpoint at = { 0 };
		char name[128];

		assert_true(logged_dir(&g));
		publish_log(&g, &rows[i].size, 1, &at);
		for (size_t j = 0; j < 8 && rows[i].there[j] != NULL; j++) {
			snprintf(name, sizeof(name), "tlog/%s",
			    rows[i].there[j]);
			assert_int_not_equal(UINT64_MAX, file_size(&g, name));
		}
		for (size_t j = 0; j < 4 && rows[i].not_there[j] != NULL; j++) {
			snprintf(name, sizeof(name), "tlog/%s",
			    rows[i].not_there[j]);
			assert_int_equal(UINT64_MAX, file_size(&g, name));
		}
		root_is_that_of_the_leaves(&at);
		logged_close(&g);
	}
}

static void
verify_proof(struct view *v, uint64_t i)
{
	uint8_t path[TREE_PATH_MAX * 32], leaf[32], want[32], root[32];
	uint8_t entry[8];
	AUTO_BUF got = { 0 };
	size_t n;

	tiny(entry, i);
	ok(tree_leaf(want, span(entry, 8), err));
	ok(view_leaf(v, i, leaf, err));
	assert_memory_equal(want, leaf, 32);
	ok(tree_inclusion_path(path, &n, i, v->at.size, view_node, v, err));
	ok(tree_inclusion_root(root, leaf, i, v->at.size, path, n, err));
	assert_memory_equal(v->at.root, root, 32);
	ok(view_entry(v, i, &got, err));
	assert_true(span_eq(buf_span(&got), span(entry, 8)));
}

/* Every entry of small logs, and a sample of a large one. */
static void
proofs_from_tiles(void **state)
{
	static const uint64_t sizes[] = { 1, 2, 3, 7, 255, 256, 257, 511, 600,
		65536, 65537, 70000 };

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct logged g;
		struct checkpoint at = { 0 };
		struct view v;
		uint64_t step = sizes[s] < 1000 ? 1 : 331;

		assert_true(logged_dir(&g));
		publish_log(&g, &sizes[s], 1, &at);
		ok(view_init(&v, g.path, err));
		view_move(&v, &at);
		for (uint64_t i = 0; i < sizes[s]; i += step)
			verify_proof(&v, i);
		verify_proof(&v, sizes[s] - 1);
		view_clear(&v);
		logged_close(&g);
	}
}

/* A log that grows keeps serving every size that it had. */
static void
old_sizes_stay_readable(void **state)
{
	uint64_t sizes[] = { 3, 250, 256, 300, 511, 513, 65535, 65540 };
	struct logged g;
	struct checkpoint last = { 0 };
	struct checkpoint at[8];

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		assert_true(logged_dir(&g));
		memset(&at[i], 0, sizeof(at[i]));
		publish_log(&g, &sizes[i], 1, &at[i]);
		logged_close(&g);
	}
	assert_true(logged_dir(&g));
	publish_log(&g, sizes, 8, &last);
	for (size_t i = 0; i < 8; i++) {
		struct view v;

		ok(view_init(&v, g.path, err));
		view_move(&v, &at[i]);
		for (uint64_t n = 0; n < sizes[i]; n += 1 + sizes[i] / 50)
			verify_proof(&v, n);
		view_clear(&v);
	}
	/* Partial tiles went when the full ones came. */
	assert_int_equal(UINT64_MAX, file_size(&g, "tlog/tile/0/000.p/3"));
	assert_int_equal(UINT64_MAX, file_size(&g, "tlog/tile/entries/000.p"));
	logged_close(&g);
}

static prov_status
nothing(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	(void)arg;
	(void)i;
	(void)entry;
	(void)err;
	return (PROV_OK);
}

/* One flipped byte in any tile: never an entry under the root. */
static void
no_tile_is_believed(void **state)
{
	static const char *const names[] = { "tlog/tile/0/000",
		"tlog/tile/0/002.p/88", "tlog/tile/1/000.p/2",
		"tlog/tile/entries/001", "tlog/tile/entries/002.p/88" };
	const uint64_t size = 600;
	struct logged g;
	struct checkpoint at = { 0 };

	(void)state;
	assert_true(logged_dir(&g));
	publish_log(&g, &size, 1, &at);
	for (size_t f = 0; f < sizeof(names) / sizeof(names[0]); f++) {
		AUTO_BUF b = { 0 };

		assert_true(logged_read(&b, &g, names[f]));
		for (size_t i = 0; i < b.len; i += 13) {
			struct view v;

			b.p[i] ^= (uint8_t)(1U << i % 8);
			assert_true(logged_write(&g, names[f], buf_span(&b)));
			ok(view_init(&v, g.path, err));
			view_move(&v, &at);
			assert_int_equal(PROV_EUNTRUSTED,
			    view_scan(&v, 0, size, nothing, NULL, NULL));
			view_clear(&v);
			b.p[i] ^= (uint8_t)(1U << i % 8);
		}
		assert_true(logged_write(&g, names[f], span(b.p, b.len - 1)));
		{
			struct view v;

			ok(view_init(&v, g.path, err));
			view_move(&v, &at);
			assert_int_equal(PROV_EUNTRUSTED,
			    view_scan(&v, 0, size, nothing, NULL, NULL));
			view_clear(&v);
		}
		assert_true(logged_write(&g, names[f], buf_span(&b)));
	}
	logged_close(&g);
}

/* What a view of a log of 600 says of entry i. */
static prov_status
see(const struct logged *g, const struct checkpoint *at, uint64_t i,
    prov_err *err)
{
	struct view v;
	uint8_t leaf[32];
	prov_status st;

	assert_int_equal(PROV_OK, view_init(&v, g->path, NULL));
	view_move(&v, at);
	if ((st = view_leaf(&v, i, leaf, err)) == PROV_OK)
		st = view_scan(&v, i, i + 1, nothing, NULL, err);
	view_clear(&v);
	return (st);
}

/* Each by the check that is there for it, not by what comes behind. */
static void
refusals(void **state)
{
	const uint64_t size = 600;
	AUTO_BUF full = { 0 }, edge = { 0 }, in = { 0 }, out = { 0 };
	AUTO_FD int fd = -1;
	struct checkpoint at = { 0 };
	struct logged g;

	(void)state;
	assert_true(logged_dir(&g));
	publish_log(&g, &size, 1, &at);
	ok(see(&g, &at, 599, err));
	assert_true(logged_read(&full, &g, "tlog/tile/0/001"));
	assert_true(logged_read(&edge, &g, "tlog/tile/0/002.p/88"));
	assert_true(logged_read(&in, &g, "tlog/tile/entries/002.p/88"));
	full.p[0] ^= 1;
	assert_true(logged_write(&g, "tlog/tile/0/001", buf_span(&full)));
	refused(PROV_EUNTRUSTED, "tlog/tile/0/001 is not in the tree",
	    see(&g, &at, 256, err));
	refused(PROV_EINTERNAL, "tile 3 of level 0 is not full",
	    see(&g, &at, 768, err));
	/* Ten bytes are a frame. */
	assert_true(logged_write(&g, "tlog/tile/entries/002.p/88",
	    span(in.p, in.len - 10)));
	refused(PROV_EUNTRUSTED, "ends before entry 599",
	    see(&g, &at, 599, err));
	in.p[in.len - 1] ^= 1;
	assert_true(
	    logged_write(&g, "tlog/tile/entries/002.p/88", buf_span(&in)));
	refused(PROV_EUNTRUSTED, "entry 599 in tlog/tile/entries/002.p/88",
	    see(&g, &at, 599, err));
	buf_put_byte(&edge, 0);
	assert_true(logged_write(&g, "tlog/tile/0/002.p/88", buf_span(&edge)));
	refused(PROV_EUNTRUSTED, "002.p/88 has 2817 bytes",
	    see(&g, &at, 599, err));
	ok(bundle_file(&fd, g.path, 1, TILE_WIDTH, err));
	ok(bundle_read(&out, fd, 10, 10, err));
	refused(PROV_EFORMAT, "bundle: no frame",
	    bundle_read(&out, fd, 9, 10, err));
	assert_int_equal(8, out.len);
	logged_close(&g);
}

/* Damages one byte of a file where it is, or mends it. */
static void
flip(const struct logged *g, const char *name, off_t at)
{
	AUTO_FD int fd = open(logged_path(g, name), O_RDWR);
	uint8_t c;

	assert_int_equal(1, pread(fd, &c, 1, at));
	c ^= 0x10;
	assert_int_equal(1, pwrite(fd, &c, 1, at));
}

static void
entry_is_right(struct view *v, uint64_t i)
{
	AUTO_BUF got = { 0 };
	uint8_t entry[8];

	tiny(entry, i);
	ok(view_entry(v, i, &got, err));
	assert_true(span_eq(buf_span(&got), span(entry, 8)));
}

/* A file that stays open is believed no more than one that was opened. */
static void
open_bundles(void **state)
{
	static const char name[] = "tlog/tile/entries/001";
	const uint64_t size = 600;
	struct checkpoint at = { 0 };
	AUTO_BUF good = { 0 };
	AUTO_BUF got = { 0 };
	struct logged g;
	struct view v;

	(void)state;
	assert_true(logged_dir(&g));
	publish_log(&g, &size, 1, &at);
	assert_true(logged_read(&good, &g, name));
	ok(view_init(&v, g.path, err));
	view_move(&v, &at);
	for (uint64_t i = 0; i < size; i++)
		entry_is_right(&v, i);
	entry_is_right(&v, 300);
	flip(&g, name, 10 * (300 - 256) + 5);
	assert_int_equal(PROV_EUNTRUSTED, view_entry(&v, 300, &got, NULL));
	assert_int_equal(0, got.len);
	entry_is_right(&v, 301);
	/* The same in one that is open again. */
	entry_is_right(&v, 302);
	flip(&g, name, 10 * (302 - 256) + 5);
	assert_int_equal(PROV_EUNTRUSTED, view_entry(&v, 302, &got, NULL));
	/* Mended by a file that takes its place. */
	assert_true(logged_write(&g, name, buf_span(&good)));
	entry_is_right(&v, 300);
	entry_is_right(&v, 302);
	entry_is_right(&v, 301);
	/* What is open and gone has still what the tree says. */
	assert_int_equal(0, unlink(logged_path(&g, name)));
	entry_is_right(&v, 300);
	view_clear(&v);
	logged_close(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(bundles),
		cmocka_unit_test(layout_at_sizes),
		cmocka_unit_test(proofs_from_tiles),
		cmocka_unit_test(old_sizes_stay_readable),
		cmocka_unit_test(no_tile_is_believed),
		cmocka_unit_test(refusals),
		cmocka_unit_test(open_bundles),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
