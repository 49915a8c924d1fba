/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "gate/cache.h"
#include "gate/cachefile.h"
#include "logged.h"

/* A scratch directory with a state directory and a cache's name. */
struct bench {
	char dir[64], state[96], path[96];
};

static void
open_bench(struct bench *t)
{
	(void)snprintf(t->dir, sizeof(t->dir), "/tmp/prov-cache.XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	(void)snprintf(t->state, sizeof(t->state), "%s/state", t->dir);
	(void)snprintf(t->path, sizeof(t->path), "%s/facts", t->dir);
}

static void
close_bench(struct bench *t)
{
	(void)nftw(t->dir, logged_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static struct cache *
opened(struct bench *t, uint64_t max)
{
	struct cache *c = NULL;

	ok(cache_open(&c, t->path, t->state, max, err));
	return (c);
}

/* The facts of asset n: some hundred bytes that differ. */
static prov_span
facts(uint8_t out[512], uint64_t n)
{
	for (size_t i = 0; i < 16; i++)
		logged_digest(out + i * 32, n, (uint8_t)i);
	return (span(out, 300 + n % 200));
}

static void
put(struct cache *c, uint64_t n)
{
	const struct recollection *r = cache_recollection(c);
	uint8_t key[32], bytes[512];

	logged_asset(key, n);
	ok(r->put(r->arg, key, facts(bytes, n), err));
}

/* Whether the facts of n are known; others than were put are never told. */
static bool
knows(struct cache *c, uint64_t n)
{
	const struct recollection *r = cache_recollection(c);
	uint8_t key[32], bytes[512];
	AUTO_BUF got = { 0 };

	logged_asset(key, n);
	ok(r->get(r->arg, &got, key, err));
	if (got.len == 0)
		return (false);
	assert_true(span_eq(buf_span(&got), facts(bytes, n)));
	return (true);
}

static size_t
known(struct cache *c, uint64_t from, uint64_t to)
{
	size_t n = 0;

	for (; from < to; from++)
		n += knows(c, from);
	return (n);
}

static struct cache_stats
stats(struct cache *c)
{
	struct cache_stats s;

	cache_stats(c, &s);
	return (s);
}

static void
remembers(void **state)
{
	struct bench t;
	struct cache *c;
	struct stat sb;

	(void)state;
	open_bench(&t);
	c = opened(&t, 0);
	assert_false(knows(c, 1));
	for (uint64_t n = 0; n < 1000; n++)
		put(c, n);
	assert_int_equal(1000, known(c, 0, 1100));
	cache_close(c);
	assert_int_equal(0, stat(t.path, &sb));
	assert_int_equal(0600, sb.st_mode & 0777);
	c = opened(&t, 0);
	assert_int_equal(1000, known(c, 0, 1100));
	assert_int_equal(1000, stats(c).hits);
	assert_int_equal(100, stats(c).misses);
	assert_int_equal(0, stats(c).forged);
	cache_close(c);
	close_bench(&t);
}

/* What is put last counts, and what is too large or empty is not put. */
static void
replaces(void **state)
{
	struct bench t;
	struct cache *c;
	const struct recollection *r;
	uint8_t key[32] = { 9 };
	AUTO_BUF got = { 0 }, large = { 0 };

	(void)state;
	open_bench(&t);
	c = opened(&t, 0);
	r = cache_recollection(c);
	ok(r->put(r->arg, key, span("old", 3), err));
	ok(r->put(r->arg, key, span("new!", 4), err));
	ok(r->get(r->arg, &got, key, err));
	assert_true(span_eq(buf_span(&got), span("new!", 4)));
	assert_non_null(buf_grow(&large, CACHEFILE_ROW_MAX));
	memset(large.p, 7, large.len);
	key[0] = 10;
	ok(r->put(r->arg, key, buf_span(&large), err));
	ok(r->put(r->arg, key, span("", 0), err));
	got.len = 0;
	ok(r->get(r->arg, &got, key, err));
	assert_int_equal(0, got.len);
	cache_close(c);
	close_bench(&t);
}

/* Two keys that begin alike share a row; neither is told the other's facts. */
static void
sharing_a_row(void **state)
{
	struct bench t;
	struct cache *c;
	const struct recollection *r;
	uint8_t a[32] = { 1 }, b[32] = { 1 };
	AUTO_BUF got = { 0 };

	(void)state;
	b[31] = 1;
	open_bench(&t);
	c = opened(&t, 0);
	r = cache_recollection(c);
	ok(r->put(r->arg, a, span("a", 1), err));
	ok(r->get(r->arg, &got, b, err));
	assert_int_equal(0, got.len);
	ok(r->put(r->arg, b, span("b", 1), err));
	ok(r->get(r->arg, &got, a, err));
	assert_int_equal(0, got.len);
	ok(r->get(r->arg, &got, b, err));
	assert_true(span_eq(buf_span(&got), span("b", 1)));
	cache_close(c);
	close_bench(&t);
}

/* Old rows go, those in use stay, and the file keeps its bound. */
static void
bounded(void **state)
{
	const uint64_t max = 2 << 20;
	struct bench t;
	struct cache *c;
	struct stat sb;

	(void)state;
	open_bench(&t);
	c = opened(&t, max);
	for (uint64_t n = 0; n < 20000; n++) {
		put(c, n);
		assert_true(knows(c, n));
		if (n % 100 == 0)
			assert_true(knows(c, 0));
	}
	assert_true(known(c, 0, 10000) < 100);
	assert_true(known(c, 18500, 20000) == 1500);
	assert_int_equal(0, stats(c).lost);
	cache_close(c);
	assert_int_equal(0, stat(t.path, &sb));
	assert_true((uint64_t)sb.st_size <= max);
	close_bench(&t);
}

/* Runs a statement on the file as somebody with a tool of his own. */
static void
tamper(const struct bench *t, const char *sql)
{
	char *why = NULL;
	sqlite3 *db = NULL;

	assert_int_equal(SQLITE_OK, sqlite3_open(t->path, &db));
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	assert_int_equal(SQLITE_OK, sqlite3_close(db));
}

static void
filled(struct bench *t, uint64_t n)
{
	struct cache *c = opened(t, 0);

	for (uint64_t i = 0; i < n; i++)
		put(c, i);
	cache_close(c);
}

/* Who can write to the file can make it forget, and nothing else. */
static void
forged(void **state)
{
	struct bench t;
	struct cache *c;

	(void)state;
	open_bench(&t);
	filled(&t, 10);
	tamper(&t, "CREATE TEMP TABLE was AS SELECT * FROM facts0; "
		   "UPDATE facts0 SET bytes = "
		   "(SELECT bytes FROM was WHERE was.row <> facts0.row)");
	c = opened(&t, 0);
	assert_int_equal(0, known(c, 0, 10));
	assert_int_equal(10, stats(c).forged);
	for (uint64_t n = 0; n < 10; n++)
		put(c, n);
	assert_int_equal(10, known(c, 0, 10));
	cache_close(c);
	tamper(&t, "UPDATE facts0 SET bytes = x'00'");
	c = opened(&t, 0);
	assert_int_equal(0, known(c, 0, 10));
	cache_close(c);
	tamper(&t, "UPDATE facts0 SET bytes = zeroblob(900000)");
	c = opened(&t, 0);
	assert_int_equal(0, known(c, 0, 10));
	cache_close(c);
	close_bench(&t);
}

/* A file that another client filled, under a key that this one has not. */
static void
other_key(void **state)
{
	struct bench t;
	struct cache *c;
	char path[128];

	(void)state;
	open_bench(&t);
	filled(&t, 10);
	(void)snprintf(path, sizeof(path), "%s/cache.key", t.state);
	assert_int_equal(0, unlink(path));
	c = opened(&t, 0);
	assert_int_equal(0, known(c, 0, 10));
	assert_int_equal(10, stats(c).forged);
	cache_close(c);
	close_bench(&t);
}

/* Views, triggers and other schemas do not run: such a file begins anew. */
static void
hostile(void **state)
{
	static const char *const sql[] = {
		"DROP TABLE facts0; CREATE VIEW facts0 AS SELECT 1 AS row, "
		"x'00' AS bytes",
		"CREATE TRIGGER t AFTER INSERT ON facts0 BEGIN "
		"DELETE FROM facts1; END",
		"CREATE INDEX i ON facts0(bytes)",
		"DROP TABLE turn",
		"UPDATE turn SET young = 2",
		"UPDATE turn SET bytes = -1",
		"DELETE FROM turn",
		"PRAGMA user_version = 2",
	};
	struct bench t;
	struct cache *c;

	(void)state;
	open_bench(&t);
	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
		filled(&t, 10);
		tamper(&t, sql[i]);
		c = opened(&t, 0);
		assert_int_equal(0, known(c, 0, 10));
		put(c, 3);
		assert_int_equal(1, known(c, 0, 10));
		cache_close(c);
	}
	close_bench(&t);
}

static void
flip(const struct bench *t, off_t at, uint8_t with)
{
	AUTO_FD int fd = open(t->path, O_RDWR | O_CLOEXEC);
	uint8_t byte;

	assert_true(fd != -1);
	assert_int_equal(1, pread(fd, &byte, 1, at));
	byte ^= with;
	assert_int_equal(1, pwrite(fd, &byte, 1, at));
}

static off_t
size_of(const struct bench *t)
{
	struct stat sb;

	assert_int_equal(0, stat(t->path, &sb));
	return (sb.st_size);
}

/*
 * Bytes flipped anywhere behind what says whose file it is: whatever SQLite
 * makes of them, no facts are told but those that were put.
 */
static void
flipped(void **state)
{
	struct bench t;
	struct cache *c;

	(void)state;
	open_bench(&t);
	filled(&t, 300);
	for (off_t at = 101; at < size_of(&t); at += 997) {
		flip(&t, at, (uint8_t)(1 << at % 8));
		c = opened(&t, 0);
		(void)known(c, 0, 300);
		for (uint64_t n = 0; n < 300; n++)
			put(c, n);
		assert_true(known(c, 0, 300) >= 299);
		cache_close(c);
	}
	close_bench(&t);
}

static void
cut_short(void **state)
{
	struct bench t;
	struct cache *c;

	(void)state;
	open_bench(&t);
	filled(&t, 300);
	assert_int_equal(0, truncate(t.path, 20000));
	c = opened(&t, 0);
	(void)known(c, 0, 300);
	for (uint64_t n = 0; n < 300; n++)
		put(c, n);
	assert_int_equal(300, known(c, 0, 300));
	cache_close(c);
	close_bench(&t);
}

static prov_status
try_open(const struct bench *t)
{
	struct cache *c = NULL;
	prov_err err = { 0 };
	prov_status st = cache_open(&c, t->path, t->state, 0, &err);

	cache_close(c);
	return (st);
}

/* What is no cache is left as it is. */
static void
left_alone(void **state)
{
	static const char text[] = "a film that somebody holds dear\n";
	struct bench t;
	char link_to[128];

	(void)state;
	open_bench(&t);
	ok(file_write(t.path, span(text, sizeof(text)), 0600, 0, err));
	assert_int_equal(PROV_EUNTRUSTED, try_open(&t));
	assert_true(file_holds(t.path, span(text, sizeof(text))));
	assert_int_equal(0, unlink(t.path));
	tamper(&t, "CREATE TABLE mine (x)");
	assert_int_equal(0, chmod(t.path, 0600));
	assert_int_equal(PROV_EUNTRUSTED, try_open(&t));
	assert_int_equal(0, unlink(t.path));
	filled(&t, 1);
	assert_int_equal(0, chmod(t.path, 0644));
	assert_int_equal(PROV_EUNTRUSTED, try_open(&t));
	assert_int_equal(0, chmod(t.path, 0600));
	(void)snprintf(link_to, sizeof(link_to), "%s/other", t.dir);
	assert_int_equal(0, link(t.path, link_to));
	assert_int_equal(PROV_EUNTRUSTED, try_open(&t));
	assert_int_equal(0, unlink(t.path));
	assert_int_equal(0, symlink("other", t.path));
	assert_int_equal(PROV_EOPEN, try_open(&t));
	close_bench(&t);
}

static void
key_of_others(void **state)
{
	struct bench t;
	struct cache *c = NULL;
	char path[128];

	(void)state;
	open_bench(&t);
	filled(&t, 1);
	(void)snprintf(path, sizeof(path), "%s/cache.key", t.state);
	assert_int_equal(0, chmod(path, 0640));
	assert_int_equal(PROV_EUNTRUSTED, try_open(&t));
	assert_int_equal(0, chmod(path, 0600));
	assert_int_equal(0, truncate(path, 16));
	assert_int_equal(PROV_EFORMAT, try_open(&t));
	assert_int_equal(0, unlink(path));
	assert_int_equal(PROV_EARG,
	    cache_open(&c, t.path, t.state, 4096, NULL));
	(void)snprintf(t.path, sizeof(t.path), "%s/none/facts", t.dir);
	assert_int_equal(PROV_EOPEN, try_open(&t));
	assert_null(c);
	close_bench(&t);
}

/* Another process is told that it is in use, and spoils nothing. */
static void
in_use(void **state)
{
	struct bench t;
	struct cache *c;
	int status;
	pid_t pid;

	(void)state;
	open_bench(&t);
	c = opened(&t, 0);
	put(c, 1);
	if ((pid = fork()) == 0)
		_exit(try_open(&t) == PROV_EBUSY ? 0 : 1);
	assert_int_equal(pid, waitpid(pid, &status, 0));
	assert_int_equal(0, status);
	assert_true(knows(c, 1));
	cache_close(c);
	c = opened(&t, 0);
	assert_true(knows(c, 1));
	cache_close(c);
	close_bench(&t);
}

struct racer {
	struct cache *c;
	uint64_t first;
	size_t bad;
};

static void *
race(void *arg)
{
	struct racer *r = arg;
	const struct recollection *hook = cache_recollection(r->c);
	uint8_t key[32], bytes[512];

	for (uint64_t i = 0; i < 3000; i++) {
		AUTO_BUF got = { 0 };
		uint64_t n = (r->first + i) % 4000;
		prov_span want = facts(bytes, n);

		logged_asset(key, n);
		if (hook->get(hook->arg, &got, key, NULL) != PROV_OK ||
		    (got.len > 0 && !span_eq(want, buf_span(&got))) ||
		    hook->put(hook->arg, key, want, NULL) != PROV_OK)
			r->bad++;
	}
	return (NULL);
}

static void
threads(void **state)
{
	struct racer r[4];
	pthread_t thread[4];
	struct bench t;
	struct cache *c;

	(void)state;
	open_bench(&t);
	c = opened(&t, 0);
	for (unsigned i = 0; i < 4; i++) {
		r[i] = (struct racer){ c, i * 1000, 0 };
		assert_int_equal(0,
		    pthread_create(&thread[i], NULL, race, &r[i]));
	}
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(0, pthread_join(thread[i], NULL));
		assert_int_equal(0, r[i].bad);
	}
	assert_int_equal(4000, known(c, 0, 4000));
	cache_close(c);
	close_bench(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remembers),
		cmocka_unit_test(replaces),
		cmocka_unit_test(sharing_a_row),
		cmocka_unit_test(bounded),
		cmocka_unit_test(forged),
		cmocka_unit_test(other_key),
		cmocka_unit_test(hostile),
		cmocka_unit_test(flipped),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(left_alone),
		cmocka_unit_test(key_of_others),
		cmocka_unit_test(in_use),
		cmocka_unit_test(threads),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
