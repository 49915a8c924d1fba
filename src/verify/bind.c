/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/sealed.h"
#include "hash/digest.h"
#include "verify/task.h"

/* The length of a dotted code in front of a message and ": ", or 0. */
static size_t
code_len(const char *msg)
{
	size_t len = strspn(msg, "abcdefghijklmnopqrstuvwxyz.");

	if (len > CODE_MAX || msg[len] != ':' || msg[len + 1] != ' ' ||
	    memchr(msg, '.', len) == NULL)
		return (0);
	return (len);
}

/* Takes "demux.unsupported: format.encrypted: ..." apart: the inmost code. */
static void
code_of(struct finding *f, const char *msg, const char *otherwise)
{
	size_t len;

	(void)snprintf(f->code, sizeof(f->code), "%s", otherwise);
	while ((len = code_len(msg)) > 0) {
		(void)snprintf(f->code, sizeof(f->code), "%.*s", (int)len, msg);
		msg += len + 2;
	}
	(void)snprintf(f->detail, sizeof(f->detail), "%.150s", msg);
}

/* What was made of bytes is sealed. */
static prov_status
same_file(const struct task *t, prov_err *err)
{
	struct stat sb;

	if (t->fd == t->sealed)
		return (PROV_OK);
	if (fstat(t->fd, &sb) != 0 || !stat_same(&t->sb, &sb))
		return (prov_fail(err, PROV_EIO,
		    "the file changed while it was read"));
	return (PROV_OK);
}

/* The worker reads descriptors. */
static prov_status
open_bytes(struct task *t, prov_err *err)
{
	prov_status st;

	if (t->fd != -1)
		return (PROV_OK);
	if ((st = sealed_open(&t->sealed, t->bytes, err)) == PROV_OK)
		t->fd = t->sealed;
	return (st);
}

static prov_status
identify(struct task *t, prov_err *err)
{
	prov_verifier *v = t->v;
	prov_err why = { 0 };
	prov_status st;

	if ((st = open_bytes(t, err)) != PROV_OK)
		return (st);
	if (v->media == NULL)
		st = prov_media_new(&v->media, v->o.demux, &why);
	if (st == PROV_OK)
		st = prov_media_identify(v->media, t->fd, &t->id, &why);
	if (st == PROV_OK) {
		t->out->has_uncovered = t->id->uncovered >= 0;
		t->out->uncovered = t->id->uncovered;
	} else if (st == PROV_EUNSUPPORTED) {
		code_of(&t->no_id, why.msg,
		    reason_code(REASON_DEMUX_UNSUPPORTED));
	} else if (st == PROV_EFORMAT) {
		code_of(&t->no_id, why.msg,
		    reason_code(REASON_DEMUX_MALFORMED));
	} else if (st == PROV_ELIMIT) {
		code_of(&t->no_id, why.msg, "limit.size");
	} else {
		return (prov_fail(err, st, "%s", why.msg));
	}
	return (same_file(t, err));
}

static bool
is_exact(const struct task *t, const struct evidence *e)
{
	return ((t->bare || e->m.asset.size == t->out->digest.size) &&
		memcmp(e->st.sub_digest, t->out->digest.sha256, 32) == 0);
}

bool
task_bind_exact(struct task *t)
{
	bool any = false;

	for (size_t i = 0; i < t->d.n; i++) {
		if (!is_exact(t, t->d.at[i]))
			continue;
		t->d.at[i]->binding = PROV_BIND_EXACT;
		any |= evidence_holds(t->d.at[i]);
	}
	return (any);
}

/* Whether the file's streams could change anything. */
static bool
has_question(const struct task *t)
{
	if (t->v->ledger != NULL)
		return (true);
	for (size_t i = 0; i < t->d.n; i++) {
		if (t->d.at[i]->binding != PROV_BIND_EXACT)
			return (true);
	}
	return (false);
}

/* Whether pictures were signed one by one, in a stream that is not there. */
static bool
wants_frames(const struct task *t, const struct evidence *e)
{
	for (size_t i = 0; i < e->m.n_streams; i++) {
		bool there = false;

		if (e->tl[i] == NULL || e->tl[i]->frames == NULL)
			continue;
		for (size_t j = 0; j < t->id->n && !there; j++)
			there = memcmp(t->id->streams[j].root,
				    e->m.streams[i].root, 32) == 0;
		if (!there)
			return (true);
	}
	return (false);
}

/*
 * What to compare with e: the file is read again where its pictures have to be
 * told one by one. Where that fails, they are not, and segments decide.
 */
static prov_status
identity_for(struct task *t, const struct evidence *e,
    const prov_identity **out, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	*out = t->id;
	if (t->id == NULL || !wants_frames(t, e))
		return (PROV_OK);
	if (t->framed == NULL) {
		st = prov_media_identify_frames(t->v->media, t->fd, &t->framed,
		    &why);
		if (st != PROV_OK && st != PROV_ELIMIT &&
		    st != PROV_EUNSUPPORTED && st != PROV_EFORMAT)
			return (prov_fail(err, st, "%s", why.msg));
		if (st != PROV_OK)
			return (PROV_OK);
		if ((st = same_file(t, err)) != PROV_OK)
			return (st);
	}
	*out = t->framed;
	return (PROV_OK);
}

/* Compares the streams of each statement that was not compared yet. */
static prov_status
bind_each(struct task *t, size_t from, prov_err *err)
{
	const struct finding *no_id = t->bare ? NULL : &t->no_id;
	const prov_identity *id;
	prov_status st;

	for (size_t i = from; i < t->d.n; i++) {
		struct evidence *e = t->d.at[i];

		if (e->binding == PROV_BIND_EXACT)
			continue;
		if ((t->id != NULL && (st = evidence_timelines(e,
					   e->from_sidecar ? t->sidecar : NULL,
					   t->v->ledger, err)) != PROV_OK) ||
		    (st = identity_for(t, e, &id, err)) != PROV_OK ||
		    (st = evidence_streams(e, id, no_id, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

/* What is proven to be a whole, or a piece of one, need not be looked for. */
static bool
is_bound(const struct task *t)
{
	for (size_t i = 0; i < t->d.n; i++) {
		if (t->d.at[i]->binding != PROV_BIND_NONE &&
		    evidence_is_sound(t->d.at[i]))
			return (true);
	}
	return (false);
}

/* A look-up that finds the ledger bad leaves nothing to be bound by. */
static prov_status
look_up_by(struct task *t,
    prov_status (*look)(struct dossier *d, prov_ledger *l,
	const struct judge *j, const prov_identity *id, prov_err *err),
    prov_err *err)
{
	prov_err why = { 0 };

	if (t->id == NULL || t->v->ledger == NULL || t->out->ledger_bad)
		return (PROV_OK);
	return (task_looked_up(t,
	    look(&t->d, t->v->ledger, &t->judge, t->id, &why), &why, err));
}

prov_status
task_bind_streams(struct task *t, prov_err *err)
{
	prov_status st;
	size_t n;

	if (!has_question(t))
		return (PROV_OK);
	if (t->bare) {
		findings_skip(&t->out->why, "streams");
		return (bind_each(t, 0, err));
	}
	if ((st = identify(t, err)) != PROV_OK ||
	    (st = look_up_by(t, lookup_streams, err)) != PROV_OK)
		return (st);
	if (t->out->ledger_bad)
		return (PROV_OK);
	if ((st = bind_each(t, 0, err)) != PROV_OK || is_bound(t))
		return (st);
	n = t->d.n;
	st = look_up_by(t, lookup_segments, err);
	if (st != PROV_OK || t->out->ledger_bad)
		return (st);
	return (bind_each(t, n, err));
}
