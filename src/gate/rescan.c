/* SPDX-License-Identifier: ISC */
/* What was accepted once, under what is known now. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "gate/lines.h"
#include "gate/record.h"
#include "gate/worker.h"
#include "ledger/ledger.h"
#include "prov/run.h"
#include "sign/statement.h"
#include "verify/verifier.h"

/* One run that is gone through. */
struct rescan {
	prov_gate *gate;
	struct gate_worker *worker;
	prov_gate_answer *answer;
	prov_rescan_fn fn;
	void *arg;
	prov_rescanned counts;
	bool same_policy; /* as that of the record at hand */
};

/*
 * The signed asset that a file was bound to, which is another one where it was
 * bound by its streams. The entry is the one that the record names, if the log
 * at hand has it.
 */
static prov_status
find_asset(uint8_t asset[32], const struct rescan *s, const struct record *r,
    prov_err *err)
{
	prov_ledger *l = s->worker->verifier->ledger;
	AUTO_BUF bytes = { 0 };
	struct checkpoint at;
	struct statement st;
	prov_err why = { 0 };
	prov_status ret;

	memcpy(asset, r->sha256, 32);
	if (r->binding == PROV_BIND_EXACT || !r->has_entry || l == NULL ||
	    strcmp(r->origin, prov_ledger_origin(l)) != 0)
		return (PROV_OK);
	ret = ledger_entry_proven(l, r->log_index, &bytes, &at, &why);
	if (ret == PROV_OK)
		ret = statement_parse(&st, buf_span(&bytes), &why);
	if (ret == PROV_OK && st.kind == PAYLOAD_MANIFEST)
		memcpy(asset, st.sub_digest, 32);
	/* What is not there is not found: verify says so of the digest. */
	return (ret == PROV_OK || prov_is_no(ret) || ret == PROV_EARG
		    ? PROV_OK
		    : prov_fail(err, ret, "%s", why.msg));
}

/*
 * The file is not at hand, and has not changed: what it alone can say is as it
 * was recorded. What keys, logs and policies say is as it is now.
 */
static void
recall(struct facts *f, const struct record *r)
{
	if (f->trouble != PROV_OK || f->binding != PROV_BIND_EXACT)
		return;
	f->binding = r->binding;
	f->edges = r->edges;
	memcpy(f->digest.sha256, r->sha256, 32);
	f->has_size = r->has_bytes;
	f->digest.size = r->bytes;
	f->has_uncovered = r->has_uncovered;
	f->uncovered = r->uncovered;
	if (r->media_type[0] != '\0')
		memcpy(f->media_type, r->media_type, sizeof(f->media_type));
}

static void
decide(struct rescan *s)
{
	prov_gate_answer *a = s->answer;
	prov_gate *g = s->gate;
	int64_t now = g->now != 0 ? g->now : a->t_ms / 1000;

	policy_judge(&a->decision, g->policy, &a->facts, now);
	if (a->decision.effective == PROV_ALLOW || !s->same_policy ||
	    a->facts.carrier != CARRIER_LEDGER)
		return;
	/* This policy took it once, from whatever carried it. */
	a->facts.carrier = CARRIER_SIDECAR;
	policy_judge(&a->decision, g->policy, &a->facts, now);
}

static prov_status
ask(struct rescan *s, const struct record *r, prov_err *err)
{
	const struct request q = { .id = r->id,
		.path = r->path,
		.fd = -1,
		.sha256 = r->sha256,
		.tenant = r->tenant };
	struct subject subject = { .name = r->id, .path = r->path, .fd = -1 };
	prov_gate_answer *a = s->answer;
	uint8_t asset[32];
	prov_err why = { 0 };
	prov_status st;

	if ((st = answer_begin(a, &q, s->gate->policy,
		 gate_clock_us(CLOCK_REALTIME) / 1000, err)) != PROV_OK)
		return (st);
	st = find_asset(asset, s, r, &why);
	subject.sha256 = asset;
	if (st == PROV_OK)
		st = verify_subject(s->worker->verifier, &subject, &a->facts,
		    &why);
	if (st == PROV_ENOMEM || st == PROV_EARG)
		return (prov_fail(err, st, "%s", why.msg));
	if (st != PROV_OK) {
		facts_clear(&a->facts);
		a->facts.trouble = st;
		(void)snprintf(a->facts.error, sizeof(a->facts.error), "%s",
		    why.msg);
	}
	recall(&a->facts, r);
	answer_lend(a);
	decide(s);
	return (PROV_OK);
}

/* The new record, with what it was. */
static prov_status
tell(const struct rescan *s, const struct record *r, prov_err *err)
{
	AUTO_FREE char *text = NULL;
	AUTO_BUF b = { 0 };
	prov_status st;

	if ((st = record_put(&b, s->answer, err)) != PROV_OK)
		return (st);
	b.len -= 2; /* the brace and the newline */
	buf_printf(&b, ",\"was\":\"%s\"}", decision_name(r->effective));
	if ((st = buf_take_str(&b, &text, err)) == PROV_OK)
		s->fn(s->arg, text);
	return (st);
}

static prov_status
rescan_line(struct rescan *s, prov_span line, prov_err *err)
{
	AUTO_RECORD r = { 0 };
	prov_decision now;
	prov_status st;

	if ((st = record_parse(&r, line, err)) != PROV_OK)
		return (st);
	s->counts.records++;
	if (r.effective != PROV_ALLOW)
		return (PROV_OK);
	if (!r.has_sha256 || r.id == NULL)
		return (prov_fail(err, PROV_EFORMAT,
		    "it was let pass without a digest"));
	s->counts.accepted++;
	s->same_policy =
	    memcmp(r.policy, prov_policy_digest(s->gate->policy), 32) == 0;
	if ((st = ask(s, &r, err)) != PROV_OK)
		return (st);
	now = s->answer->decision.effective;
	if (now == PROV_ALLOW)
		return (PROV_OK);
	s->counts.changed++;
	s->counts.retry += now == PROV_RETRY;
	return (tell(s, &r, err));
}

static prov_status
rescan_all(struct rescan *s, int fd, prov_err *err)
{
	AUTO_LINES *lines = NULL;
	struct line l;
	prov_status st;

	if ((st = lines_new(&lines, fd, RECORD_MAX, err)) != PROV_OK)
		return (st);
	while ((st = lines_next(lines, &l, err)) == PROV_OK) {
		prov_err why = { 0 };

		st = l.torn || l.more ? prov_fail(&why, PROV_EFORMAT,
					    "it is no whole record")
		                      : rescan_line(s, l.text, &why);
		if (st != PROV_OK)
			return (prov_fail(err, st, "line %llu: %.400s",
			    (unsigned long long)l.n, why.msg));
	}
	return (st == PROV_ENOTFOUND ? PROV_OK : st);
}

prov_status
prov_run_rescan(prov_gate *g, const char *run, prov_rescan_fn fn, void *arg,
    prov_rescanned *out, prov_err *err)
{
	struct rescan s = { .gate = g, .fn = fn, .arg = arg };
	AUTO_FD int fd = -1;
	struct stat sb;
	prov_status st;

	if ((st = file_open(&fd, &sb, run, err)) != PROV_OK)
		return (st == PROV_ENOTFOUND ? PROV_EOPEN : st);
	if ((s.answer = calloc(1, sizeof(*s.answer))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "rescan"));
	if ((st = gate_take(&s.worker, g, err)) == PROV_OK) {
		st = rescan_all(&s, fd, err);
		gate_give(g, s.worker);
	}
	prov_gate_answer_free(s.answer);
	*out = s.counts;
	return (st);
}
