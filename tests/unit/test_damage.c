/* SPDX-License-Identifier: ISC */
/*
 * A ledger whose files somebody damaged or forged: whatever is done with it is
 * refused or harmless. Never is there a proof or an entry that was not logged,
 * never a second history, no crash and no endless work; and what is derived
 * can be made anew, byte for byte.
 *
 * With PROV_DAMAGE=N the whole campaign: each page of the database, each file,
 * N times over, and 50 N times 64 flips anywhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "ledger/proof.h"
#include "logged.h"
#include "prov/check.h"

#define ENTRIES   5000U
#define PAGE      4096U
#define FLIPS     64U
#define SAMPLES   12U
#define FILES_MAX 512U

/* Of processor time, for each thing that is tried; waiting is bounded apart. */
#define SECONDS_MAX 5
#define WAIT_MAX    300

/* A file as it was. */
struct file {
	char name[128];
	struct buf bytes;
};

static struct whole {
	struct logged g;
	struct file file[FILES_MAX];
	size_t n;
	struct buf entry[ENTRIES];
	uint8_t root[32];
} * w;

/* xorshift64: the same on every machine. */
static uint64_t
next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (*seed);
}

static int
keep_file(const char *path, const struct stat *sb, int flag, struct FTW *at)
{
	struct file *f = &w->file[w->n];
	prov_err err = { 0 };

	(void)sb;
	(void)at;
	if (flag != FTW_F)
		return (0);
	if (w->n == FILES_MAX)
		return (1);
	snprintf(f->name, sizeof(f->name), "%s", path + strlen(w->g.path) + 1);
	if (file_read(&f->bytes, path, 1 << 26, &err) != PROV_OK)
		return (1);
	w->n++;
	return (0);
}

static int
make_whole(void **state)
{
	AUTO(prov_ledger) *l = NULL;
	uint64_t size;
	prov_err err = { 0 };

	(void)state;
	if ((w = calloc(1, sizeof(*w))) == NULL || !logged_open(&w->g) ||
	    prov_ledger_open_writer(&l, w->g.path, w->g.log, &err) != PROV_OK)
		return (-1);
	/* In batches of several sizes, so that there are partial tiles. */
	for (uint64_t n = 0, step = 300; n < ENTRIES - 1; n += step) {
		step = n + 300 < ENTRIES - 1 ? 300 : 3;
		if (n + step > ENTRIES - 1)
			step = ENTRIES - 1 - n;
		if (logged_append(l, w->g.owner, n, n + step, 256, &err) !=
		    PROV_OK)
			return (-1);
	}
	for (uint64_t i = 0; i < ENTRIES; i++) {
		uint8_t *p;
		size_t len;

		if (prov_ledger_entry(l, i, &p, &len, &err) != PROV_OK)
			return (-1);
		buf_put(&w->entry[i], p, len);
		prov_free(p);
	}
	if (prov_ledger_checkpoint(l, &size, w->root, NULL, &err) != PROV_OK ||
	    size != ENTRIES)
		return (-1);
	prov_ledger_close(TAKE(l));
	return (nftw(w->g.path, keep_file, 16, FTW_PHYS) == 0 ? 0 : -1);
}

static int
drop_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < w->n; i++)
		buf_free(&w->file[i].bytes);
	for (size_t i = 0; i < ENTRIES; i++)
		buf_free(&w->entry[i]);
	logged_close(&w->g);
	free(w);
	return (0);
}

static const struct file *
file_named(const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->file[i].name, name) == 0)
			return (&w->file[i]);
	return (NULL);
}

/* All as it was. */
static void
restore(void)
{
	prov_err err = { 0 };

	(void)nftw(w->g.path, logged_remove, 16, FTW_DEPTH | FTW_PHYS);
	for (size_t i = 0; i < w->n; i++) {
		const char *path = logged_path(&w->g, w->file[i].name);
		char parent[512];

		snprintf(parent, sizeof(parent), "%s", path);
		*strrchr(parent, '/') = '\0';
		if (dir_make(parent, &err) != PROV_OK ||
		    file_write(path, buf_span(&w->file[i].bytes), 0644, 0,
			&err) != PROV_OK)
			fail_msg("%s", err.msg);
	}
}

/* What came out of a trial, by exit status of its child. */
enum outcome {
	DETECTED = 10,
	HARMLESS,
	REPAIRED,
	FORGED = 20, /* a proof, entry or look-up that is false */
	FORKED,      /* the log signed another history */
	MISSED,      /* checking said that all is well, and it was not */
	UNREPAIRED   /* repairing did not do what it promised */
};

static void
give_up(enum outcome o, const char *why)
{
	fprintf(stderr, "# %s\n", why);
	_exit((int)o);
}

/* Each step has its own time. */
static void
begin_step(void)
{
	struct itimerval t = { .it_value = { .tv_sec = SECONDS_MAX } };

	(void)setitimer(ITIMER_PROF, &t, NULL);
	(void)alarm(WAIT_MAX);
}

/* Whether a proof of entry i could be had; it must be a true one. */
static bool
proves(prov_ledger *l, uint64_t i)
{
	AUTO_FREE char *text = NULL;
	struct checkpoint at;
	struct proof p;

	if (prov_ledger_prove(l, i, &text, NULL) != PROV_OK)
		return (false);
	if (proof_parse(&p, span(text, strlen(text)), NULL) != PROV_OK ||
	    p.index != i ||
	    proof_verify(&at, &p, buf_span(&w->entry[i]),
		prov_key_public(w->g.log), NULL) != PROV_OK)
		give_up(FORGED, "a false proof");
	return (true);
}

static bool
reads(prov_ledger *l, uint64_t i)
{
	AUTO_FREE uint8_t *p = NULL;
	size_t len;

	if (prov_ledger_entry(l, i, &p, &len, NULL) != PROV_OK)
		return (false);
	if (!span_eq(span(p, len), buf_span(&w->entry[i])))
		give_up(FORGED, "a false entry");
	return (true);
}

/* Entry i is about asset i - 1. */
static bool
finds(prov_ledger *l, uint64_t i)
{
	AUTO_FREE uint64_t *at = NULL;
	uint8_t asset[32];
	size_t n = 0;

	logged_asset(asset, i - 1);
	if (prov_ledger_lookup(l, PROV_BY_ASSET, asset, &at, &n, NULL) !=
	    PROV_OK)
		return (false);
	if (n > 1 || (n == 1 && at[0] != i))
		give_up(FORGED, "a false look-up");
	return (n == 1);
}

/* Whether all that a reader tries works; what works must be right. */
static bool
read_some(uint64_t seed)
{
	AUTO(prov_ledger) *l = NULL;
	bool all = true;

	begin_step();
	if (prov_ledger_open(&l, w->g.path, prov_key_public(w->g.log), NULL) !=
	    PROV_OK)
		return (false);
	for (unsigned k = 0; k < SAMPLES; k++) {
		uint64_t i = 1 + next(&seed) % (ENTRIES - 1);

		all = proves(l, i) && all;
		all = reads(l, i) && all;
		all = finds(l, i) && all;
	}
	return (all);
}

/*
 * The log at its new size is the old one, with more behind it. Where tiles
 * are damaged that cannot be shown before they are made anew.
 */
static void
check_growth(void)
{
	const prov_pubkey *key = prov_key_public(w->g.log);
	AUTO(prov_ledger) *l = NULL;
	AUTO_FREE uint8_t *path = NULL;
	prov_inspected out;
	uint8_t root[32];
	uint64_t size;
	size_t n;

	begin_step();
	if (prov_ledger_repair(w->g.path, key, NULL, &out, NULL) != PROV_OK &&
	    !out.sound)
		return; /* that is told, and no reader takes it */
	if (prov_ledger_open(&l, w->g.path, key, NULL) != PROV_OK ||
	    prov_ledger_checkpoint(l, &size, root, NULL, NULL) != PROV_OK ||
	    size != ENTRIES + 1 ||
	    prov_ledger_consistency(l, ENTRIES, size, &path, &n, NULL) !=
		PROV_OK ||
	    tree_consistency_verify(ENTRIES, size, w->root, root, path, n,
		NULL) != PROV_OK)
		give_up(FORKED, "another history was signed");
}

/* Whether an entry could be appended; then it must be rightly so. */
static bool
append_one(void)
{
	AUTO(prov_ledger) *l = NULL;
	AUTO_BUF b = { 0 };
	AUTO_FREE uint8_t *p = NULL;
	prov_entry e;
	prov_span s;
	size_t len;

	begin_step();
	if (!logged_statement(&b, w->g.owner, 1000000))
		abort();
	s = buf_span(&b);
	if (prov_ledger_open_writer(&l, w->g.path, w->g.log, NULL) != PROV_OK ||
	    prov_ledger_append(l, &s, 1, 1000, &e, NULL) != PROV_OK)
		return (false);
	if (e.index != ENTRIES)
		give_up(FORGED, "an entry somewhere else");
	if (prov_ledger_entry(l, e.index, &p, &len, NULL) != PROV_OK)
		return (false);
	if (!span_eq(s, span(p, len)))
		give_up(FORGED, "an entry that was not appended");
	return (true);
}

static prov_status
inspect(prov_inspected *out)
{
	begin_step();
	return (prov_ledger_inspect(w->g.path, prov_key_public(w->g.log), NULL,
	    out, NULL));
}

static void
compare_tlog(void)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct file *f = &w->file[i];

		if (strncmp(f->name, "tlog/", 5) != 0 ||
		    file_holds(logged_path(&w->g, f->name),
			buf_span(&f->bytes)))
			continue;
		/* A reader at an older checkpoint tries the full one. */
		if (strstr(f->name, ".p/") != NULL &&
		    access(logged_path(&w->g, f->name), F_OK) == -1)
			continue;
		give_up(UNREPAIRED, f->name);
	}
}

/* In a child: all that can be done with a damaged ledger. */
static void
try_all(uint64_t seed)
{
	prov_inspected out = { 0 }, again;
	bool reading = read_some(seed), appended;
	prov_status st = inspect(&out), repaired;
	enum outcome o = st == PROV_OK ? HARMLESS : DETECTED;

	if (st == PROV_OK && !reading)
		give_up(MISSED, "checked well, and could not be read");
	/* One after the other, so that either meets the damage itself. */
	if ((seed & 1) != 0) {
		if (append_one())
			check_growth();
		_exit((int)o);
	}
	if (st != PROV_OK && out.sound) {
		begin_step();
		repaired = prov_ledger_repair(w->g.path,
		    prov_key_public(w->g.log), NULL, &again, NULL);
		/* Nobody repairs blobs, nor what is logged. */
		if (repaired != PROV_OK)
			give_up(UNREPAIRED, "not all is right again");
		compare_tlog();
		o = REPAIRED;
	}
	appended = append_one();
	/* Without its database a ledger is a copy, to read from. */
	if (o != DETECTED && !appended &&
	    access(logged_path(&w->g, "ledger.db"), F_OK) == 0)
		give_up(MISSED, "found well, and could not be appended to");
	if (appended)
		check_growth();
	if (appended && inspect(&again) != PROV_OK && o != DETECTED)
		give_up(MISSED, "well until something was appended");
	_exit((int)o);
}

static struct tally {
	unsigned tried, detected, harmless, repaired;
} tally;

/* Runs one trial on what was damaged, and puts all back. */
static void
trial(const char *what, uint64_t seed)
{
	pid_t pid;
	int status = 0;

	fflush(NULL);
	if ((pid = fork()) == 0)
		try_all(seed);
	assert_true(pid > 0);
	assert_int_equal(pid, waitpid(pid, &status, 0));
	tally.tried++;
	if (!WIFEXITED(status))
		fail_msg("%s, seed %llu: signal %d", what,
		    (unsigned long long)seed, WTERMSIG(status));
	if (WEXITSTATUS(status) < DETECTED || WEXITSTATUS(status) >= FORGED)
		fail_msg("%s, seed %llu: outcome %d", what,
		    (unsigned long long)seed, WEXITSTATUS(status));
	tally.detected += WEXITSTATUS(status) == DETECTED;
	tally.harmless += WEXITSTATUS(status) == HARMLESS;
	tally.repaired += WEXITSTATUS(status) == REPAIRED;
	restore();
}

static void
say(const char *what)
{
	printf("# %s: %u tried, %u detected, %u repaired, %u harmless\n", what,
	    tally.tried, tally.detected, tally.repaired, tally.harmless);
	tally = (struct tally){ 0 };
}

static unsigned
rounds(void)
{
	const char *n = getenv("PROV_DAMAGE");

	return (n != NULL ? (unsigned)strtoul(n, NULL, 10) : 0);
}

/* Flips n bits between from and to of a file. */
static void
flip(const struct file *f, size_t from, size_t to, unsigned n, uint64_t *seed)
{
	int fd = open(logged_path(&w->g, f->name), O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	for (; n > 0 && to > from; n--) {
		off_t at = (off_t)(from + next(seed) % (to - from));
		uint8_t byte;

		assert_int_equal(1, pread(fd, &byte, 1, at));
		byte ^= (uint8_t)(1U << next(seed) % 8);
		assert_int_equal(1, pwrite(fd, &byte, 1, at));
	}
	(void)close(fd);
}

static uint64_t
seed_of(uint64_t n)
{
	uint64_t seed = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);

	for (unsigned i = 0; i < 4; i++)
		(void)next(&seed);
	return (seed);
}

static void
flips_anywhere(void **state)
{
	unsigned n = rounds() == 0 ? 8 : 50 * rounds();

	(void)state;
	for (unsigned k = 0; k < n; k++) {
		uint64_t seed = seed_of(k), total = 0;

		for (size_t i = 0; i < w->n; i++)
			total += w->file[i].bytes.len;
		for (unsigned j = 0; j < FLIPS; j++) {
			uint64_t at = next(&seed) % total;
			const struct file *f = w->file;

			for (; at >= f->bytes.len; f++)
				at -= f->bytes.len;
			flip(f, (size_t)at, (size_t)at + 1, 1, &seed);
		}
		trial("64 flips", k);
	}
	say("64 flips anywhere");
}

static void
flips_in_pages_of(const char *name, unsigned step)
{
	const struct file *f = file_named(name);
	size_t pages;

	if (f == NULL) {
		fail_msg("no %s", name);
		return;
	}
	pages = (f->bytes.len + PAGE - 1) / PAGE;
	for (size_t p = 0; p < pages; p += step) {
		size_t from = p * PAGE, to = from + PAGE;
		uint64_t seed = seed_of(p + 1000);
		char what[64];

		flip(f, from, to < f->bytes.len ? to : f->bytes.len,
		    (next(&seed) & 1) != 0 ? FLIPS : 1, &seed);
		snprintf(what, sizeof(what), "page %zu of %s", p, name);
		trial(what, p / step);
	}
}

static void
flips_in_each_page(void **state)
{
	(void)state;
	flips_in_pages_of("ledger.db", rounds() == 0 ? 89 : 1);
	flips_in_pages_of("ledger.db-wal", rounds() == 0 ? 61 : 1);
	say("pages of the database");
}

static bool
is_public(const struct file *f)
{
	return (strncmp(f->name, "tlog/", 5) == 0 ||
		strncmp(f->name, "index/", 6) == 0);
}

static void
flips_in_each_file(void **state)
{
	unsigned step = rounds() == 0 ? 5 : 1, k = 0;

	(void)state;
	for (unsigned r = 0; r < (rounds() == 0 ? 1 : rounds()); r++)
		for (size_t i = 0; i < w->n; i++) {
			const struct file *f = &w->file[i];
			uint64_t seed = seed_of(i + 2000 + r * FILES_MAX);

			if (!is_public(f) || k++ % step != 0)
				continue;
			flip(f, 0, f->bytes.len,
			    1 + (unsigned)(next(&seed) % 8), &seed);
			trial(f->name, k / step + r);
		}
	say("files of tlog and index");
}

/* Ways to put something else in a file's place. */
enum swap {
	EMPTY,
	HALF,
	ONE_LESS,
	ONE_MORE,
	HUGE_,
	GONE,
	FIFO,
	DIRECTORY,
	DANGLING,
	ENDLESS, /* a link to a device that never ends */
	ANOTHER, /* another file's content */
	LINKED,  /* a link to another file */
	SWAPS
};

/* What nobody reads as a whole, or what this process may make at most. */
static off_t
huge(void)
{
	const off_t most = (off_t)64 << 30;
	struct rlimit r;

	assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &r));
	return (r.rlim_cur < (rlim_t)most ? (off_t)r.rlim_cur : most);
}

static void
swap_file(const struct file *f, const struct file *other, enum swap how)
{
	char path[512], target[512];

	snprintf(path, sizeof(path), "%s", logged_path(&w->g, f->name));
	snprintf(target, sizeof(target), "%s", logged_path(&w->g, other->name));
	if (how >= GONE)
		assert_int_equal(0, unlink(path));
	switch (how) {
	case EMPTY:
		assert_int_equal(0, truncate(path, 0));
		break;
	case HALF:
		assert_int_equal(0, truncate(path, (off_t)f->bytes.len / 2));
		break;
	case ONE_LESS:
		assert_int_equal(0, truncate(path, (off_t)f->bytes.len - 1));
		break;
	case ONE_MORE:
		assert_int_equal(0, truncate(path, (off_t)f->bytes.len + 1));
		break;
	case HUGE_:
		assert_int_equal(0, truncate(path, huge()));
		break;
	case FIFO:
		assert_int_equal(0, mkfifo(path, 0644));
		break;
	case DIRECTORY:
		assert_int_equal(0, mkdir(path, 0755));
		break;
	case DANGLING:
		assert_int_equal(0, symlink("nowhere", path));
		break;
	case ENDLESS:
		assert_int_equal(0, symlink("/dev/zero", path));
		break;
	case LINKED:
		assert_int_equal(0, symlink(target, path));
		break;
	case ANOTHER:
		ok(file_write(path, buf_span(&other->bytes), 0644, 0, err));
		break;
	case GONE:
	case SWAPS:
		break;
	}
}

/* A file of the same kind: of the same length, where there is one. */
static const struct file *
like(const struct file *f)
{
	const struct file *any = f;

	for (size_t i = 0; i < w->n; i++) {
		const struct file *g = &w->file[i];

		if (g == f || strncmp(g->name, f->name, 9) != 0)
			continue;
		any = g;
		if (g->bytes.len == f->bytes.len)
			return (g);
	}
	return (any);
}

static void
other_things_in_its_place(void **state)
{
	unsigned k = 0, step = rounds() == 0 ? 41 : 1;

	(void)state;
	for (size_t i = 0; i < w->n; i++)
		for (unsigned how = 0; how < SWAPS; how++) {
			const struct file *f = &w->file[i];
			char what[160];

			if (f->bytes.len == 0 || k++ % step != 0)
				continue;
			snprintf(what, sizeof(what), "%s, swap %u", f->name,
			    how);
			swap_file(f, like(f), how);
			trial(what, k / step);
		}
	say("something else in a file's place");
}

/* What somebody with a tool of his own does to the database. */
static const struct {
	const char *name, *sql;
	bool harmless; /* may be */
} edits[] = {
	{ "a view for the table",
	    "ALTER TABLE entries RENAME TO hidden; CREATE VIEW entries AS "
	    "SELECT idx, CASE idx WHEN 7 THEN x'd284' ELSE bytes END AS bytes "
	    "FROM hidden",
	    false },
	{ "an endless view",
	    "ALTER TABLE entries RENAME TO hidden; CREATE VIEW entries AS "
	    "WITH RECURSIVE r(idx) AS (SELECT 0 UNION ALL SELECT idx FROM r) "
	    "SELECT r.idx AS idx, x'00' AS bytes FROM r",
	    false },
	{ "a trigger that deletes",
	    "CREATE TRIGGER t AFTER INSERT ON entries BEGIN "
	    "DELETE FROM entries WHERE idx = 5; END",
	    false },
	{ "a trigger that never ends",
	    "CREATE TRIGGER t AFTER INSERT ON checkpoints BEGIN INSERT INTO "
	    "edge WITH RECURSIVE r(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM "
	    "r) SELECT i, x'00' FROM r; END",
	    false },
	{ "one more table", "CREATE TABLE more (x)", false },
	{ "one more index", "CREATE INDEX i ON entries (bytes)", false },
	{ "an index over an expression",
	    "CREATE INDEX i ON entries (length(bytes))", false },
	{ "a partial index", "CREATE INDEX i ON entries (bytes) WHERE idx < 9",
	    false },
	{ "statistics", "ANALYZE", false },
	{ "a generated column",
	    "CREATE TABLE new (idx INTEGER PRIMARY KEY, own BLOB, bytes BLOB "
	    "AS (CASE idx WHEN 7 THEN x'd284' ELSE own END)); INSERT INTO new "
	    "(idx, own) SELECT * FROM entries; DROP TABLE entries; ALTER TABLE "
	    "new RENAME TO entries",
	    false },
	{ "another schema for the same table",
	    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = "
	    "replace(sql, 'NOT NULL', 'DEFAULT 1') WHERE name = 'entries'",
	    false },
	{ "a root page of another table",
	    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = "
	    "(SELECT rootpage FROM sqlite_schema WHERE name = 'checkpoints') "
	    "WHERE name = 'entries'",
	    false },
	{ "two tables on one page",
	    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = "
	    "(SELECT rootpage FROM sqlite_schema WHERE name = 'entries') "
	    "WHERE name = 'edge'",
	    false },
	{ "another version", "PRAGMA user_version = 77", false },
	{ "an entry less", "DELETE FROM entries WHERE idx = 77", false },
	{ "the last entry less", "DELETE FROM entries WHERE idx = 4999",
	    false },
	{ "a changed entry",
	    "UPDATE entries SET bytes = CAST(substr(bytes, 1, 99) || x'00' || "
	    "substr(bytes, 101) AS BLOB) WHERE idx = 4321",
	    false },
	{ "two entries swapped",
	    "UPDATE entries SET idx = -1 WHERE idx = 10; UPDATE entries SET "
	    "idx = 10 WHERE idx = 11; UPDATE entries SET idx = 11 WHERE idx = "
	    "-1",
	    false },
	{ "a huge entry",
	    "UPDATE entries SET bytes = zeroblob(900000000) WHERE idx = 99",
	    false },
	{ "the entry to come", "INSERT INTO entries VALUES (5000, x'00')",
	    false },
	{ "entries far away",
	    "INSERT INTO entries VALUES (9223372036854775807, x'00'), "
	    "(-1, x'00')",
	    false },
	{ "no checkpoint", "DELETE FROM checkpoints", false },
	{ "a checkpoint of another size",
	    "UPDATE checkpoints SET size = size + 1", false },
	{ "a checkpoint of no sense",
	    "INSERT INTO checkpoints VALUES (9223372036854775807, x'00')",
	    false },
	{ "a negative position", "UPDATE positions SET value = -1", false },
	{ "another policy",
	    "UPDATE positions SET value = 5 WHERE name = 'policy'", false },
	{ "nothing synced",
	    "UPDATE positions SET value = 0 WHERE name = 'synced'", true },
	{ "no edge", "DELETE FROM edge", false },
	{ "a changed edge", "UPDATE edge SET hashes = zeroblob(length(hashes))",
	    false },
	{ "another journal", "PRAGMA journal_mode = DELETE", true },
	{ "vacuum", "VACUUM", true },
};

/* A database of a page of log more may be needed for what is edited. */
static void
edit(const char *sql)
{
	sqlite3 *db = NULL;
	char *why = NULL;

	assert_int_equal(SQLITE_OK,
	    sqlite3_open(logged_path(&w->g, "ledger.db"), &db));
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	assert_int_equal(SQLITE_OK, sqlite3_close(db));
}

static void
edits_of_the_database(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
		for (uint64_t seed = 0; seed < (rounds() == 0 ? 1 : 2);
		     seed++) {
			unsigned harmless = tally.harmless;

			edit(edits[i].sql);
			trial(edits[i].name, rounds() == 0 ? i : seed);
			if (!edits[i].harmless && tally.harmless > harmless)
				fail_msg("%s: not noticed", edits[i].name);
		}
	say("edits of the database");
}

/* Nothing is wrong, and nothing is found; a repair would change nothing. */
static void
sound_as_it_is(void **state)
{
	prov_inspection how = { .signatures = 1 };
	prov_inspected out = { 0 };

	(void)state;
	ok(prov_ledger_inspect(w->g.path, prov_key_public(w->g.log), &how, &out,
	    err));
	assert_int_equal(ENTRIES, out.size);
	assert_int_equal(ENTRIES, out.signatures);
	assert_true(out.store && out.sound);
	ok(prov_ledger_repair(w->g.path, prov_key_public(w->g.log), &how, &out,
	    err));
	for (uint64_t seed = 0; seed < 2; seed++)
		trial("nothing", seed);
	assert_int_equal(2, tally.harmless);
	tally = (struct tally){ 0 };
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_as_it_is),
		cmocka_unit_test(flips_anywhere),
		cmocka_unit_test(flips_in_each_page),
		cmocka_unit_test(flips_in_each_file),
		cmocka_unit_test(other_things_in_its_place),
		cmocka_unit_test(edits_of_the_database),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, make_whole, drop_whole));
}
