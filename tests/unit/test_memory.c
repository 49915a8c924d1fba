/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <sys/wait.h>

#include "branch.h"
#include "ledger/memory.h"

/* A scratch directory and a log with two histories that part at an entry. */
struct bench {
	struct logged g;
	char state[96];
	struct branch a, b;
	struct buf note[2];
};

static void
open_bench(struct bench *t, uint64_t size, uint64_t at)
{
	memset(t, 0, sizeof(*t));
	assert_true(logged_dir(&t->g));
	snprintf(t->state, sizeof(t->state), "%s/state", t->g.dir);
	branch_open(&t->a);
	branch_open(&t->b);
	branch_grow(&t->a, size, size, 0);
	branch_grow(&t->b, size, at, 7);
}

static void
close_bench(struct bench *t)
{
	branch_close(&t->a);
	branch_close(&t->b);
	buf_free(&t->note[0]);
	buf_free(&t->note[1]);
	logged_close(&t->g);
}

static const prov_pubkey *
key_of(const struct bench *t)
{
	return (prov_key_public(t->g.log));
}

/* Meets a history at a size; a new object each time, as processes do. */
static enum meeting
meets(struct bench *t, struct branch *b, uint64_t size)
{
	AUTO_MEMORY *m = NULL;
	struct signed_head head;
	enum meeting how = MEETING_FORK;

	branch_sign(&t->note[0], &head, b, size, t->g.log);
	ok(memory_open(&m, t->state, err));
	ok(memory_meet(m, &how, key_of(t), &head, branch_get, b, err));
	return (how);
}

static enum meeting
compares(struct bench *t, struct branch *b, uint64_t size)
{
	AUTO_MEMORY *m = NULL;
	struct signed_head head;
	enum meeting how = MEETING_FORK;

	branch_sign(&t->note[0], &head, b, size, t->g.log);
	ok(memory_open(&m, t->state, err));
	ok(memory_compare(m, &how, key_of(t), &head, err));
	return (how);
}

/* The size that is remembered; 0: nothing. */
static uint64_t
recalled(const struct bench *t)
{
	AUTO_MEMORY *m = NULL;
	struct signed_head head = { 0 };
	prov_status st;

	ok(memory_open(&m, t->state, err));
	st = memory_recall(m, &head, key_of(t), NULL);
	assert_true(st == PROV_OK || st == PROV_ENOTFOUND);
	return (st == PROV_OK ? head.at.size : 0);
}

static void
grows(void **state)
{
	struct bench t;

	(void)state;
	open_bench(&t, 300, 300);
	assert_int_equal(recalled(&t), 0);
	assert_int_equal(compares(&t, &t.a, 5), MEETING_FIRST);
	assert_int_equal(recalled(&t), 0);
	assert_int_equal(meets(&t, &t.a, 5), MEETING_FIRST);
	assert_int_equal(meets(&t, &t.a, 5), MEETING_SAME);
	assert_int_equal(meets(&t, &t.a, 3), MEETING_OLDER);
	assert_int_equal(recalled(&t), 5);
	assert_int_equal(meets(&t, &t.a, 300), MEETING_GROWN);
	assert_int_equal(meets(&t, &t.a, 299), MEETING_OLDER);
	assert_int_equal(recalled(&t), 300);
	close_bench(&t);
}

/* A head without its tree moves nothing, whatever its size. */
static void
heads_alone(void **state)
{
	struct bench t;

	(void)state;
	open_bench(&t, 300, 4);
	assert_int_equal(meets(&t, &t.a, 100), MEETING_FIRST);
	assert_int_equal(compares(&t, &t.a, 90), MEETING_OLDER);
	assert_int_equal(compares(&t, &t.b, 90), MEETING_OLDER);
	assert_int_equal(compares(&t, &t.a, 100), MEETING_SAME);
	assert_int_equal(compares(&t, &t.a, 200), MEETING_NEWER);
	assert_int_equal(compares(&t, &t.b, 200), MEETING_NEWER);
	assert_int_equal(recalled(&t), 100);
	assert_int_equal(compares(&t, &t.b, 100), MEETING_FORK);
	assert_int_equal(recalled(&t), 100);
	close_bench(&t);
}

/* The one file with evidence, checked as anybody would. */
static void
check_saved(const struct bench *t, uint64_t small, uint64_t large)
{
	AUTO_MEMORY *m = NULL;
	AUTO_BUF bytes = { 0 };
	struct checkpoint at[2];
	struct fork f;

	ok(memory_open(&m, t->state, err));
	ok(file_read(&bytes, memory_evidence(m, key_of(t)), FORK_MAX, err));
	ok(fork_parse(&f, buf_span(&bytes), err));
	ok(fork_verify(at, &f, key_of(t), err));
	assert_int_equal(at[0].size, small);
	assert_int_equal(at[1].size, large);
	assert_int_equal(fork_verify(at, &f, prov_key_public(t->g.owner), NULL),
	    PROV_EUNTRUSTED);
}

/* What was proven once is not forgotten when the log looks honest again. */
static void
forks(void **state)
{
	struct bench t;

	(void)state;
	open_bench(&t, 300, 99);
	assert_int_equal(meets(&t, &t.a, 100), MEETING_FIRST);
	assert_int_equal(meets(&t, &t.b, 100), MEETING_FORK);
	check_saved(&t, 100, 100);
	assert_int_equal(recalled(&t), 100);
	assert_int_equal(meets(&t, &t.a, 200), MEETING_FORK);
	assert_int_equal(compares(&t, &t.a, 100), MEETING_FORK);
	assert_int_equal(recalled(&t), 100);
	close_bench(&t);
	open_bench(&t, 300, 99);
	assert_int_equal(meets(&t, &t.a, 100), MEETING_FIRST);
	assert_int_equal(meets(&t, &t.b, 300), MEETING_FORK);
	check_saved(&t, 100, 300);
	close_bench(&t);
	/* Before the place where they part, both are one history. */
	open_bench(&t, 300, 150);
	assert_int_equal(meets(&t, &t.a, 100), MEETING_FIRST);
	assert_int_equal(meets(&t, &t.b, 300), MEETING_GROWN);
	assert_int_equal(meets(&t, &t.a, 200), MEETING_OLDER);
	close_bench(&t);
}

/* Every pair of sizes and every place to part: never one too many or few. */
static void
all_pairs(void **state)
{
	struct bench t;
	struct signed_head a, b;

	(void)state;
	for (uint64_t at = 0; at <= 18; at += 3) {
		open_bench(&t, 18, at);
		for (uint64_t s1 = 1; s1 <= 18; s1++)
			for (uint64_t s2 = s1; s2 <= 18; s2++) {
				AUTO_BUF evidence = { 0 };
				struct checkpoint c[2];
				struct fork f;
				bool forked;

				branch_sign(&t.note[0], &a, &t.a, s1, t.g.log);
				branch_sign(&t.note[1], &b, &t.b, s2, t.g.log);
				ok(fork_look(&evidence, &forked, &a, &b,
				    branch_get, &t.b, err));
				assert_int_equal(forked, s1 > at);
				if (!forked)
					continue;
				ok(fork_parse(&f, buf_span(&evidence), err));
				ok(fork_verify(c, &f, key_of(&t), err));
			}
		close_bench(&t);
	}
}

/* Nodes that are not the head's prove nothing, and nothing against the log. */
static void
bad_nodes(void **state)
{
	AUTO_MEMORY *m = NULL;
	struct bench t;
	struct signed_head head;
	enum meeting how;

	(void)state;
	open_bench(&t, 300, 4);
	assert_int_equal(meets(&t, &t.a, 100), MEETING_FIRST);
	branch_sign(&t.note[0], &head, &t.a, 300, t.g.log);
	ok(memory_open(&m, t.state, err));
	assert_int_equal(memory_meet(m, &how, key_of(&t), &head, branch_get,
			     &t.b, NULL),
	    PROV_EUNTRUSTED);
	t.a.node[2][74][0] ^= 1; /* over 296 to 299 */
	assert_int_equal(memory_meet(m, &how, key_of(&t), &head, branch_get,
			     &t.a, NULL),
	    PROV_EUNTRUSTED);
	assert_string_equal(memory_evidence(m, key_of(&t)), "");
	assert_int_equal(recalled(&t), 100);
	close_bench(&t);
}

/* Evidence with any byte changed is none. */
static void
flipped_evidence(void **state)
{
	AUTO_BUF evidence = { 0 };
	struct bench t;
	struct signed_head a, b;
	struct checkpoint at[2];
	struct fork f;
	bool forked;

	(void)state;
	open_bench(&t, 300, 4);
	branch_sign(&t.note[0], &a, &t.a, 100, t.g.log);
	branch_sign(&t.note[1], &b, &t.b, 300, t.g.log);
	ok(fork_look(&evidence, &forked, &a, &b, branch_get, &t.b, err));
	assert_true(forked);
	for (size_t i = 0; i < evidence.len; i++) {
		evidence.p[i] ^= 1;
		assert_false(
		    fork_parse(&f, buf_span(&evidence), NULL) == PROV_OK &&
		    fork_verify(at, &f, key_of(&t), NULL) == PROV_OK);
		evidence.p[i] ^= 1;
		assert_int_not_equal(fork_parse(&f, span(evidence.p, i), NULL),
		    PROV_OK);
	}
	/* Two honest checkpoints are none, either. */
	branch_sign(&t.note[1], &b, &t.a, 300, t.g.log);
	evidence.len = 0;
	ok(fork_look(&evidence, &forked, &a, &b, branch_get, &t.a, err));
	assert_false(forked);
	f = (struct fork){ .note = { a.note, b.note }, .grown = true };
	memcpy(f.root, a.at.root, 32);
	ok(tree_consistency_path(f.path, &f.n, 100, 300, branch_get, &t.a,
	    err));
	assert_int_equal(fork_verify(at, &f, key_of(&t), NULL),
	    PROV_EUNTRUSTED);
	close_bench(&t);
}

/* The path of the only file in state/name. */
static const char *
only_file(const struct bench *t, const char *name)
{
	static char path[512];
	char dir[256];
	struct dirent *de;
	DIR *d;

	snprintf(dir, sizeof(dir), "%s/%s", t->state, name);
	assert_non_null(d = opendir(dir));
	while ((de = readdir(d)) != NULL)
		if (de->d_name[0] != '.' && strcmp(de->d_name, "lock") != 0)
			snprintf(path, sizeof(path), "%s/%.200s", dir,
			    de->d_name);
	(void)closedir(d);
	return (path);
}

static void
expect_damaged(const struct bench *t)
{
	AUTO_MEMORY *m = NULL;
	struct signed_head head;
	prov_err why = { 0 };

	ok(memory_open(&m, t->state, err));
	assert_int_equal(memory_recall(m, &head, key_of(t), &why), PROV_EOPEN);
	assert_non_null(strstr(why.msg, "remove that file"));
}

/* Neither passed over nor taken for the log's doing. */
static void
damaged_files(void **state)
{
	AUTO_BUF bytes = { 0 };
	struct bench t;
	const char *path;

	(void)state;
	open_bench(&t, 300, 4);
	assert_int_equal(meets(&t, &t.a, 100), MEETING_FIRST);
	path = only_file(&t, "heads");
	ok(file_read(&bytes, path, NOTE_MAX, err));
	bytes.p[bytes.len / 2] ^= 1;
	ok(file_write(path, buf_span(&bytes), 0644, 0, err));
	expect_damaged(&t);
	ok(file_write(path, span("", 0), 0644, 0, err));
	expect_damaged(&t);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(meets(&t, &t.a, 50), MEETING_FIRST);
	assert_int_equal(meets(&t, &t.b, 50), MEETING_FORK);
	snprintf(t.g.path, sizeof(t.g.path), "forks/%s",
	    strrchr(only_file(&t, "forks"), '/') + 1);
	path = only_file(&t, t.g.path);
	ok(file_write(path, span("x", 1), 0644, 0, err));
	expect_damaged(&t);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(meets(&t, &t.a, 60), MEETING_GROWN);
	close_bench(&t);
}

/* Another key under the same name is another log. */
static void
other_key(void **state)
{
	AUTO(prov_key) *again = logged_key(LOG_NAME, 9);
	struct bench t;
	prov_key *first;

	(void)state;
	open_bench(&t, 300, 4);
	assert_int_equal(meets(&t, &t.a, 100), MEETING_FIRST);
	first = t.g.log;
	t.g.log = again;
	assert_int_equal(meets(&t, &t.b, 50), MEETING_FIRST);
	t.g.log = first;
	assert_int_equal(meets(&t, &t.a, 101), MEETING_GROWN);
	close_bench(&t);
}

/* Two heads within a second: the second is written in the end. */
static void
written_at_close(void **state)
{
	struct memory *m = NULL;
	struct bench t;
	struct signed_head head;
	enum meeting how;

	(void)state;
	open_bench(&t, 300, 4);
	ok(memory_open(&m, t.state, err));
	for (uint64_t size = 10; size <= 200; size++) {
		branch_sign(&t.note[0], &head, &t.a, size, t.g.log);
		ok(memory_meet(m, &how, key_of(&t), &head, branch_get, &t.a,
		    err));
		assert_int_equal(how,
		    size == 10 ? MEETING_FIRST : MEETING_GROWN);
	}
	ok(memory_recall(m, &head, key_of(&t), err));
	assert_int_equal(head.at.size, 200);
	memory_close(m);
	assert_int_equal(recalled(&t), 200);
	close_bench(&t);
}

/* What one object has not yet written, another one has overtaken. */
static void
overtaken(void **state)
{
	struct memory *m = NULL;
	struct bench t;
	struct signed_head head;
	enum meeting how;

	(void)state;
	open_bench(&t, 300, 300);
	ok(memory_open(&m, t.state, err));
	for (uint64_t size = 10; size <= 20; size += 10) {
		branch_sign(&t.note[0], &head, &t.a, size, t.g.log);
		ok(memory_meet(m, &how, key_of(&t), &head, branch_get, &t.a,
		    err));
	}
	assert_int_equal(meets(&t, &t.a, 250), MEETING_GROWN);
	memory_close(m);
	assert_int_equal(recalled(&t), 250);
	close_bench(&t);
}

#define RACERS 6
#define ROUNDS 60

static int
race(struct bench *t, unsigned seed)
{
	uint64_t last = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t size = 1 + (seed = seed * 1664525 + 1013904223) % 1000;
		uint64_t now;

		(void)meets(t, &t->a, size);
		now = recalled(t);
		if (now < last || now < size)
			return (1); /* it went back, or forgot this head */
		last = now;
	}
	return (0);
}

/* Many processes at once: it never moves back, and no head is lost. */
static void
racers(void **state)
{
	struct bench t;
	pid_t pid[RACERS];
	int status;

	(void)state;
	open_bench(&t, 1001, 1001);
	for (unsigned i = 0; i < RACERS; i++) {
		assert_true((pid[i] = fork()) >= 0);
		if (pid[i] == 0)
			_exit(race(&t, i));
	}
	for (unsigned i = 0; i < RACERS; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	close_bench(&t);
}

/* A ledger's directory meets its own past. */
static void
ledgers(void **state)
{
	AUTO_MEMORY *m = NULL;
	AUTO_BUF old = { 0 };
	prov_ledger *l = NULL;
	struct bench t;
	enum meeting how;

	(void)state;
	open_bench(&t, 1, 1);
	ok(prov_ledger_create(t.g.path, t.g.log, t.g.owner, 0, err));
	assert_true(logged_read(&old, &t.g, "tlog/checkpoint"));
	ok(memory_open(&m, t.state, err));
	ok(prov_ledger_open_writer(&l, t.g.path, t.g.log, err));
	ok(memory_meet_ledger(m, &how, l, err));
	assert_int_equal(how, MEETING_FIRST);
	ok(logged_append(l, t.g.owner, 0, 300, 100, err));
	ok(memory_meet_ledger(m, &how, l, err));
	assert_int_equal(how, MEETING_GROWN);
	prov_ledger_close(l);
	assert_true(logged_write(&t.g, "tlog/checkpoint", buf_span(&old)));
	ok(prov_ledger_open(&l, t.g.path, key_of(&t), err));
	ok(memory_meet_ledger(m, &how, l, err));
	assert_int_equal(how, MEETING_OLDER);
	prov_ledger_close(l);
	close_bench(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),
		cmocka_unit_test(heads_alone),
		cmocka_unit_test(forks),
		cmocka_unit_test(all_pairs),
		cmocka_unit_test(bad_nodes),
		cmocka_unit_test(flipped_evidence),
		cmocka_unit_test(damaged_files),
		cmocka_unit_test(other_key),
		cmocka_unit_test(written_at_close),
		cmocka_unit_test(overtaken),
		cmocka_unit_test(racers),
		cmocka_unit_test(ledgers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
