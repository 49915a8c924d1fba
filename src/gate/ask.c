/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gate/worker.h"

/* What is judged, and kept where it was sent. */
static void
decide(prov_gate *g, prov_gate_answer *a, const struct item *item)
{
	policy_judge(&a->decision, g->policy, &a->facts,
	    g->now != 0 ? g->now : a->t_ms / 1000);
	if (item != NULL)
		item_keep(item, &g->place, a);
}

static void
note_trouble(prov_gate_answer *a, prov_status st, const prov_err *why)
{
	facts_clear(&a->facts);
	a->facts.trouble = st;
	(void)snprintf(a->facts.error, sizeof(a->facts.error), "%s",
	    why->msg[0] != '\0' ? why->msg : prov_strstatus(st));
}

/* What kept verify from being asked is the policy's to weigh, as all is. */
static void
judge(struct gate_worker *w, const struct request *r, prov_gate_answer *a)
{
	struct item item = ITEM_NONE;
	prov_err why = { 0 };
	prov_status st;

	st = item_open(&item, &w->gate->place, r, &why);
	if (st == PROV_OK)
		st =
		    verify_subject(w->verifier, &item.subject, &a->facts, &why);
	else if (item_refused(st)) {
		answer_refuse(a, st == PROV_ELIMIT ? GATE_MALFORMED : GATE_NAME,
		    why.msg);
		item_close(&item);
		return;
	}
	if (st != PROV_OK)
		note_trouble(a, st, &why);
	answer_lend(a);
	decide(w->gate, a, &item);
	item_close(&item);
}

static int
sources(const struct request *r)
{
	int n = (r->fd != -1) + (r->bytes.p != NULL) + (r->sha256 != NULL);

	return (n == 0 ? r->path != NULL : n);
}

/* An item that the run that is gone on with has answered already. */
static prov_status
look_back(struct gate_worker *w, prov_gate_answer *a, bool anew, prov_err *err)
{
	prov_gate *g = w->gate;
	prov_status st;

	if (g->journal == NULL || !a->resumable || anew)
		return (PROV_OK);
	st = journal_find(g->journal, &a->known, a->id, a->tenant, err);
	if (st == PROV_OK && a->known.len > 0)
		st = answer_recall(a, err);
	return (st);
}

prov_status
gate_ask(struct gate_worker *w, const struct request *r, prov_gate_answer *out,
    prov_err *err)
{
	int64_t start = gate_clock_us(CLOCK_MONOTONIC);
	prov_status st;

	if (sources(r) != 1)
		return (prov_fail(err, PROV_EARG,
		    "a request is one of a name, a descriptor, bytes and a "
		    "digest"));
	if ((st = answer_begin(out, r, w->gate->policy,
		 gate_clock_us(CLOCK_REALTIME) / 1000, err)) != PROV_OK)
		return (st);
	if ((st = look_back(w, out, r->anew, err)) != PROV_OK)
		return (st);
	if (!r->part)
		tally_begin(&w->gate->tally);
	if (out->known.len == 0)
		judge(w, r, out);
	out->ms = (double)(gate_clock_us(CLOCK_MONOTONIC) - start) / 1000;
	if (!r->part)
		tally_end(&w->gate->tally, out);
	return (PROV_OK);
}

prov_status
gate_answer(struct gate_worker *w, const struct request *r, prov_status trouble,
    enum gate_reason why, const char *detail, prov_gate_answer *out,
    prov_err *err)
{
	prov_err because = { 0 };
	prov_status st;

	if ((st = answer_begin(out, r, w->gate->policy,
		 gate_clock_us(CLOCK_REALTIME) / 1000, err)) != PROV_OK)
		return (st);
	if (trouble == PROV_OK) {
		answer_refuse(out, why, detail);
		return (PROV_OK);
	}
	note_trouble(out, prov_fail(&because, trouble, "%s", detail), &because);
	answer_lend(out);
	decide(w->gate, out, NULL);
	return (PROV_OK);
}

prov_status
gate_ask_line(struct gate_worker *w, prov_span line, prov_gate_answer *out,
    prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	st = request_parse(&w->query, line, w->gate->fds, w->gate->n_fds, &why);
	if (st == PROV_OK)
		return (gate_ask(w, &w->query.r, out, err));
	if (st != PROV_EFORMAT)
		return (prov_fail(err, st, "%s", why.msg));
	if ((st = answer_begin(out, &w->query.r, w->gate->policy,
		 gate_clock_us(CLOCK_REALTIME) / 1000, err)) != PROV_OK)
		return (st);
	tally_begin(&w->gate->tally);
	answer_refuse(out, GATE_MALFORMED, why.msg);
	tally_end(&w->gate->tally, out);
	return (PROV_OK);
}

/* An answer to fill: the caller's, or a new one. */
static prov_status
answer_for(prov_gate_answer **answer, prov_err *err)
{
	if (*answer == NULL)
		*answer = calloc(1, sizeof(**answer));
	return (
	    *answer == NULL ? prov_fail(err, PROV_ENOMEM, "gate") : PROV_OK);
}

prov_status
prov_gate_ask_json(prov_gate *g, prov_span line, prov_gate_answer **answer,
    prov_err *err)
{
	struct gate_worker *w;
	prov_status st;

	if ((st = answer_for(answer, err)) != PROV_OK ||
	    (st = gate_take(&w, g, err)) != PROV_OK)
		return (st);
	st = gate_ask_line(w, line, *answer, err);
	gate_give(g, w);
	return (st);
}

static prov_status
ask(struct gate_worker *w, const prov_request *q, prov_gate_answer *answer,
    prov_err *err)
{
	struct signals seen;
	struct request r = { .id = q->id,
		.path = q->path,
		.fd = q->fd,
		.bytes = q->bytes,
		.sha256 = q->sha256,
		.sidecar = q->sidecar,
		.manifest = q->manifest,
		.tenant = q->tenant };
	prov_status st;

	if (q->signals != NULL) {
		if ((st = request_signals_text(&seen, q->signals, err)) !=
		    PROV_OK)
			return (st);
		r.seen = &seen;
	}
	return (gate_ask(w, &r, answer, err));
}

prov_status
prov_gate_ask(prov_gate *g, const prov_request *request,
    prov_gate_answer **answer, prov_err *err)
{
	struct gate_worker *w;
	prov_status st;

	if ((st = answer_for(answer, err)) != PROV_OK ||
	    (st = gate_take(&w, g, err)) != PROV_OK)
		return (st);
	st = ask(w, request, *answer, err);
	gate_give(g, w);
	return (st);
}
