/* SPDX-License-Identifier: ISC */
#include "ledger/check.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/judge.h"
#include "ledger/lanes.h"
#include "ledger/reader.h"
#include "ledger/rows.h"
#include "ledger/stray.h"

#define SLOTS (2 * LANES_MAX)

/* One pass over the entries. */
struct pass {
	const struct check *c;
	struct scan scan[LANES_MAX];
	struct scanned *slot;
	struct levels *levels;
	struct rows rows;
	struct buf turns; /* uint64_t: what changed who may write */
	prov_status blob; /* PROV_OK, or why a blob could not be read */
	prov_err blob_why;
};

static void
pass_clear(struct pass *p)
{
	for (unsigned i = 0; i < LANES_MAX; i++)
		scan_clear(&p->scan[i]);
	for (unsigned i = 0; p->slot != NULL && i < SLOTS; i++)
		scanned_clear(&p->slot[i]);
	free(p->slot);
	free(p->levels);
	rows_clear(&p->rows);
	buf_free(&p->turns);
}
#define AUTO_PASS __attribute__((cleanup(pass_clear))) struct pass

static prov_status
pass_init(struct pass *p, const struct check *c, prov_err *err)
{
	struct scan first = { .dir = c->dir,
		.size = c->at.size,
		.found = c->found };
	prov_status st;

	p->c = c;
	for (unsigned i = 0; i < LANES_MAX; i++)
		bundle_init(&p->scan[i].bundle);
	scan_blobs(&first);
	for (unsigned i = 0; i < LANES_MAX; i++)
		if ((st = scan_init(&p->scan[i], &first, err)) != PROV_OK)
			return (st);
	if ((p->slot = calloc(SLOTS, sizeof(*p->slot))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	if ((st = levels_new(&p->levels, c->dir, &c->at, c->found, c->truth,
		 err)) != PROV_OK)
		return (st);
	return (rows_open(&p->rows, c->dir, c->at.size, c->found, err));
}

static void
work(void *arg, unsigned lane, uint64_t i, size_t slot)
{
	struct pass *p = arg;

	scan_tile(&p->scan[lane], &p->slot[slot], i);
}

/* What is logged as it should be, and is no sound statement all the same. */
static void
report_odd(const struct check *c, const struct scanned *t)
{
	const struct odd *o = (const struct odd *)(const void *)t->odd.p;
	char path[TILE_PATH_MAX + 8] = "tlog/";

	tile_path(path + 5, TILE_ENTRIES, t->n, t->width);
	for (size_t i = 0; i < t->odd.len / sizeof(*o); i++)
		damage_add(c->found, FOUND_STATEMENT, path, o[i].entry,
		    "entry %llu: %s", (unsigned long long)o[i].entry, o[i].why);
}

static prov_status
take(void *arg, uint64_t i, size_t slot, prov_err *err)
{
	struct pass *p = arg;
	const struct check *c = p->c;
	const struct scanned *t = &p->slot[slot];
	bool hole = false;
	prov_status st;

	(void)i;
	if (t->st != PROV_OK)
		return (prov_fail(err, t->st, "%s", t->err.msg));
	if (p->blob == PROV_OK) {
		p->blob = t->blob;
		p->blob_why = t->blob_why;
	}
	buf_put_span(&p->turns, buf_span(&t->turns));
	if ((st = buf_done(&p->turns, err)) != PROV_OK ||
	    (st = levels_take(p->levels, t, &hole, err)) != PROV_OK ||
	    (st = rows_add(&p->rows, t, hole, err)) != PROV_OK)
		return (st);
	if (!hole)
		report_odd(c, t);
	if (c->how->progress != NULL)
		c->how->progress(c->how->arg, "entries",
		    t->n * TILE_WIDTH + t->width, c->at.size);
	return (PROV_OK);
}

static prov_status
check_entries(struct pass *p, unsigned threads, prov_err *err)
{
	struct lanes lanes = { .threads = threads,
		.n = (p->c->at.size + TILE_WIDTH - 1) / TILE_WIDTH,
		.slots = 2 * threads,
		.arg = p,
		.work = work,
		.take = take };
	prov_status st;

	if ((st = lanes_run(&lanes, err)) != PROV_OK)
		return (st);
	st = rows_finish(&p->rows, err);
	p->c->out->tiles = p->levels->tiles;
	p->c->out->runs = p->rows.compared;
	return (st);
}

static prov_status
check_strays(const struct check *c, prov_err *err)
{
	struct view v;
	prov_status st;

	if ((st = view_init(&v, c->dir, err)) != PROV_OK)
		return (st);
	view_move(&v, &c->at);
	st = stray_check(&v, c->found, err);
	view_clear(&v);
	return (st);
}

static prov_status
check_signatures(const struct pass *p, unsigned threads, prov_err *err)
{
	const struct check *c = p->c;
	struct judge j = { .dir = c->dir,
		.log = c->log,
		.size = c->at.size,
		.threads = threads,
		.turns = &p->turns,
		.found = c->found,
		.progress = c->how->progress,
		.arg = c->how->arg };

	return (judge_all(&j, &c->out->signatures, err));
}

prov_status
check_all(const struct check *c, prov_err *err)
{
	unsigned threads = lanes_threads(c->how->threads);
	AUTO_PASS p = { 0 };
	prov_status st;

	if ((st = pass_init(&p, c, err)) != PROV_OK ||
	    (st = check_entries(&p, threads, err)) != PROV_OK ||
	    (st = check_strays(c, err)) != PROV_OK ||
	    (st = stray_blobs(c->dir, threads, c->found, &c->out->blobs,
		 err)) != PROV_OK)
		return (st);
	/* It may be readable again, but its entries were not compared. */
	if (p.blob != PROV_OK && !damage_has_unread(c->found))
		damage_read(c->found, FOUND_BLOB, "blobs", p.blob,
		    p.blob_why.msg);
	/* Without all entries it would not be known who may write. */
	if (!c->how->signatures || damage_has_unread(c->found))
		return (PROV_OK);
	return (check_signatures(&p, threads, err));
}

prov_status
check_conclude(const struct check *c, prov_err *err)
{
	prov_inspected *out = c->out;

	out->differences = c->found->total;
	out->unreadable = c->found->unread;
	out->sound = damage_is_sound(c->found, out->store);
	damage_tell(c->found, out->store, c->found->truth == 0,
	    c->how->difference, c->how->arg);
	return (damage_status(c->found, err));
}

struct check_op {
	prov_progress_fn progress;
	void *arg;
};

static void
progress(void *arg, const char *phase, uint64_t done, uint64_t total)
{
	const struct check_op *op = arg;

	(void)phase;
	op->progress(op->arg, done, total);
}

/* A reader's own checkpoint, which may be older than the published one. */
static prov_status
check_reader(prov_ledger *l, const prov_inspection *how, prov_inspected *out,
    prov_err *err)
{
	struct damage found;
	struct check c = { .dir = l->dir,
		.log = &l->key,
		.at = l->view.at,
		.how = how,
		.found = &found,
		.out = out };
	prov_status st;

	if ((st = damage_init(&found, err)) != PROV_OK)
		return (st);
	out->size = c.at.size;
	if ((st = check_all(&c, err)) == PROV_OK)
		st = check_conclude(&c, err);
	damage_clear(&found);
	return (st);
}

prov_status
prov_ledger_check(prov_ledger *l, prov_progress_fn fn, void *arg,
    uint64_t *entries, prov_err *err)
{
	struct check_op op = { .progress = fn, .arg = arg };
	prov_inspection how = { .arg = &op,
		.progress = fn != NULL ? progress : NULL };
	prov_inspected out = { 0 };
	prov_status st;

	if ((st = reader_ready(l, err)) != PROV_OK)
		return (st);
	st = l->writer_check != NULL ? l->writer_check(l, &how, &out, err)
	                             : check_reader(l, &how, &out, err);
	if (st == PROV_OK && entries != NULL)
		*entries = out.size;
	return (st);
}
