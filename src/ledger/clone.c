/* SPDX-License-Identifier: ISC */
/* A copy of a log that somebody else serves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "hash/sha256.h"
#include "ledger/blob.h"
#include "ledger/copy.h"
#include "ledger/descent.h"
#include "ledger/flush.h"
#include "ledger/growth.h"
#include "ledger/index.h"
#include "ledger/layout.h"
#include "ledger/publish.h"
#include "ledger/reader.h"

/* Another clone to the same place. */
#define WAIT_MS 30000

/* Entries whose timelines are asked for, or that are indexed, at once. */
#define STEP 4096U

struct clone {
	struct source *source;
	const char *from;
	const prov_pubkey *key;
	const prov_clone_options *options;
	struct copy to;
	struct buf note; /* the source's checkpoint */
	struct checkpoint at;
	struct view view;
	prov_copied *out;
	struct buf want; /* 32 bytes for each timeline that lacks here */
	uint64_t bad;    /* timelines that are not what their names say */
	bool old_blobs;  /* of entries that had been indexed without them */
};

/* What shows that the log signed two histories: the other checkpoint. */
static prov_status
keep_evidence(const struct clone *c, const struct growth *g, prov_err *err)
{
	char dir[LEDGER_PATH_MAX], path[LEDGER_PATH_MAX], hex[65];
	prov_status st;

	hex_encode(hex, c->at.root, 32);
	st = layout_path(dir, err, c->to.dir, "forks/%llu-%.16s",
	    (unsigned long long)c->at.size, hex);
	if (st != PROV_OK ||
	    (st = layout_path(path, err, dir, LEDGER_CHECKPOINT)) != PROV_OK ||
	    (st = layout_make_parent(path, err)) != PROV_OK ||
	    (st = file_write(path, buf_span(&c->note), 0644, FILE_SYNC, err)) !=
		PROV_OK)
		return (st);
	return (g != NULL ? growth_write(g, dir, err) : PROV_OK);
}

static prov_status
fork_found(const struct clone *c, const struct growth *g, prov_err *err)
{
	prov_status st;

	if ((st = keep_evidence(c, g, err)) != PROV_OK)
		return (st);
	return (prov_fail(err, PROV_EUNTRUSTED,
	    "ledger.fork: %s signed two histories: %s at %llu entries, and the "
	    "clone at %llu; the other checkpoint is in %s/forks",
	    c->at.origin, c->from, (unsigned long long)c->at.size,
	    (unsigned long long)c->to.at.size, c->to.dir));
}

/* The source's checkpoint, signed by the log that is trusted. */
static prov_status
take_head(struct clone *c, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	st = source_get(c->source, LEDGER_CHECKPOINT, NOTE_MAX, &c->note, &why);
	if (st == PROV_ENOTFOUND)
		return (
		    prov_fail(err, PROV_EOPEN, "no log there: %s", why.msg));
	if (st == PROV_ELIMIT)
		return (prov_fail(err, PROV_EUNTRUSTED, "ledger.invalid: %s",
		    why.msg));
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	return (reader_verify(c->key, &c->at, buf_span(&c->note), err));
}

/* A smaller checkpoint than ours: of our history, or of another. */
static prov_status
is_older(struct clone *c, prov_err *err)
{
	uint8_t root[32];
	prov_status st;

	view_move(&c->view, &c->to.at);
	if (c->at.size != 0) {
		st = tree_range_root(root, 0, c->at.size, view_node, &c->view,
		    err);
		if (st != PROV_OK)
			return (st);
		if (memcmp(root, c->at.root, sizeof(root)) != 0)
			return (fork_found(c, NULL, err));
	}
	return (prov_fail(err, PROV_EBUSY,
	    "ledger.stale: %s is at %llu entries, the clone at %llu", c->from,
	    (unsigned long long)c->at.size, (unsigned long long)c->to.at.size));
}

/* Before anything is written: what is held is the beginning of it. */
static prov_status
check_growth(struct clone *c, struct growth *g, prov_err *err)
{
	const struct checkpoint *old = &c->to.at;
	uint8_t root[32];
	prov_status st;

	if (c->at.size < old->size)
		return (is_older(c, err));
	if (c->at.size == old->size && old->size != 0) {
		if (memcmp(c->at.root, old->root, sizeof(root)) != 0)
			return (fork_found(c, NULL, err));
		return (PROV_OK);
	}
	st = growth_fetch(g, c->source, &c->at, old->size, err);
	if (st != PROV_OK || old->size == 0)
		return (st);
	if ((st = growth_root(g, old->size, root, err)) != PROV_OK)
		return (st);
	if (memcmp(root, old->root, sizeof(root)) != 0)
		return (fork_found(c, g, err));
	return (PROV_OK);
}

/* Keeps in mind a timeline that is not here, or not whole. */
static prov_status
want_blob(void *arg, const uint8_t sha256[32], prov_err *err)
{
	struct clone *c = arg;
	AUTO_BUF b = { 0 };

	if (blob_read(&b, c->to.dir, sha256, NULL) == PROV_OK)
		return (PROV_OK);
	buf_put(&c->want, sha256, 32);
	return (buf_done(&c->want, err));
}

static prov_status
want_blobs(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	(void)i;
	return (copy_timelines(entry, want_blob, arg, err));
}

static prov_status
take_blob(struct clone *c, prov_err *err)
{
	struct source_file f;
	uint8_t got[32];
	prov_status st;

	if ((st = source_next(c->source, &f, err)) != PROV_OK)
		return (st);
	if (f.st == PROV_ENOTFOUND) {
		c->out->lacking++;
		return (PROV_OK);
	}
	if (f.st == PROV_ELIMIT) {
		c->bad++;
		return (PROV_OK);
	}
	if (f.st != PROV_OK)
		return (prov_fail(err, f.st, "%s", f.why.msg));
	st = sha256_of(got, buf_span(&f.body), err);
	if (st == PROV_OK &&
	    memcmp(got, c->want.p + (size_t)f.tag * 32, sizeof(got)) != 0) {
		c->bad++;
	} else if (st == PROV_OK) {
		st = blob_write(c->to.dir, buf_span(&f.body), 0, err);
		c->out->blobs++;
		c->out->bytes += f.body.len;
	}
	buf_free(&f.body);
	return (st);
}

static prov_status
fetch_wanted(struct clone *c, prov_err *err)
{
	uint32_t n = (uint32_t)(c->want.len / 32), i = 0;
	char hex[65], name[SOURCE_NAME_MAX];
	prov_status st;

	while (i < n || source_pending(c->source) != 0) {
		while (i < n && source_room(c->source) != 0) {
			hex_encode(hex, c->want.p + (size_t)i * 32, 32);
			(void)snprintf(name, sizeof(name), "blobs/%.2s/%s", hex,
			    hex);
			st = source_start(c->source, i++, name, TIMELINE_MAX,
			    err);
			if (st != PROV_OK)
				return (st);
		}
		if ((st = take_blob(c, err)) != PROV_OK)
			return (st);
	}
	c->want.len = 0;
	return (PROV_OK);
}

static prov_status
fetch_blobs(struct clone *c, prov_err *err)
{
	bool all = c->options->blobs == PROV_BLOBS_ALL;
	uint64_t i = all ? 0 : c->to.at.size;
	prov_status st;

	if (c->options->blobs == PROV_BLOBS_NONE)
		return (PROV_OK);
	while (i < c->at.size) {
		uint64_t end = c->at.size - i < STEP ? c->at.size : i + STEP;
		uint64_t before = c->out->blobs;

		st = view_scan(&c->view, i, end, want_blobs, c, err);
		if (st != PROV_OK || (st = fetch_wanted(c, err)) != PROV_OK)
			return (st);
		if (i < c->to.at.size && c->out->blobs != before)
			c->old_blobs = true;
		i = end;
	}
	return (PROV_OK);
}

/* An index_scan_fn. */
static prov_status
scan_view(void *arg, uint64_t from, uint64_t to, struct index *x, prov_err *err)
{
	return (view_scan(arg, from, to, index_tail, x, err));
}

static prov_status
index_step(struct clone *c, struct index *x, uint64_t end, prov_err *err)
{
	prov_status st;

	st = index_cover(x, c->to.dir, end, scan_view, &c->view, err);
	if (st != PROV_OK)
		return (st);
	return (index_flush(x, c->to.dir, err));
}

/* Its own, from the entries: a row left out would hide a takedown. */
static prov_status
build_index(struct clone *c, prov_err *err)
{
	struct index x = { 0 };
	char path[LEDGER_PATH_MAX];
	uint64_t end;
	prov_status st;

	st = layout_path(path, err, c->to.dir, LEDGER_RUNS);
	if (st != PROV_OK || (st = layout_make_parent(path, err)) != PROV_OK)
		return (st);
	/* Timelines that came later are found only by what is indexed anew. */
	if (c->old_blobs)
		(void)unlink(path);
	st = index_repair(&x, c->to.dir, c->to.at.size, c->at.size, err);
	while (st == PROV_OK && x.position < c->at.size) {
		end = x.position + STEP < c->at.size ? x.position + STEP
		                                     : c->at.size;
		st = index_step(c, &x, end, err);
	}
	index_clear(&x);
	return (st);
}

/* Whether nothing is to do but perhaps to take newer cosignatures. */
static prov_status
bring(struct clone *c, const struct growth *g, prov_err *err)
{
	struct descent d = { .source = c->source,
		.view = &c->view,
		.from = c->to.at.size,
		.progress = c->options->progress,
		.arg = c->options->arg };
	const struct publisher tidy = { .dir = c->to.dir,
		.first = c->to.at.size,
		.final = c->at.size };
	prov_status st;

	view_move(&c->view, &c->at);
	if ((st = growth_write(g, c->to.dir, err)) != PROV_OK)
		return (st);
	if (c->at.size != c->to.at.size &&
	    (st = descent_run(&d, err)) != PROV_OK)
		return (st);
	c->out->bytes += d.bytes;
	if ((st = fetch_blobs(c, err)) != PROV_OK ||
	    (st = build_index(c, err)) != PROV_OK ||
	    (st = copy_finish(&c->to, buf_span(&c->note), err)) != PROV_OK)
		return (st);
	publish_tidy(&tidy);
	return (PROV_OK);
}

static prov_status
clone_once(struct clone *c, prov_err *err)
{
	AUTO_GROWTH g = { 0 };
	prov_status st;

	c->out->lacking = c->bad = 0;
	c->want.len = 0;
	buf_free(&c->note);
	if ((st = take_head(c, err)) != PROV_OK ||
	    (st = check_growth(c, &g, err)) != PROV_OK)
		return (st);
	return (bring(c, &g, err));
}

/*
 * A file that is gone may be one that a log has no more, having grown: then
 * its checkpoint is another one now. Tried once more, and no oftener.
 */
static prov_status
clone_twice(struct clone *c, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	st = clone_once(c, &why);
	if (st == PROV_ENOTFOUND) {
		prov_err_clear(&why);
		st = clone_once(c, &why);
	}
	if (st == PROV_ENOTFOUND)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: what the checkpoint needs is not there: "
		    "%s",
		    why.msg));
	return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
}

static prov_status
clone_to(struct clone *c, const char *to, prov_err *err)
{
	prov_status st;

	if ((st = copy_open(&c->to, to, c->key, WAIT_MS, err)) != PROV_OK ||
	    (st = view_init(&c->view, c->to.dir, err)) != PROV_OK ||
	    (st = clone_twice(c, err)) != PROV_OK)
		return (st);
	c->out->from = c->to.at.size;
	c->out->size = c->at.size;
	memcpy(c->out->root, c->at.root, sizeof(c->out->root));
	if (c->bad != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: %llu timelines are not what their names "
		    "say; everything else was cloned",
		    (unsigned long long)c->bad));
	return (PROV_OK);
}

prov_status
prov_ledger_clone(const char *from, const char *to, const prov_pubkey *log,
    const prov_clone_options *options, prov_copied *out, prov_err *err)
{
	AUTO_SOURCE *s = NULL;
	struct clone c = { .from = from,
		.key = log,
		.options = options,
		.to = { .lock = -1 },
		.out = out };
	prov_status st;

	memset(out, 0, sizeof(*out));
	st = source_open(&s, from, options->net, options->timeout_ms, err);
	if (st != PROV_OK)
		return (st);
	c.source = s;
	st = clone_to(&c, to, err);
	view_clear(&c.view);
	copy_close(&c.to);
	buf_free(&c.note);
	buf_free(&c.want);
	return (st);
}
