/* SPDX-License-Identifier: ISC */
/* What publishing and cloning rest on: growth at every kind of size, damage of
 * every tile, and that what was published is not forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/growth.h"
#include "ledger/publish.h"
#include "ledger/store.h"
#include "ledger/syncer.h"
#include "logged.h"
#include "prov/check.h"
#include "refused.h"
#include "remote/wire.h"

/* Around the edges of tiles of three levels. */
static const uint64_t sizes[] = { 1, 2, 3, 255, 256, 257, 300, 511, 512, 513,
	4096, 65535, 65536, 65537, 65792, 65793, 66100 };
#define SIZES_N (sizeof(sizes) / sizeof(sizes[0]))

struct grown_tree {
	char dir[64];
	uint8_t root[SIZES_N][32];
};

/* A tree of small entries as a log would have published it at each size. */
static void
grow(struct grown_tree *t)
{
	struct edge *e = calloc(1, sizeof(*e));
	AUTO_BUF bundle = { 0 };
	struct publisher p = { .dir = t->dir, .edge = e, .bundle = &bundle };
	size_t k = 0;

	assert_non_null(e);
	snprintf(t->dir, sizeof(t->dir), "/tmp/prov-clone.XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	for (uint64_t i = 0; k < SIZES_N; i++) {
		uint8_t entry[8], leaf[32];

		put_be64(entry, i);
		ok(tree_leaf(leaf, span(entry, 8), err));
		ok(publish_entry(&p, span(entry, 8), leaf, err));
		if (i + 1 != sizes[k])
			continue;
		p.final = sizes[k];
		ok(publish_partials(&p, err));
		ok(edge_root(e, t->root[k++], err));
	}
	free(e);
}

static void
drop(const struct grown_tree *t)
{
	(void)nftw(t->dir, logged_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static void
at(struct checkpoint *c, const struct grown_tree *t, size_t k)
{
	memset(c, 0, sizeof(*c));
	c->size = sizes[k];
	memcpy(c->root, t->root[k], 32);
}

static void
every_pair_of_sizes(void **state)
{
	struct grown_tree t;
	AUTO_SOURCE *s = NULL;

	(void)state;
	grow(&t);
	ok(source_open(&s, t.dir, NULL, 0, err));
	for (size_t new = 0; new < SIZES_N; new ++)
		for (size_t old = 0; old <= new; old++) {
			AUTO_GROWTH g = { 0 };
			struct checkpoint c;
			uint8_t root[32];

			at(&c, &t, new);
			ok(growth_fetch(&g, s, &c, sizes[old], err));
			ok(growth_root(&g, sizes[old], root, err));
			assert_memory_equal(root, t.root[old], 32);
			/* Another tree of that size is told. */
			c.root[0] ^= 1;
			growth_clear(&g);
			assert_int_equal(growth_fetch(&g, s, &c, sizes[old],
					     NULL),
			    PROV_EUNTRUSTED);
		}
	drop(&t);
}

/* One bit of any tile that is needed, and it is not believed. */
static void
every_tile_of_a_growth(void **state)
{
	static const char *const names[] = { "tile/0/001", "tile/0/258.p/52",
		"tile/1/000", "tile/1/001.p/2", "tile/2/000.p/1" };
	const uint64_t old = 300;
	struct grown_tree t;
	AUTO_SOURCE *s = NULL;
	struct checkpoint c;

	(void)state;
	grow(&t);
	at(&c, &t, SIZES_N - 1);
	ok(source_open(&s, t.dir, NULL, 0, err));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO_BUF b = { 0 };
		AUTO_GROWTH g = { 0 };
		char path[256];

		snprintf(path, sizeof(path), "%s/tlog/%s", t.dir, names[i]);
		ok(file_read(&b, path, 8192, err));
		b.p[b.len - 1] ^= 0x80;
		ok(file_write(path, buf_span(&b), 0644, 0, err));
		assert_int_equal(growth_fetch(&g, s, &c, old, NULL),
		    PROV_EUNTRUSTED);
		b.p[b.len - 1] ^= 0x80;
		ok(file_write(path, buf_span(&b), 0644, 0, err));
		/* And one that is not there is not there. */
		assert_int_equal(remove(path), 0);
		growth_clear(&g);
		assert_int_equal(growth_fetch(&g, s, &c, old, NULL),
		    PROV_ENOTFOUND);
		ok(file_write(path, buf_span(&b), 0644, 0, err));
	}
	drop(&t);
}

static prov_status
count_target(void *arg, const struct store_target *t, prov_err *err)
{
	struct store_target *sum = arg;

	(void)err;
	sum->size += t->size;
	sum->root[0]++;
	return (PROV_OK);
}

static void
targets_of_a_store(void **state)
{
	struct store_target t = { .name = "/a", .size = 3 }, sum = { 0 };
	const struct ledger_ops *ops = ledger_backends[0];
	struct store *s = NULL;
	struct logged g;
	bool fatal;

	(void)state;
	assert_true(logged_open(&g));
	ok(ops->open(&s, g.path, false, err));
	ok(ops->targets(s, count_target, &sum, err));
	assert_int_equal(sum.root[0], 0);
	ok(ops->target_put(s, &t, &fatal, err));
	t.name = "/b";
	ok(ops->target_put(s, &t, &fatal, err));
	t.size = 4;
	ok(ops->target_put(s, &t, &fatal, err));
	ops->close(s);
	ok(ops->open(&s, g.path, false, err));
	ok(ops->targets(s, count_target, &sum, err));
	assert_int_equal(sum.root[0], 2);
	assert_int_equal(sum.size, 7);
	ok(ops->target_drop(s, "/a", &fatal, err));
	assert_int_equal(ops->target_drop(s, "/a", &fatal, NULL),
	    PROV_ENOTFOUND);
	memset(&sum, 0, sizeof(sum));
	ok(ops->targets(s, count_target, &sum, err));
	assert_int_equal(sum.root[0], 1);
	ops->close(s);
	logged_close(&g);
}

static prov_status
append(const struct logged *g, uint64_t from, uint64_t to, prov_err *err)
{
	AUTO(prov_ledger) *l = NULL;
	prov_status st;

	st = prov_ledger_open_writer(&l, g->path, g->log, err);
	if (st != PROV_OK)
		return (st);
	return (logged_append(l, g->owner, from, to, 10, err));
}

static prov_status
publish(const struct logged *g, const char *dir, prov_err *err)
{
	AUTO(prov_ledger) *l = NULL;
	prov_copied copied;
	prov_status st;

	st = prov_ledger_open(&l, g->path, prov_key_public(g->log), err);
	if (st != PROV_OK)
		return (st);
	return (prov_ledger_publish(l, dir, 0, NULL, NULL, &copied, err));
}

static void
copy_tree(const char *from, const char *to)
{
	char command[512];

	snprintf(command, sizeof(command), "rm -rf %s; cp -R %s %s", to, from,
	    to);
	/* The test's own directories: nothing in them is quoted. */
	assert_int_equal(system(command), 0);
}

/* An old copy of a ledger signs nothing, whatever is left of the target. */
static void
an_old_copy(void **state)
{
	char target[128], backup[128], head[192];
	AUTO(prov_ledger) *l = NULL;
	struct logged g;
	prov_err why = { 0 };

	(void)state;
	assert_true(logged_open(&g));
	snprintf(target, sizeof(target), "%s/target", g.dir);
	snprintf(backup, sizeof(backup), "%s/backup", g.dir);
	snprintf(head, sizeof(head), "%s/tlog/checkpoint", target);
	ok(append(&g, 0, 20, err));
	ok(publish(&g, target, err));
	copy_tree(g.path, backup);
	ok(append(&g, 20, 300, err));
	ok(publish(&g, target, err));
	/* What was published is the newest: more may be appended. */
	ok(append(&g, 300, 310, err));
	copy_tree(backup, g.path);
	assert_int_equal(append(&g, 500, 501, &why), PROV_EUNTRUSTED);
	assert_non_null(strstr(why.msg, "old copy"));
	assert_int_equal(publish(&g, target, NULL), PROV_EUNTRUSTED);
	/* Without the target only what the copy itself says is known. */
	assert_int_equal(remove(head), 0);
	ok(append(&g, 500, 501, err));
	ok(prov_ledger_open(&l, g.path, prov_key_public(g.log), err));
	ok(prov_ledger_forget(l, target, err));
	assert_int_equal(prov_ledger_forget(l, target, NULL), PROV_ENOTFOUND);
	logged_close(&g);
}

/* Never over another history, though it is shorter and signed as well. */
static void
another_history(void **state)
{
	struct logged g, other;
	char target[128];

	(void)state;
	assert_true(logged_open(&g));
	other = g;
	snprintf(target, sizeof(target), "%s/target", g.dir);
	snprintf(other.path, sizeof(other.path), "%s/other", g.dir);
	ok(prov_ledger_create(other.path, g.log, g.owner, NULL, err));
	ok(append(&g, 0, 20, err));
	ok(append(&other, 100, 130, err));
	ok(publish(&g, target, err));
	refused(PROV_EUNTRUSTED, "target has another history of 21 entries",
	    publish(&other, target, err));
	logged_close(&g);
}

/*
 * Copying goes on from the tree, not from tiles of the size that the target
 * has: where they were made anew those are gone, and nobody compares them.
 */
static void
without_old_tiles(void **state)
{
	static const char name[] = "tlog/tile/1/000.p/1";
	uint8_t zeros[32] = { 0 };
	char target[128];
	struct logged g;

	(void)state;
	assert_true(logged_open(&g));
	snprintf(target, sizeof(target), "%s/target", g.dir);
	ok(append(&g, 0, 300, err));
	ok(publish(&g, target, err));
	ok(append(&g, 300, 600, err));
	assert_int_equal(0, remove(logged_path(&g, name)));
	ok(publish(&g, target, err));
	ok(prov_ledger_inspect(target, prov_key_public(g.log), NULL, NULL,
	    err));
	ok(append(&g, 600, 700, err));
	assert_true(logged_write(&g, name, span(zeros, 32)));
	ok(publish(&g, target, err));
	ok(prov_ledger_inspect(target, prov_key_public(g.log), NULL, NULL,
	    err));
	logged_close(&g);
}

static prov_status
fetch(const char *from, const char *net, const char *name, prov_err *err)
{
	AUTO_SOURCE *s = NULL;
	AUTO_BUF body = { 0 };
	prov_status st;

	if ((st = source_open(&s, from, net, 1000, err)) != PROV_OK)
		return (st);
	return (source_get(s, name, WIRE_HEAD, &body, err));
}

/* A program in prov-net's place, that answers what was not asked. */
static void
write_liar(const struct logged *g)
{
	const struct wire w = { .kind = WIRE_ANSWER, .id = 3, .code = 200 };
	AUTO_BUF frame = { 0 };
	char text[512];

	wire_put(&frame, &w);
	ok(file_write(logged_path(g, "answer"), buf_span(&frame), 0644, 0,
	    err));
	snprintf(text, sizeof(text),
	    "#!/bin/sh\ncat %s/answer >&3\nexec cat >/dev/null <&3\n", g->path);
	ok(file_write(logged_path(g, "liar"), span(text, strlen(text)), 0755, 0,
	    err));
}

static void
sources(void **state)
{
	char name[SOURCE_NAME_MAX + 1], liar[512];
	AUTO_SOURCE *s = NULL;
	struct source_file f;
	struct logged g;

	(void)state;
	assert_true(logged_dir(&g));
	assert_int_equal(0, mkdir(g.path, 0755));
	write_liar(&g);
	snprintf(liar, sizeof(liar), "%s", logged_path(&g, "liar"));
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ok(source_open(&s, g.path, NULL, 0, err));
	refused(PROV_EINTERNAL, "no file is due", source_next(s, &f, err));
	refused(PROV_EINTERNAL, "a name of", source_start(s, 0, name, 1, err));
	source_close(TAKE(s));
	ok(source_open(&s, g.path, NULL, 0, err));
	ok(source_start(s, 0, "answer", 100, err));
	refused(PROV_EINTERNAL, "too many files",
	    source_start(s, 1, "answer", 100, err));
	ok(source_next(s, &f, err));
	ok(f.st);
	assert_int_equal(WIRE_HEAD, f.body.len);
	buf_free(&f.body);
	refused(PROV_ENOTFOUND, "missing", fetch(g.path, NULL, "missing", err));
	refused(PROV_ELIMIT, "/liar", fetch(g.path, NULL, "liar", err));
	/* To no host of a network, and so no request leaves this machine. */
	refused(PROV_EUNTRUSTED,
	    "http://[/x: ", fetch("http://[/", getenv("PROV_NET"), "x", err));
	refused(PROV_EIO, "answer makes no sense",
	    fetch("http://127.0.0.1:1", liar, "x", err));
	logged_close(&g);
}

static void
syncers(void **state)
{
	struct syncer *s = NULL;

	(void)state;
	refused(PROV_EWRITE, "no/such", syncer_new(&s, "no/such", err));
	assert_null(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_of_sizes),
		cmocka_unit_test(every_tile_of_a_growth),
		cmocka_unit_test(targets_of_a_store),
		cmocka_unit_test(an_old_copy),
		cmocka_unit_test(another_history),
		cmocka_unit_test(without_old_tiles),
		cmocka_unit_test(sources),
		cmocka_unit_test(syncers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
