/* SPDX-License-Identifier: ISC */
#include "verify/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOLDS = 0, NO = 1, TROUBLE = 2, RETRY = 75 }; /* exit statuses */

const char *
binding_name(prov_binding b)
{
	static const char *const names[] = {
		[PROV_BIND_NONE] = "none",
		[PROV_BIND_CLIP] = "clip",
		[PROV_BIND_STREAMS] = "streams",
		[PROV_BIND_EXACT] = "exact",
	};

	return (names[b]);
}

const char *
sig_state_name(prov_sig_state s)
{
	static const char *const names[] = {
		[PROV_SIG_ABSENT] = "absent",
		[PROV_SIG_INVALID] = "invalid",
		[PROV_SIG_UNKNOWN] = "unknown",
		[PROV_SIG_EXPIRED] = "expired",
		[PROV_SIG_REVOKED] = "revoked",
		[PROV_SIG_VALID] = "valid",
	};

	return (names[s]);
}

const char *
ledger_state_name(prov_ledger_state s)
{
	static const char *const names[] = {
		[PROV_LEDGER_UNCHECKED] = "unchecked",
		[PROV_LEDGER_ABSENT] = "absent",
		[PROV_LEDGER_INVALID] = "invalid",
		[PROV_LEDGER_STALE] = "stale",
		[PROV_LEDGER_FORK] = "fork",
		[PROV_LEDGER_INCLUDED] = "included",
	};

	return (names[s]);
}

const char *
receipt_state_name(enum receipt_state s)
{
	static const char *const names[] = {
		[RECEIPT_NONE] = NULL,
		[RECEIPT_OPEN] = "unchecked",
		[RECEIPT_BAD] = "invalid",
		[RECEIPT_GOOD] = "valid",
	};

	return (names[s]);
}

prov_status
verdict_new(prov_verdict **out, const char *path, prov_err *err)
{
	AUTO(prov_verdict) *v = calloc(1, sizeof(*v));

	if (v == NULL || (v->path = strdup(path)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "verdict"));
	v->status = TROUBLE;
	v->word = "ERROR";
	*out = TAKE(v);
	return (PROV_OK);
}

void
prov_verdict_free(prov_verdict *verdict)
{
	if (verdict == NULL)
		return;
	free(verdict->path);
	free(verdict->streams);
	free(verdict);
}

static prov_status
make_streams(prov_verdict *v, size_t n, prov_err *err)
{
	free(v->streams);
	v->n_streams = 0;
	if ((v->streams = calloc(n + 1, sizeof(*v->streams))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%zu streams", n));
	return (PROV_OK);
}

static struct verdict_stream *
add_stream(prov_verdict *v, const struct stream *s, enum pair_state state)
{
	struct verdict_stream *x = &v->streams[v->n_streams++];

	x->index = s->index;
	x->kind = s->kind;
	memcpy(x->codec, s->codec, sizeof(x->codec));
	memcpy(x->root, s->root, sizeof(x->root));
	x->state = state;
	x->segments = s->segments;
	x->to = s->duration_ns;
	return (x);
}

static void
put_side(struct verdict_side *side, const struct stream *s,
    const struct timeline *tl)
{
	const struct shown shown = { "", s, tl };

	side->there = true;
	shown_span(&shown, &side->from, &side->to);
	memcpy(side->root, s->root, sizeof(side->root));
	side->present = s->present;
}

prov_status
verdict_exact(prov_verdict *v, const struct manifest *m, prov_err *err)
{
	prov_status st;

	if ((st = make_streams(v, m->n_streams, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < m->n_streams; i++) {
		const struct stream *s = &m->streams[i];
		struct verdict_stream *x = add_stream(v, s, PAIR_MATCH);

		put_side(&x->was, s, NULL);
		x->is = x->was;
		x->kept[0] = (struct kept){ x->was.from, x->was.to, x->is.from,
			x->is.to };
		x->n_kept = 1;
	}
	return (PROV_OK);
}

/* Where the interval moved with the times, the reason names those alone. */
static bool
is_interval(unsigned f)
{
	return (f == PROV_SHOWN_FROM || f == PROV_SHOWN_TO);
}

static bool
times_differ(const struct findings *why)
{
	for (enum reason r = REASON_TIMING_RATE; r <= REASON_TIMING_GAP; r++) {
		if (findings_has(why, r))
			return (true);
	}
	return (false);
}

/* What became of each field that one side states and the other does not. */
static void
put_fields(struct verdict_stream *x, const struct findings *why)
{
	char what[CODE_MAX + 1];

	for (unsigned f = 0; f < PROV_FIELD_MAX; f++) {
		(void)snprintf(what, sizeof(what), "presentation.%s",
		    prov_field_name((prov_field)f));
		if (findings_skipped(why, what))
			x->fields[f] = FIELD_UNCHECKED;
		else if (findings_has(why, present_reason((prov_field)f)) ||
			 (is_interval(f) && times_differ(why)))
			x->fields[f] = FIELD_DIFFERS;
	}
}

/* The sides of a pair, and how they compare. */
static void
put_sides(struct verdict_stream *x, const struct pair *p)
{
	if (p->was != NULL)
		put_side(&x->was, p->was, p->tl);
	if (p->is != NULL)
		put_side(&x->is, p->is, p->is->tl);
	if (p->c == NULL)
		return;
	for (size_t i = 0; i < p->c->n_ranges; i++) {
		if (p->c->ranges[i].what != REASON_ESSENCE_ADDED)
			x->was.ranges[x->was.n_ranges++] = p->c->ranges[i];
	}
	x->is.n_ranges = p->c->n_here;
	memcpy(x->is.ranges, p->c->here, sizeof(x->is.ranges));
	x->n_kept = p->c->n_kept;
	memcpy(x->kept, p->c->kept, sizeof(x->kept));
	put_fields(x, &p->c->why);
}

/* A stream that is there has the candidate's number and root. */
static void
add_pair(prov_verdict *v, const struct pair *p)
{
	struct verdict_stream *x;

	x = add_stream(v, p->was != NULL ? p->was : p->is, p->state);
	if (p->is != NULL) {
		x->index = p->is->index;
		memcpy(x->root, p->is->root, sizeof(x->root));
	}
	if (p->tl != NULL && !p->tl->untimed && p->tl->n_runs > 0) {
		x->from = p->tl->runs[0].start;
		x->to += x->from;
	}
	put_sides(x, p);
	if (p->c == NULL)
		return;
	x->n_ranges = p->c->n_ranges;
	memcpy(x->ranges, p->c->ranges, sizeof(x->ranges));
}

/* A clip has no ranges: what it has is as signed, what it lacks is no loss. */
static void
put_clip(struct verdict_stream *x, const struct held *h)
{
	x->held = *h;
	x->n_ranges = x->was.n_ranges = x->is.n_ranges = 0;
	x->kept[0] = (struct kept){ h->source.from, h->source.to,
		h->proven.from, h->proven.to };
	x->n_kept = 1;
}

prov_status
verdict_pairing(prov_verdict *v, const struct pairing *p,
    const struct clip *clip, prov_err *err)
{
	prov_status st;

	if ((st = make_streams(v, p->n, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < p->n; i++)
		add_pair(v, &p->at[i]);
	for (size_t i = 0; clip != NULL && i < p->n; i++)
		put_clip(&v->streams[i], &clip->at[i]);
	return (PROV_OK);
}

static void
settle(prov_verdict *v, const char *word, int status)
{
	v->word = word;
	v->status = status;
}

/* What is wrong with the ledger, whatever else holds. */
static bool
settle_ledger(prov_verdict *v)
{
	switch (v->ledger) {
	case PROV_LEDGER_INVALID:
		settle(v, "INVALID", NO);
		return (true);
	case PROV_LEDGER_FORK:
		settle(v, "FORK", NO);
		return (true);
	case PROV_LEDGER_STALE:
		settle(v, "STALE", RETRY);
		return (true);
	case PROV_LEDGER_UNCHECKED:
	case PROV_LEDGER_ABSENT:
	case PROV_LEDGER_INCLUDED:
		break;
	}
	if (v->ledger_bad)
		settle(v, "INVALID", NO);
	return (v->ledger_bad);
}

static bool
settle_signature(prov_verdict *v)
{
	switch (v->signature) {
	case PROV_SIG_VALID:
		return (false);
	case PROV_SIG_ABSENT:
		settle(v, "UNSIGNED", NO);
		break;
	case PROV_SIG_UNKNOWN:
		settle(v, "UNTRUSTED", NO);
		break;
	case PROV_SIG_EXPIRED:
		settle(v, "EXPIRED", NO);
		break;
	case PROV_SIG_REVOKED:
		settle(v, "REVOKED", NO);
		break;
	case PROV_SIG_INVALID:
	default:
		settle(v, "INVALID", NO);
		break;
	}
	return (true);
}

static bool
settle_trouble(prov_verdict *v)
{
	if (v->trouble == PROV_OK)
		return (false);
	if (v->trouble == PROV_EIO || v->trouble == PROV_EBUSY)
		settle(v, "RETRY", RETRY);
	else
		settle(v, "ERROR", TROUBLE);
	return (true);
}

/* All else holds: what that makes of each binding. */
static void
settle_binding(prov_verdict *v)
{
	switch (v->binding) {
	case PROV_BIND_EXACT:
		settle(v, "VERIFIED exact", HOLDS);
		v->holds = true;
		return;
	case PROV_BIND_STREAMS:
		settle(v, "VERIFIED streams", HOLDS);
		v->holds = true;
		return;
	case PROV_BIND_CLIP:
		settle(v, "CLIP", v->accept_clip ? HOLDS : NO);
		v->holds = v->accept_clip;
		return;
	case PROV_BIND_NONE:
		break;
	}
	settle(v, "ALTERED", NO);
}

void
verdict_settle(prov_verdict *v)
{
	v->holds = false;
	if (settle_trouble(v))
		return;
	if (v->sidecar_bad) {
		settle(v, "INVALID", NO);
		return;
	}
	if (settle_ledger(v) || settle_signature(v))
		return;
	if (v->binding == PROV_BIND_NONE) {
		settle(v, "ALTERED", NO);
		return;
	}
	if (v->ledger != PROV_LEDGER_INCLUDED || v->superseded ||
	    !v->has_statement || !v->has_digest) {
		settle(v, "UNTRUSTED", NO);
		return;
	}
	if (v->require_revocation && !v->revocation_checked) {
		settle(v, "UNTRUSTED", NO);
		return;
	}
	settle_binding(v);
}

prov_status
verdict_result(const prov_verdict *v, prov_err *err)
{
	const struct finding *f = &v->why.at[0];

	if (v->holds && v->status == HOLDS)
		return (PROV_OK);
	if (v->trouble != PROV_OK)
		return (prov_fail(err, v->trouble, "%s", v->error));
	return (prov_fail(err,
	    v->status == RETRY ? PROV_EBUSY : PROV_EUNTRUSTED, "%s%s%s%s%s",
	    v->word, v->why.n > 0 ? ": " : "", v->why.n > 0 ? f->code : "",
	    v->why.n > 0 && f->detail[0] != '\0' ? ": " : "",
	    v->why.n > 0 ? f->detail : ""));
}

int
prov_verdict_status(const prov_verdict *verdict)
{
	return (verdict->status);
}

prov_binding
prov_verdict_binding(const prov_verdict *verdict)
{
	return (verdict->binding);
}

prov_sig_state
prov_verdict_signature(const prov_verdict *verdict)
{
	return (verdict->signature);
}

prov_ledger_state
prov_verdict_ledger(const prov_verdict *verdict)
{
	return (verdict->ledger);
}

const char *
prov_verdict_word(const prov_verdict *verdict)
{
	return (verdict->word);
}

const char *
prov_verdict_reason(const prov_verdict *verdict, size_t i)
{
	return (i < verdict->why.n ? verdict->why.at[i].code : NULL);
}

const char *
prov_verdict_not_checked(const prov_verdict *verdict, size_t i)
{
	return (i < verdict->why.n_skipped ? verdict->why.skipped[i] : NULL);
}
