/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gate/record.h"
#include "verify/facts_json.h"

#define SHOWN_REASONS 4 /* on one line for people */

void
answer_clear(prov_gate_answer *a)
{
	free(a->id);
	free(a->path);
	free(a->tenant);
	buf_free(&a->known);
	a->id = a->path = a->tenant = NULL;
	a->facts.id = a->facts.path = a->facts.tenant = NULL;
	a->refused = a->resumable = false;
}

static prov_status
copy_text(char **to, const char *s, prov_err *err)
{
	if (s != NULL && (*to = strdup(s)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "answer"));
	return (PROV_OK);
}

/* What a record is called whose request has no name for it. */
static prov_status
make_id(prov_gate_answer *a, const struct request *r, prov_err *err)
{
	char digest[7 + 64 + 1] = "sha256:", fd[24];

	if (r->id != NULL)
		return (copy_text(&a->id, r->id, err));
	if (r->path != NULL)
		return (copy_text(&a->id, r->path, err));
	if (r->sha256 != NULL) {
		hex_encode(digest + 7, r->sha256, 32);
		return (copy_text(&a->id, digest, err));
	}
	(void)snprintf(fd, sizeof(fd), "fd:%d", r->fd);
	return (copy_text(&a->id, r->fd >= 0 ? fd : NULL, err));
}

prov_status
answer_begin(prov_gate_answer *a, const struct request *r,
    const prov_policy *policy, int64_t t_ms, prov_err *err)
{
	prov_status st;

	answer_clear(a);
	a->policy = policy;
	a->t_ms = t_ms;
	a->ms = 0;
	a->facts.error[0] = '\0';
	a->facts.trouble = PROV_OK;
	a->decision.decision = a->decision.effective = PROV_DENY;
	a->decision.why.n = a->decision.why.n_skipped = 0;
	a->decision.rule = 0;
	a->decision.note = NULL;
	a->decision.route[0] = '\0';
	a->hashed = r->sha256 == NULL;
	/* Descriptors are given anew in each process. */
	a->resumable = r->id != NULL || (r->fd == -1 && r->bytes.p == NULL);
	if ((st = make_id(a, r, err)) != PROV_OK ||
	    (st = copy_text(&a->path, r->path, err)) != PROV_OK)
		return (st);
	return (copy_text(&a->tenant, r->tenant, err));
}

void
answer_lend(prov_gate_answer *a)
{
	a->facts.id = a->id;
	a->facts.path = a->path;
	a->facts.tenant = a->tenant;
}

void
answer_refuse(prov_gate_answer *a, enum gate_reason why, const char *detail)
{
	a->refused = true;
	facts_clear(&a->facts);
	a->facts.trouble = PROV_EARG;
	a->decision.decision = a->decision.effective = PROV_DENY;
	a->decision.why.n = 0;
	gate_find(&a->decision.why, why, detail);
	(void)snprintf(a->facts.error, sizeof(a->facts.error), "%s", detail);
	answer_lend(a);
}

/* Of an earlier record what the accessors tell. */
prov_status
answer_recall(prov_gate_answer *a, prov_err *err)
{
	struct decision *d = &a->decision;
	AUTO_RECORD r = { 0 };
	prov_status st;

	if ((st = record_parse(&r, buf_span(&a->known), err)) != PROV_OK)
		return (st);
	d->decision = r.decision;
	d->effective = r.effective;
	memcpy(d->route, r.route, sizeof(d->route));
	for (size_t i = 0; i < r.n_reasons; i++)
		(void)snprintf(d->why.at[i].code, sizeof(d->why.at[i].code),
		    "%s", r.reasons[i]);
	d->why.n = r.n_reasons;
	return (PROV_OK);
}

void
prov_gate_answer_free(prov_gate_answer *a)
{
	if (a == NULL)
		return;
	answer_clear(a);
	free(a);
}

prov_decision
prov_gate_answer_decision(const prov_gate_answer *a)
{
	return (a->decision.decision);
}

prov_decision
prov_gate_answer_effective(const prov_gate_answer *a)
{
	return (a->decision.effective);
}

const char *
prov_gate_answer_reason(const prov_gate_answer *a, size_t i)
{
	return (i < a->decision.why.n ? a->decision.why.at[i].code : NULL);
}

const char *
prov_gate_answer_route(const prov_gate_answer *a)
{
	return (a->decision.route);
}

int
prov_gate_answer_known(const prov_gate_answer *a)
{
	return (a->known.len > 0);
}

prov_status
prov_gate_answer_json(char **out, const prov_gate_answer *a, prov_err *err)
{
	AUTO_BUF b = { 0 };
	prov_status st;

	if ((st = record_put(&b, a, err)) != PROV_OK)
		return (st);
	b.len--; /* the newline */
	return (buf_take_str(&b, out, err));
}

prov_status
prov_gate_answer_facts(char **out, const prov_gate_answer *a, prov_err *err)
{
	AUTO_BUF b = { 0 };
	prov_status st;

	if ((st = facts_put(&b, &a->facts, err)) != PROV_OK)
		return (st);
	return (buf_take_str(&b, out, err));
}

static void
put_name(struct buf *b, const prov_gate_answer *a)
{
	const char *s = a->path != NULL ? a->path : a->id != NULL ? a->id : "?";

	text_escape(b, s, strlen(s), SIZE_MAX);
}

/* Codes are the library's own or were checked; details are anybody's. */
static void
put_reasons(struct buf *b, const prov_gate_answer *a)
{
	const struct findings *why = &a->decision.why;

	for (size_t i = 0; i < why->n && i < SHOWN_REASONS; i++) {
		buf_put_str(b, i == 0 ? "  " : ", ");
		text_escape(b, why->at[i].code, strlen(why->at[i].code),
		    CODE_MAX);
	}
	if (why->n > SHOWN_REASONS)
		buf_printf(b, ", and %zu more", why->n - SHOWN_REASONS);
	if (a->facts.trouble == PROV_OK || a->facts.error[0] == '\0')
		return;
	buf_put_str(b, ": ");
	text_escape(b, a->facts.error, strlen(a->facts.error),
	    sizeof(a->facts.error));
}

prov_status
prov_gate_answer_text(char **out, const prov_gate_answer *a, prov_err *err)
{
	const struct decision *d = &a->decision;
	const char *word = decision_name(d->decision);
	AUTO_BUF b = { 0 };

	for (; *word != '\0'; word++)
		buf_put_byte(&b, (uint8_t)(*word - 'a' + 'A'));
	buf_put_byte(&b, ' ');
	put_name(&b, a);
	if (d->decision != PROV_ALLOW)
		put_reasons(&b, a);
	if (d->effective != d->decision)
		buf_printf(&b, "  (%s: mode is warn)",
		    decision_name(d->effective));
	if (d->route[0] != '\0') {
		buf_put_str(&b, "  -> ");
		text_escape(&b, d->route, strlen(d->route), ROUTE_MAX);
	}
	return (buf_take_str(&b, out, err));
}

/* Decisions are in the order in which the worse counts. */
void
answer_follow(prov_gate_answer *a, prov_decision decision,
    prov_decision effective)
{
	struct decision *d = &a->decision;

	if (d->decision <= decision && d->effective <= effective)
		return;
	if (decision < d->decision)
		d->decision = decision;
	if (effective < d->effective)
		d->effective = effective;
	if (d->effective != PROV_ALLOW)
		d->route[0] = '\0';
	gate_find(&d->why, GATE_SAMPLE, "another member of its sample");
}
