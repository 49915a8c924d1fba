/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "ledger/store.h"
#include "logged.h"

static void
make(struct logged *g, uint64_t n)
{
	AUTO(prov_ledger) *w = NULL;

	assert_true(logged_open(g));
	ok(prov_ledger_open_writer(&w, g->path, g->log, err));
	ok(logged_append(w, g->owner, 0, n, 64, err));
}

static prov_status
open_reader(prov_ledger **l, const struct logged *g)
{
	return (prov_ledger_open(l, g->path, prov_key_public(g->log), NULL));
}

static void
every_bit_of_the_checkpoint(void **state)
{
	struct logged g;
	const uint8_t *own;
	AUTO_BUF b = { 0 };

	(void)state;
	make(&g, 5);
	assert_true(logged_read(&b, &g, "tlog/checkpoint"));
	/* Lines of keys that are not asked for, such as witnesses', are passed
	 * over; the log's own signature is the first. */
	own = memmem(b.p, b.len, "\n\n", 2);
	assert_non_null(own);
	own = memchr(own + 2, '\n', b.len - (size_t)(own + 2 - b.p));
	assert_non_null(own);
	for (size_t bit = 0; bit < 8 * (size_t)(own + 1 - b.p); bit++) {
		AUTO(prov_ledger) *l = NULL;

		b.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_true(logged_write(&g, "tlog/checkpoint", buf_span(&b)));
		if (open_reader(&l, &g) != PROV_EUNTRUSTED)
			fail_msg("bit %zu", bit);
		b.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	logged_close(&g);
}

/* No entry comes back, and no look-up succeeds, that touches a changed bit. */
static void
every_bit_of_a_bundle(void **state)
{
	static const char name[] = "tlog/tile/entries/000.p/4";
	struct logged g;
	AUTO(prov_ledger) *l = NULL;
	AUTO_BUF b = { 0 };
	size_t begin[5] = { 0 };

	(void)state;
	make(&g, 3);
	assert_true(logged_read(&b, &g, name));
	for (int i = 0; i < 4; i++)
		begin[i + 1] = begin[i] + 2 + be16(b.p + begin[i]);
	assert_int_equal(b.len, begin[4]);
	ok(open_reader(&l, &g));
	for (size_t bit = 0; bit < 8 * b.len; bit++) {
		unsigned hit = 0;

		while (bit / 8 >= begin[hit + 1])
			hit++;
		b.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_true(logged_write(&g, name, buf_span(&b)));
		for (unsigned i = 0; i < 4; i++) {
			AUTO_FREE uint8_t *bytes = NULL;
			size_t len;
			prov_status st;

			st = prov_ledger_entry(l, i, &bytes, &len, NULL);
			/* What lies before it is still what it was. */
			if (st != (i < hit ? PROV_OK : PROV_EUNTRUSTED) &&
			    !(i > hit && st == PROV_OK))
				fail_msg("bit %zu, entry %u: %d", bit, i, st);
			if (st == PROV_OK && i == hit)
				fail_msg("bit %zu", bit);
		}
		if (prov_ledger_check(l, NULL, NULL, NULL, NULL) !=
		    PROV_EUNTRUSTED)
			fail_msg("bit %zu", bit);
		b.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_true(logged_write(&g, name, buf_span(&b)));
	ok(prov_ledger_check(l, NULL, NULL, NULL, err));
	/* One byte behind the last entry is found by the check. */
	buf_put_byte(&b, 0);
	assert_true(logged_write(&g, name, buf_span(&b)));
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_ledger_check(l, NULL, NULL, NULL, NULL));
	logged_close(&g);
}

/* Looking up in a ledger with one damaged index: found, or an error. */
static void
check_sees_the_index(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *l = NULL;
	AUTO_BUF b = { 0 };

	(void)state;
	make(&g, 20);
	assert_true(logged_read(&b, &g, "index/0-21"));
	ok(open_reader(&l, &g));
	ok(prov_ledger_check(l, NULL, NULL, NULL, err));
	for (size_t at = 0; at < b.len; at += 5) {
		b.p[at] ^= 4;
		assert_true(logged_write(&g, "index/0-21", buf_span(&b)));
		assert_int_equal(PROV_EUNTRUSTED,
		    prov_ledger_check(l, NULL, NULL, NULL, NULL));
		b.p[at] ^= 4;
	}
	logged_close(&g);
}

/* A run that is sound in itself and leaves an entry out. */
static void
check_sees_an_omission(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *l = NULL;
	AUTO_BUF b = { 0 };
	prov_err why = { 0 };
	uint8_t digest[32];
	uint64_t n;

	(void)state;
	make(&g, 3);
	assert_true(logged_read(&b, &g, "index/0-4"));
	/* The last signer record, its count, and the digest made to fit. */
	n = be64(b.p + 48);
	put_be64(b.p + 48, n - 1);
	/* Behind it come a filter of one block and the digest. */
	memmove(b.p + b.len - 80, b.p + b.len - 64, 64);
	b.len -= 16;
	ok(sha256_of(digest, span(b.p, b.len - 32), err));
	memcpy(b.p + b.len - 32, digest, 32);
	assert_true(logged_write(&g, "index/0-4", buf_span(&b)));
	ok(open_reader(&l, &g));
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_ledger_check(l, NULL, NULL, NULL, &why));
	assert_non_null(strstr(why.msg, "does not follow from the entries"));
	logged_close(&g);
}

/* The store is believed as far as its own signed checkpoint goes. */
static void
every_page_of_the_store(void **state)
{
	struct logged g;
	AUTO_BUF db = { 0 }, wal = { 0 };
	uint64_t kept = 0;

	(void)state;
	make(&g, 300);
	assert_true(logged_read(&db, &g, "ledger.db"));
	assert_true(logged_read(&wal, &g, "ledger.db-wal"));
	for (size_t at = 0; at < wal.len; at += 4099) {
		AUTO(prov_ledger) *w = NULL;
		AUTO(prov_ledger) *r = NULL;
		prov_status st;

		wal.p[at] ^= 0x10;
		assert_true(logged_write(&g, "ledger.db", buf_span(&db)));
		assert_true(logged_write(&g, "ledger.db-wal", buf_span(&wal)));
		st = prov_ledger_open_writer(&w, g.path, g.log, NULL);
		if (st == PROV_OK) {
			st = logged_append(w, g.owner, 5, 6, 1, NULL);
			kept += st == PROV_OK;
		}
		/* Whatever it makes of it, readers see what was acknowledged.
		 */
		ok(open_reader(&r, &g));
		ok(prov_ledger_check(r, NULL, NULL, NULL, err));
		wal.p[at] ^= 0x10;
	}
	printf("# %llu of %zu flips were harmless\n", (unsigned long long)kept,
	    wal.len / 4099 + 1);
	logged_close(&g);
}

static int
run_sql(const struct logged *g, const char *sql)
{
	char command[600];

	/* The shell's own connection, as an attacker would have it. */
	snprintf(command, sizeof(command),
	    "python3 -c \"import sqlite3,sys\n"
	    "c=sqlite3.connect(sys.argv[1])\n"
	    "c.executescript(sys.argv[2])\" %s/ledger.db '%s'",
	    g->path, sql);
	return (system(command)); /* NOLINT: a fixed command of this test */
}

static void
foreign_schema_is_refused(void **state)
{
	static const char *const sql[] = {
		"CREATE TABLE more (x)",
		"CREATE INDEX i ON entries (bytes)",
		"CREATE VIEW v AS SELECT 1",
		"CREATE TRIGGER t AFTER INSERT ON entries BEGIN "
		"DELETE FROM entries; END",
		"ALTER TABLE entries RENAME TO e2; CREATE VIEW entries AS "
		"SELECT * FROM e2",
		"DROP TABLE positions",
		"PRAGMA user_version = 4",
		"UPDATE edge SET hashes = zeroblob(length(hashes))",
		"UPDATE entries SET bytes = zeroblob(9) WHERE idx = 2",
		"DELETE FROM entries WHERE idx = 3",
		"DELETE FROM checkpoints",
		"UPDATE positions SET value = -1",
		"UPDATE positions SET value = 1000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
		struct logged g;
		AUTO(prov_ledger) *w = NULL;
		AUTO(prov_ledger) *r = NULL;
		prov_status st;

		/* Of a tree of less than a tile no edge is kept. */
		make(&g, strstr(sql[i], "edge") != NULL ? 300 : 5);
		if (run_sql(&g, sql[i]) != 0) {
			printf("# no python3 with sqlite3: not tried\n");
			logged_close(&g);
			return;
		}
		st = prov_ledger_open_writer(&w, g.path, g.log, NULL);
		if (st == PROV_OK)
			fail_msg("%s", sql[i]);
		ok(open_reader(&r, &g));
		ok(prov_ledger_check(r, NULL, NULL, NULL, err));
		logged_close(&g);
	}
}

/* Rows that no longer fit what was published are found by the check. */
static void
check_sees_the_store(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	prov_err why = { 0 };

	(void)state;
	make(&g, 300);
	if (run_sql(&g, "UPDATE entries SET bytes = zeroblob(9) "
			"WHERE idx = 7") != 0) {
		printf("# no python3 with sqlite3: not tried\n");
		logged_close(&g);
		return;
	}
	/* Beyond the last bundle appending does not look. */
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_ledger_check(w, NULL, NULL, NULL, &why));
	assert_non_null(strstr(why.msg, "entry 7"));
	logged_close(&g);
}

/* The store through a symbolic link is somebody else's file. */
static void
links_are_refused(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	char to[256];

	(void)state;
	make(&g, 1);
	snprintf(to, sizeof(to), "%s/elsewhere.db", g.path);
	assert_int_equal(0, rename(logged_path(&g, "ledger.db"), to));
	assert_int_equal(0,
	    symlink("elsewhere.db", logged_path(&g, "ledger.db")));
	assert_int_not_equal(PROV_OK,
	    prov_ledger_open_writer(&w, g.path, g.log, NULL));
	logged_close(&g);
}

static int
lock_down(const char *path, const struct stat *sb, int flag, struct FTW *at)
{
	(void)flag;
	(void)at;
	return (chmod(path, S_ISDIR(sb->st_mode) ? 0555 : 0444));
}

static int
open_up(const char *path, const struct stat *sb, int flag, struct FTW *at)
{
	(void)flag;
	(void)at;
	return (chmod(path, S_ISDIR(sb->st_mode) ? 0755 : 0644));
}

/* In a child that no permission is waived for. */
static int
as_nobody(const struct logged *g)
{
	AUTO(prov_ledger) *r = NULL;
	AUTO(prov_ledger) *w = NULL;
	AUTO_FREE uint64_t *at = NULL;
	AUTO_FREE char *proof = NULL;
	prov_err why = { 0 };
	uint8_t key[32];
	size_t n;

	if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		return (1);
	logged_asset(key, 33);
	if (open_reader(&r, g) != PROV_OK)
		return (2);
	if (prov_ledger_lookup(r, PROV_BY_ASSET, key, &at, &n, NULL) !=
		PROV_OK ||
	    n != 1 || at[0] != 34)
		return (3);
	if (prov_ledger_prove(r, 34, &proof, NULL) != PROV_OK ||
	    prov_ledger_check(r, NULL, NULL, NULL, NULL) != PROV_OK)
		return (4);
	if (prov_ledger_open_writer(&w, g->path, g->log, &why) != PROV_EWRITE ||
	    strstr(why.msg, "nothing was logged") == NULL)
		return (5);
	return (0);
}

static void
read_only_tree(void **state)
{
	struct logged g;
	int status;
	pid_t pid;

	(void)state;
	make(&g, 300);
	(void)nftw(g.path, lock_down, 16, FTW_PHYS);
	pid = fork();
	assert_int_not_equal(-1, pid);
	if (pid == 0)
		_exit(as_nobody(&g));
	assert_int_equal(pid, waitpid(pid, &status, 0));
	(void)nftw(g.path, open_up, 16, FTW_PHYS);
	assert_true(WIFEXITED(status));
	assert_int_equal(0, WEXITSTATUS(status));
	logged_close(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bit_of_the_checkpoint),
		cmocka_unit_test(every_bit_of_a_bundle),
		cmocka_unit_test(check_sees_the_index),
		cmocka_unit_test(check_sees_an_omission),
		cmocka_unit_test(every_page_of_the_store),
		cmocka_unit_test(foreign_schema_is_refused),
		cmocka_unit_test(check_sees_the_store),
		cmocka_unit_test(links_are_refused),
		cmocka_unit_test(read_only_tree),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
