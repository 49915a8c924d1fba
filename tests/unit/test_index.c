/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <time.h>

#include "ledger/filter.h"
#include "ledger/flush.h"
#include "ledger/index.h"
#include "ledger/merge.h"
#include "ledger/search.h"
#include "logged.h"

/* Entry i has an asset, a stream that it shares with others, one signer. */
static void
keys_of(struct records *r, uint64_t i)
{
	uint8_t key[32];

	logged_digest(key, i, 'a');
	records_add(r, INDEX_ASSET, key, i);
	logged_digest(key, i % 100, 's');
	records_add(r, INDEX_STREAM, key, i);
	logged_digest(key, 0, 'k');
	records_add(r, INDEX_SIGNER, key, i);
	logged_digest(key, i / 2, 'g');
	records_add(r, INDEX_SEGMENT, key, i);
}

static void
make_index_dir(const struct logged *g)
{
	assert_int_equal(0, mkdir(g->path, 0755));
	assert_int_equal(0, mkdir(logged_path(g, "index"), 0755));
}

static void
add(struct index *x, const struct logged *g, uint64_t from, uint64_t to,
    uint64_t step)
{
	while (from < to) {
		uint64_t end = from + step < to ? from + step : to;

		for (; from < end; from++)
			keys_of(&x->tail, from);
		records_sort(&x->tail);
		x->tail_end = end;
		ok(index_flush(x, g->path, err));
		assert_int_equal(end, x->position);
	}
}

static size_t
count(const struct index *x, const struct logged *g, enum index_kind kind,
    uint64_t n, uint8_t letter, uint64_t limit, uint64_t *first)
{
	AUTO_BUF hits = { 0 };
	uint8_t key[32];
	const uint64_t *at;

	logged_digest(key, n, letter);
	ok(index_find(x, g->path, kind, key, limit, &hits, err));
	at = (const uint64_t *)(const void *)hits.p;
	for (size_t i = 1; i < hits.len / 8; i++)
		assert_true(at[i] > at[i - 1]);
	*first = hits.len != 0 ? at[0] : UINT64_MAX;
	return (hits.len / 8);
}

static void
finds_everything(void **state)
{
	struct logged g;
	struct index x = { 0 }, y = { 0 };
	uint64_t first;

	(void)state;
	assert_true(logged_dir(&g));
	make_index_dir(&g);
	add(&x, &g, 0, 200, 1);
	add(&x, &g, 200, 3000, 7);
	add(&x, &g, 3000, 20000, 1024);
	ok(index_load(&y, g.path, err));
	assert_int_equal(20000, y.position);
	for (uint64_t i = 0; i < 20000; i += 3) {
		assert_int_equal(1,
		    count(&y, &g, INDEX_ASSET, i, 'a', 20000, &first));
		assert_int_equal(i, first);
	}
	for (uint64_t i = 20000; i < 20500; i++)
		assert_int_equal(0,
		    count(&y, &g, INDEX_ASSET, i, 'a', 20000, &first));
	for (uint64_t i = 0; i < 100; i++) {
		assert_int_equal(200,
		    count(&y, &g, INDEX_STREAM, i, 's', 20000, &first));
		assert_int_equal(i, first);
		/* An older checkpoint sees less. */
		assert_int_equal(50,
		    count(&y, &g, INDEX_STREAM, i, 's', 5000, &first));
	}
	assert_int_equal(20000,
	    count(&y, &g, INDEX_SIGNER, 0, 'k', 20000, &first));
	assert_int_equal(0, count(&y, &g, INDEX_SIGNER, 1, 'k', 20000, &first));
	assert_int_equal(2,
	    count(&y, &g, INDEX_SEGMENT, 700, 'g', 20000, &first));
	assert_int_equal(1400, first);
	index_clear(&x);
	index_clear(&y);
	logged_close(&g);
}

/* Runs stay few however the entries come, and none is left behind. */
static void
runs_stay_few(void **state)
{
	static const uint64_t steps[] = { 1, 2, 100, 3, 1000, 1, 5, 50 };
	struct logged g;
	struct index x = { 0 };
	uint64_t at = 0;
	size_t files = 0;

	(void)state;
	assert_true(logged_dir(&g));
	make_index_dir(&g);
	for (int i = 0; i < 400; i++) {
		add(&x, &g, at, at + steps[i % 8], 1000);
		at += steps[i % 8];
		/* Three of each size from 4^1 to 4^9, at most. */
		assert_true(x.n <= 27);
	}
	for (size_t i = 0; i < x.n; i++) {
		char name[128];

		snprintf(name, sizeof(name), "index/%llu-%llu",
		    (unsigned long long)x.runs[i].begin,
		    (unsigned long long)x.runs[i].end);
		assert_int_equal(0, access(logged_path(&g, name), F_OK));
		assert_int_equal(0, remove(logged_path(&g, name)));
		files++;
	}
	assert_int_equal(x.n, files);
	assert_int_equal(0, remove(logged_path(&g, "index/runs")));
	assert_int_equal(0, rmdir(logged_path(&g, "index")));
	index_clear(&x);
	logged_close(&g);
}

static void
large_run(struct records *r, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		keys_of(r, i);
	records_sort(r);
	/* Keys that are not spread: guessing by value must not be needed. */
	for (uint64_t i = 0; i < n; i++) {
		uint8_t key[32] = { 0 };

		put_be64(key, i / 3);
		records_add(r, INDEX_STREAM, key, i);
	}
	records_sort(r);
}

static void
search_in_a_large_run(void **state)
{
	const uint64_t n = 30000;
	struct logged g;
	struct records r = { 0 };
	AUTO_BUF b = { 0 }, hits = { 0 };

	(void)state;
	assert_true(logged_dir(&g));
	make_index_dir(&g);
	large_run(&r, n);
	ok(run_encode(&b, 0, n, &r, err));
	assert_true(logged_write(&g, "index/0-30000", buf_span(&b)));
	for (uint64_t i = 0; i < n; i += 7) {
		hits.len = 0;
		ok(run_find(g.path, 0, n, INDEX_STREAM, i / 3, &hits, err));
		assert_int_equal(24, hits.len);
		assert_int_equal(i / 3 * 3, *(uint64_t *)(void *)hits.p);
	}
	hits.len = 0;
	ok(run_find(g.path, 0, n, INDEX_STREAM, n, &hits, err));
	ok(run_find(g.path, 0, n, INDEX_STREAM, UINT64_MAX, &hits, err));
	assert_int_equal(0, hits.len);
	assert_int_equal(PROV_ENOTFOUND,
	    run_find(g.path, 0, n + 1, INDEX_STREAM, 0, &hits, NULL));
	records_clear(&r);
	logged_close(&g);
}

/* Any bit of a run: the whole is refused, and looking up never goes wild. */
static void
damaged_runs(void **state)
{
	struct logged g;
	struct records r = { 0 };
	struct run_info info;
	AUTO_BUF b = { 0 };

	(void)state;
	assert_true(logged_dir(&g));
	make_index_dir(&g);
	for (uint64_t i = 0; i < 5; i++)
		keys_of(&r, i);
	records_sort(&r);
	ok(run_encode(&b, 0, 5, &r, err));
	ok(run_decode(&info, NULL, buf_span(&b), err));
	for (size_t bit = 0; bit < 8 * b.len; bit++) {
		b.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_not_equal(PROV_OK,
		    run_decode(&info, NULL, buf_span(&b), NULL));
		assert_true(logged_write(&g, "index/0-5", buf_span(&b)));
		for (unsigned k = 0; k < INDEX_KINDS; k++) {
			AUTO_BUF hits = { 0 };

			if (run_find(g.path, 0, 5, k, records_at(&r, k)[2].key,
				&hits, NULL) != PROV_OK)
				continue;
			for (size_t i = 0; i < hits.len / 8; i++)
				assert_true(
				    ((uint64_t *)(void *)hits.p)[i] < 5);
		}
		b.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t len = 0; len < b.len; len++)
		assert_int_not_equal(PROV_OK,
		    run_decode(&info, NULL, span(b.p, len), NULL));
	records_clear(&r);
	logged_close(&g);
}

static void
lists(void **state)
{
	static const struct {
		const char *text;
		bool fine;
	} rows[] = {
		{ "prov-index/2\n", true },
		{ "prov-index/2\n0 5 15\n", true },
		{ "prov-index/2\n0 5 15\n5 6 3\n", true },
		{ "", false },
		{ "prov-index/2", false },
		{ "prov-index/1\n", false },
		{ "prov-index/2\n0 5 15", false },
		{ "prov-index/2\n1 5 15\n", false },
		{ "prov-index/2\n0 0 15\n", false },
		{ "prov-index/2\n0 5 15\n6 7 3\n", false },
		{ "prov-index/2\n0 5 15\n4 7 3\n", false },
		{ "prov-index/2\n0 5\n", false },
		{ "prov-index/2\n0 5 15 \n", false },
		{ "prov-index/2\n00 5 15\n", false },
		{ "prov-index/2\n\n", false },
	};
	struct index x = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_status st = index_parse(&x,
		    span(rows[i].text, strlen(rows[i].text)), NULL);

		if ((st == PROV_OK) != rows[i].fine)
			fail_msg("row %zu: %s", i, rows[i].text);
	}
	index_clear(&x);
}

/* After a crash: what is whole stays, the first that is not goes with all
 * behind it. */
static void
repair(void **state)
{
	struct logged g;
	struct index x = { 0 };
	AUTO_BUF b = { 0 };
	char name[64];

	(void)state;
	assert_true(logged_dir(&g));
	make_index_dir(&g);
	add(&x, &g, 0, 100, 100);
	add(&x, &g, 100, 120, 20);
	add(&x, &g, 120, 122, 2);
	assert_int_equal(3, x.n);
	ok(index_repair(&x, g.path, 0, 122, err));
	assert_int_equal(122, x.position);
	snprintf(name, sizeof(name), "index/100-120");
	assert_true(logged_read(&b, &g, name));
	b.p[70] ^= 1;
	assert_true(logged_write(&g, name, buf_span(&b)));
	/* Known to be on the disk: not read again. */
	ok(index_repair(&x, g.path, 122, 122, err));
	assert_int_equal(122, x.position);
	ok(index_repair(&x, g.path, 100, 122, err));
	assert_int_equal(100, x.position);
	/* Past the log's end: of a history that was lost. */
	ok(index_repair(&x, g.path, 100, 99, err));
	assert_int_equal(0, x.position);
	add(&x, &g, 0, 99, 99);
	/* A list that is torn. */
	assert_true(logged_write(&g, "index/runs", span("prov", 4)));
	ok(index_repair(&x, g.path, 99, 99, err));
	assert_int_equal(0, x.position);
	index_clear(&x);
	logged_close(&g);
}

/* Nothing that is there seems not to be, and little that is not seems to be. */
static void
filter_tells_what_lacks(void **state)
{
	const uint64_t n = 20000, len = filter_len(n);
	AUTO_FREE uint8_t *bits = calloc(1, (size_t)len);
	uint8_t key[32];
	unsigned wrong = 0;

	(void)state;
	assert_non_null(bits);
	for (uint64_t i = 0; i < n; i++) {
		logged_digest(key, i, 'f');
		filter_add(bits, len, be64(key));
	}
	for (uint64_t i = 0; i < 2 * n; i++) {
		logged_digest(key, i, 'f');
		if (i < n)
			assert_true(filter_has(bits, len, be64(key)));
		else
			wrong += filter_has(bits, len, be64(key));
	}
	/* One in a thousand; always the same ones. */
	assert_true(wrong < 60);
	assert_false(filter_has(bits, 0, 1));
}

/* Through runs, the tail, merging, and by a list that another one replaced. */
static void
index_lacks_what_is_new(void **state)
{
	struct logged g;
	struct index x = { 0 }, y = { 0 };
	uint8_t key[32];
	unsigned known = 0;

	(void)state;
	assert_true(logged_dir(&g));
	make_index_dir(&g);
	logged_digest(key, 1, 'a');
	/* Before its filters were read an index says nothing. */
	add(&x, &g, 0, 3000, 700);
	assert_false(index_lacks(&x, key));
	for (uint64_t end = 3000; end < 9000; end += 900) {
		ok(index_filters(&x, g.path, err));
		for (uint64_t i = 0; i < end; i += 11) {
			logged_digest(key, i, 'a');
			assert_false(index_lacks(&x, key));
		}
		for (uint64_t i = end; i < end + 300; i++) {
			logged_digest(key, i, 'a');
			known += !index_lacks(&x, key);
		}
		add(&x, &g, end, end + 900, 400);
		assert_false(index_lacks(&x, key));
	}
	assert_true(known < 30);
	ok(index_load(&y, g.path, err));
	keys_of(&y.tail, y.position + 7);
	ok(index_filters(&y, g.path, err));
	logged_digest(key, y.position + 7, 'a');
	assert_false(index_lacks(&y, key));
	index_clear(&x);
	index_clear(&y);
	logged_close(&g);
}

static void
add_along(struct index *x, const struct logged *g, uint64_t from, uint64_t to,
    uint64_t step)
{
	while (from < to) {
		uint64_t end = from + step < to ? from + step : to;

		for (; from < end; from++)
			keys_of(&x->tail, from);
		records_sort(&x->tail);
		x->tail_end = end;
		ok(index_flush_along(x, g->path, err));
		assert_int_equal(end, x->position);
		assert_false(x->no_merge);
	}
}

static size_t
files_in(const struct logged *g)
{
	DIR *d = opendir(logged_path(g, "index"));
	struct dirent *de;
	size_t n = 0;

	assert_non_null(d);
	while ((de = readdir(d)) != NULL)
		n += strcmp(de->d_name, ".") != 0 &&
		     strcmp(de->d_name, "..") != 0;
	(void)closedir(d);
	return (n);
}

/* A piece with each flush: in the end few runs, each sound, nothing else. */
static void
merges_along(void **state)
{
	const uint64_t n = 170000;
	struct logged g;
	struct index x = { 0 }, y = { 0 };
	uint64_t first, largest = 0;

	(void)state;
	assert_true(logged_dir(&g));
	make_index_dir(&g);
	add_along(&x, &g, 0, n, 1700);
	for (size_t i = 0; i < x.n; i++)
		if (x.runs[i].records > largest)
			largest = x.runs[i].records;
	assert_true(largest > 3 * INDEX_ALONG_MIN);
	assert_true(x.n < 20);
	ok(index_flush(&x, g.path, err)); /* ends what was published */
	assert_int_equal(x.n + 1 + (x.merge != NULL), files_in(&g));
	/* Everything is read again, and all that is found before and after. */
	ok(index_repair(&y, g.path, 0, n, err));
	assert_int_equal(n, y.position);
	ok(index_filters(&y, g.path, err));
	for (uint64_t i = 0; i < n; i += 101) {
		uint8_t key[32];

		assert_int_equal(1,
		    count(&y, &g, INDEX_ASSET, i, 'a', n, &first));
		assert_int_equal(i, first);
		logged_digest(key, i, 'a');
		assert_false(index_lacks(&y, key));
	}
	assert_int_equal(n / 100,
	    count(&y, &g, INDEX_STREAM, 7, 's', n, &first));
	index_clear(&x);
	assert_int_equal(y.n + 1, files_in(&g));
	index_clear(&y);
	logged_close(&g);
}

static struct merge *
half_a_merge(const struct logged *g, const struct index *x)
{
	struct run_info runs[4] = { 0 };
	struct merge *m = NULL;
	bool done = true;

	assert_true(x->n >= 4);
	for (size_t i = 0; i < 4; i++) {
		runs[i].begin = x->runs[i].begin;
		runs[i].end = x->runs[i].end;
	}
	ok(merge_begin(&m, g->path, runs, 4, err));
	ok(merge_step(m, 100, &done, err));
	assert_false(done);
	return (m);
}

/* A thread syncs what is whole: done is not at once. */
static void
finish_merge(struct merge *m)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	bool done = false;

	for (int i = 0; !done && i < 30000; i++) {
		ok(merge_step(m, UINT64_MAX, &done, err));
		(void)nanosleep(&pause, NULL);
	}
	assert_true(done);
}

/* A damaged input is not given a new digest; killed merges are tidied up. */
static void
merges_only_what_is_sound(void **state)
{
	struct logged g;
	struct index x = { 0 }, y = { 0 };
	AUTO_BUF b = { 0 };
	struct merge *m;
	bool done = false;
	char name[64];

	(void)state;
	assert_true(logged_dir(&g));
	make_index_dir(&g);
	add(&x, &g, 0, 50, 50);
	add(&x, &g, 50, 80, 30);
	add(&x, &g, 80, 100, 20);
	add(&x, &g, 100, 105, 5);
	assert_int_equal(4, x.n);
	snprintf(name, sizeof(name), "index/50-80");
	assert_true(logged_read(&b, &g, name));
	for (size_t at = RUN_HEAD; at < b.len; at += 97) {
		b.p[at] ^= 2;
		assert_true(logged_write(&g, name, buf_span(&b)));
		m = half_a_merge(&g, &x);
		assert_int_equal(PROV_EUNTRUSTED,
		    merge_step(m, UINT64_MAX, &done, NULL));
		assert_false(done);
		merge_free(m);
		assert_int_equal(5, files_in(&g));
		b.p[at] ^= 2;
	}
	assert_true(logged_write(&g, name, buf_span(&b)));
	m = half_a_merge(&g, &x);
	assert_true(
	    logged_write(&g, "index/.prov-0123456789abcdef.tmp", buf_span(&b)));
	/* So is what was replaced, or was not listed yet. */
	assert_true(logged_write(&g, "index/50-105", buf_span(&b)));
	assert_int_equal(8, files_in(&g));
	/* One is left from a crash, the other one is at work. */
	ok(index_repair(&y, g.path, 0, 105, err));
	assert_int_equal(6, files_in(&g));
	finish_merge(m);
	ok(merge_publish(m, err));
	assert_true(merge_published(m));
	merge_free(m);
	b.len = 0;
	assert_true(logged_read(&b, &g, "index/0-105"));
	{
		struct records all = { 0 };
		struct run_info run;
		AUTO_BUF want = { 0 };

		for (uint64_t i = 0; i < 105; i++)
			keys_of(&all, i);
		records_sort(&all);
		ok(run_encode(&want, 0, 105, &all, err));
		assert_true(span_eq(buf_span(&want), buf_span(&b)));
		ok(run_decode(&run, NULL, buf_span(&b), err));
		records_clear(&all);
	}
	index_clear(&x);
	index_clear(&y);
	logged_close(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_everything),
		cmocka_unit_test(runs_stay_few),
		cmocka_unit_test(search_in_a_large_run),
		cmocka_unit_test(damaged_runs),
		cmocka_unit_test(lists),
		cmocka_unit_test(repair),
		cmocka_unit_test(filter_tells_what_lacks),
		cmocka_unit_test(index_lacks_what_is_new),
		cmocka_unit_test(merges_along),
		cmocka_unit_test(merges_only_what_is_sound),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
