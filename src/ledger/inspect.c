/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "ledger/check.h"
#include "ledger/repair.h"
#include "ledger/stock.h"
#include "ledger/writer.h"

/* One inspection: what is read, and what is found. */
struct inspection {
	struct check check;
	struct damage found;
	struct stock stock;
	struct truth truth;
	struct buf public;
};

static void
inspection_free(struct inspection **i)
{
	if (*i == NULL)
		return;
	stock_clear(&(*i)->stock);
	damage_clear(&(*i)->found);
	buf_free(&(*i)->public);
	free(*i);
}
#define AUTO_INSPECTION \
	__attribute__((cleanup(inspection_free))) struct inspection

/* Two checkpoints of one log, of which the public one may lag behind. */
static prov_status
compare_heads(struct inspection *i, const struct checkpoint *public,
    prov_err *err)
{
	const struct checkpoint *own = &i->stock.at;

	i->check.at = *public;
	if (!i->stock.loaded)
		return (PROV_OK);
	if (public->size > own->size) {
		damage_add(&i->found, FOUND_STORE, LEDGER_DB, NO_ENTRY,
		    "has %llu entries where %llu were published: it is an old "
		    "copy",
		    (unsigned long long)own->size,
		    (unsigned long long)public->size);
		return (PROV_OK);
	}
	i->check.out->unpublished = own->size - public->size;
	return (stock_expect(&i->stock, public, err));
}

/* Which checkpoint to check at; none is left where size is 0 then. */
static prov_status
choose_head(struct inspection *i, prov_err *err)
{
	struct checkpoint public;
	prov_err why = { 0 };
	prov_status st;

	if (i->public.len == 0 && !i->stock.there)
		return (prov_fail(err, PROV_ENOTFOUND,
		    "no ledger in %s; prov init makes one", i->check.dir));
	st = checkpoint_verify(&public, buf_span(&i->public), i->check.log,
	    &why);
	if (st == PROV_OK)
		return (compare_heads(i, &public, err));
	if (st == PROV_ENOMEM)
		return (prov_fail(err, st, "%s", why.msg));
	damage_add(&i->found, FOUND_CHECKPOINT, LEDGER_CHECKPOINT, NO_ENTRY,
	    "%s", i->public.len == 0 ? "cannot be read" : why.msg);
	if (i->stock.loaded)
		i->check.at = i->stock.at;
	return (PROV_OK);
}

static prov_status
run(struct inspection *i, prov_err *err)
{
	prov_status st, first = PROV_OK;

	if (i->stock.loaded && (st = stock_start(&i->stock, err)) != PROV_OK)
		return (st);
	if (i->check.at.size != 0)
		first = check_all(&i->check, err);
	st = i->stock.loaded ? stock_finish(&i->stock, err) : PROV_OK;
	return (first != PROV_OK ? first : st);
}

static prov_status
inspect(struct inspection *i, const char *dir, const prov_pubkey *log,
    const prov_inspection *how, prov_inspected *out, prov_err *err)
{
	prov_status st;

	if ((st = damage_init(&i->found, err)) != PROV_OK)
		return (st);
	i->check = (struct check){ .dir = dir,
		.log = log,
		.how = how,
		.found = &i->found,
		.out = out };
	if ((st = stock_open(&i->stock, dir, log, &i->found, &i->public,
		 err)) != PROV_OK ||
	    (st = choose_head(i, err)) != PROV_OK)
		return (st);
	if (i->stock.loaded) {
		i->truth =
		    (struct truth){ &i->stock, stock_root, stock_leaves };
		i->check.truth = &i->truth;
		out->checkpoints = i->stock.kept.len / sizeof(struct kept);
	}
	if ((st = run(i, err)) != PROV_OK)
		return (st);
	out->store = i->stock.there;
	out->size = i->check.at.size;
	memcpy(out->root, i->check.at.root, 32);
	return (check_conclude(&i->check, err));
}

prov_status
prov_ledger_inspect(const char *dir, const prov_pubkey *log,
    const prov_inspection *how, prov_inspected *out, prov_err *err)
{
	static const prov_inspection plain;
	AUTO_FREE char *path = NULL; /* outlives what is below */
	AUTO_INSPECTION *i = calloc(1, sizeof(*i));
	prov_inspected sink = { 0 };

	if (i == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	if (out == NULL)
		out = &sink;
	memset(out, 0, sizeof(*out));
	/* SQLite follows no links, and no name of ours may look like a URI. */
	if ((path = realpath(dir, NULL)) == NULL)
		return (prov_fail_errno(err, PROV_ENOTFOUND,
		    "no ledger at %s; prov init makes one", dir));
	return (inspect(i, path, log, how != NULL ? how : &plain, out, err));
}

/* What repairing left as it was is told; what it put right was told before. */
static prov_status
inspect_again(const char *dir, const prov_pubkey *log,
    const prov_inspection *how, prov_inspected *out, prov_err *err)
{
	uint64_t before = out->differences;
	prov_status st;

	st = prov_ledger_inspect(dir, log, how, out, err);
	if (st == PROV_OK)
		out->differences = before;
	return (st);
}

prov_status
prov_ledger_repair(const char *dir, const prov_pubkey *log,
    const prov_inspection *how, prov_inspected *out, prov_err *err)
{
	prov_inspected sink = { 0 };
	prov_err why = { 0 };
	prov_status st;

	if (out == NULL)
		out = &sink;
	st = prov_ledger_inspect(dir, log, how, out, &why);
	if (st == PROV_OK && out->unpublished == 0)
		return (PROV_OK);
	/* What is derived is made anew where it cannot be read, too. */
	if (st != PROV_OK && st != PROV_EUNTRUSTED && out->unreadable == 0)
		return (prov_fail(err, st, "%s", why.msg));
	if (!out->sound)
		return (prov_fail(err, st,
		    "%s; nothing was written, for there is nothing sound to "
		    "make it from: %s",
		    why.msg,
		    out->store ? "recover the ledger from a copy"
			       : "copy the ledger anew"));
	if ((st = repair_derived(dir, log, how, err)) != PROV_OK)
		return (st);
	return (inspect_again(dir, log, how, out, err));
}
