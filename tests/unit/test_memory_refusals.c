/* SPDX-License-Identifier: ISC */
/*
 * What is remembered of logs and cannot be read, or not be written, is neither
 * passed over nor taken for nothing: a log that forked could begin anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "branch.h"
#include "ledger/memory.h"
#include "refused.h"

#define SIZE_MAX_ 1000U /* of the history that is met */

struct bench {
	struct logged g;
	char state[96];
	char id[MEMORY_ID_LEN + 1];
	struct branch history;
	struct buf note[2];
	struct signed_head head;
	uint64_t seen; /* the size that another process has seen */
};

static void
open_bench(struct bench *t)
{
	memset(t, 0, sizeof(*t));
	assert_true(logged_dir(&t->g));
	snprintf(t->state, sizeof(t->state), "%s/state", t->g.dir);
	branch_open(&t->history);
	branch_grow(&t->history, SIZE_MAX_, SIZE_MAX_, 0);
	ok(memory_name(t->id, prov_key_public(t->g.log), err));
	branch_sign(&t->note[0], &t->head, &t->history, SIZE_MAX_, t->g.log);
}

static void
close_bench(struct bench *t)
{
	branch_close(&t->history);
	buf_free(&t->note[0]);
	buf_free(&t->note[1]);
	logged_close(&t->g);
}

/* A path under the state directory, which is there then. */
static const char *
path_of(const struct bench *t, const char *name)
{
	static char path[256];

	(void)mkdir(t->state, 0755);
	snprintf(path, sizeof(path), "%s/heads", t->state);
	(void)mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/forks", t->state);
	(void)mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%.128s", t->state, name);
	return (path);
}

static prov_status
recalls(const struct bench *t, prov_err *err)
{
	AUTO_MEMORY *m = NULL;
	struct signed_head head;
	prov_status st;

	if ((st = memory_open(&m, t->state, err)) != PROV_OK)
		return (st);
	return (memory_recall(m, &head, prov_key_public(t->g.log), err));
}

static prov_status
meets(struct bench *t, tree_get_fn get, void *arg, prov_err *err)
{
	AUTO_MEMORY *m = NULL;
	enum meeting how;
	prov_status st;

	if ((st = memory_open(&m, t->state, err)) != PROV_OK)
		return (st);
	return (memory_meet(m, &how, prov_key_public(t->g.log), &t->head, get,
	    arg, err));
}

/* A file that is a directory, and the other way round. */
static void
unreadable(void **state)
{
	struct bench t;
	char name[128];

	(void)state;
	open_bench(&t);
	snprintf(name, sizeof(name), "heads/%s", t.id);
	assert_int_equal(0, mkdir(path_of(&t, name), 0755));
	refused(PROV_EOPEN, t.id, recalls(&t, err));
	assert_int_equal(0, rmdir(path_of(&t, name)));
	ok(file_write(path_of(&t, name), span("", 0), 0644, 0, err));
	refused(PROV_EOPEN, "it is empty", recalls(&t, err));
	assert_int_equal(0, remove(path_of(&t, name)));
	refused(PROV_ENOTFOUND, "nothing is remembered of", recalls(&t, err));
	snprintf(name, sizeof(name), "forks/%s", t.id);
	ok(file_write(path_of(&t, name), span("", 0), 0644, 0, err));
	refused(PROV_EOPEN, t.id, recalls(&t, err));
	close_bench(&t);
}

static void
no_lock(void **state)
{
	struct bench t;

	(void)state;
	open_bench(&t);
	assert_int_equal(0, mkdir(path_of(&t, "heads/lock"), 0755));
	refused(PROV_EWRITE, "heads/lock",
	    meets(&t, branch_get, &t.history, err));
	assert_int_equal(0, rmdir(path_of(&t, "heads/lock")));
	ok(meets(&t, branch_get, &t.history, err));
	close_bench(&t);
}

static void
too_many_logs(void **state)
{
	AUTO_MEMORY *m = NULL;
	struct bench t;
	struct signed_head head;
	prov_pubkey log;
	unsigned i;

	(void)state;
	open_bench(&t);
	log = *prov_key_public(t.g.log);
	ok(memory_open(&m, t.state, err));
	for (i = 0; i < 1024; i++) {
		snprintf(log.name, sizeof(log.name), "log/%u", i);
		refused(PROV_ENOTFOUND, "nothing is remembered of",
		    memory_recall(m, &head, &log, err));
	}
	snprintf(log.name, sizeof(log.name), "log/%u", i);
	refused(PROV_ELIMIT, "more than 1024 logs",
	    memory_recall(m, &head, &log, err));
	close_bench(&t);
}

/* Another process meets the history, of one size. */
static void
other_meets(struct bench *t, uint64_t size)
{
	AUTO_MEMORY *m = NULL;
	struct signed_head head;
	enum meeting how;

	branch_sign(&t->note[1], &head, &t->history, size, t->g.log);
	ok(memory_open(&m, t->state, err));
	ok(memory_meet(m, &how, prov_key_public(t->g.log), &head, branch_get,
	    &t->history, err));
}

/* A tree_get_fn, meanwhile another process has seen the log grow. */
static prov_status
get_meanwhile(void *arg, unsigned level, uint64_t index, uint8_t out[32],
    prov_err *err)
{
	struct bench *t = arg;

	if (t->seen < SIZE_MAX_ - 1)
		other_meets(t, ++t->seen);
	return (branch_get(&t->history, level, index, out, err));
}

static void
others_are_faster(void **state)
{
	struct bench t;

	(void)state;
	open_bench(&t);
	other_meets(&t, ++t.seen);
	refused(PROV_EBUSY, "kept changing", meets(&t, get_meanwhile, &t, err));
	assert_true(t.seen < SIZE_MAX_ - 1);
	ok(meets(&t, branch_get, &t.history, err));
	close_bench(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unreadable),
		cmocka_unit_test(no_lock),
		cmocka_unit_test(too_many_logs),
		cmocka_unit_test(others_are_faster),
	};

	/* Each meeting is synced. */
	logged_in_memory();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
