/* SPDX-License-Identifier: ISC */
#include "gate/sample.h"

#include <stdlib.h>
#include <string.h>

#include "gate/worker.h"
#include "hash/sha256.h"

/* What is asked about one sample, and what was answered. */
struct inquiry {
	prov_sample *sample;
	struct gate_worker *worker;
	bool anew; /* earlier records do not count */
	size_t n;
	prov_gate_answer *at[SAMPLE_MEMBERS_MAX + 1]; /* owned */
};

static void
inquiry_clear(struct inquiry *q)
{
	for (size_t i = 0; i < q->n; i++)
		prov_gate_answer_free(q->at[i]);
	if (q->worker != NULL)
		gate_give(q->sample->gate, q->worker);
}

static prov_gate_answer *
inquiry_add(struct inquiry *q)
{
	prov_gate_answer *a = calloc(1, sizeof(*a));

	if (a != NULL)
		q->at[q->n++] = a;
	return (a);
}

/* "vendor/000123.tar/0001.jpg": a tar cannot say where it is. */
static prov_status
member_name(char **out, const prov_sample *s, const struct member *m,
    prov_err *err)
{
	AUTO_BUF b = { 0 };

	if (s->shard != NULL)
		buf_printf(&b, "%s/", s->shard);
	buf_put_str(&b, m->name != NULL ? m->name : "?");
	return (buf_take_str(&b, out, err));
}

/* A sidecar that waits in a file is read; one without a byte is bad, too. */
static prov_status
sidecar_bytes(struct buf *out, const struct member *m, prov_err *err)
{
	uint8_t *p;

	if ((p = buf_grow(out, m->size + 1)) == NULL)
		return (buf_done(out, err));
	out->len = m->size;
	if (m->fd >= 0)
		return (fd_pread(m->fd, p, m->size, 0, err));
	if (m->size > 0)
		memcpy(p, m->bytes.p, m->size);
	return (PROV_OK);
}

/* Whether an earlier record is of these very bytes. */
static prov_status
is_of(bool *same, const prov_gate_answer *a, const struct member *m,
    prov_err *err)
{
	AUTO_RECORD r = { 0 };
	prov_digest d = { 0 };
	prov_status st;

	if ((st = record_parse(&r, buf_span(&a->known), err)) != PROV_OK)
		return (st);
	if (m->fd >= 0)
		st = prov_digest_fd(&d, m->fd, NULL, NULL, err);
	else
		st = sha256_of(d.sha256, buf_span(&m->bytes), err);
	*same = r.has_sha256 && memcmp(r.sha256, d.sha256, 32) == 0;
	return (st);
}

static prov_status
ask_request(struct inquiry *q, struct request *r, const struct member *m,
    prov_err *err)
{
	prov_gate_answer *a = inquiry_add(q);
	bool same = true;
	prov_status st;

	if (a == NULL)
		return (prov_fail(err, PROV_ENOMEM, "sample"));
	if ((st = gate_ask(q->worker, r, a, err)) != PROV_OK ||
	    a->known.len == 0)
		return (st);
	/* A name of a shard says little about what it holds by now. */
	if ((st = is_of(&same, a, m, err)) != PROV_OK || same)
		return (st);
	r->anew = true;
	return (gate_ask(q->worker, r, a, err));
}

/* What needs no question: a refusal, or what keeps from asking. */
static prov_status
answer_as(struct inquiry *q, const char *id, prov_status trouble,
    enum gate_reason why, const char *detail, prov_err *err)
{
	prov_gate_answer *a = inquiry_add(q);
	const struct request r = { .id = id, .fd = -1 };
	prov_status st;

	if (a == NULL)
		return (prov_fail(err, PROV_ENOMEM, "sample"));
	if ((st = gate_answer(q->worker, &r, trouble, why, detail, a, err)) !=
	    PROV_OK)
		return (st);
	return (PROV_OK);
}

/* One member that is media. */
static prov_status
ask_member(struct inquiry *q, const struct member *m, prov_err *err)
{
	const struct member *beside = sample_sidecar(q->sample->read, m);
	AUTO_FREE char *name = NULL;
	AUTO_BUF sidecar = { 0 };
	struct request r = { .fd = m->fd, .part = true, .anew = q->anew };
	prov_status st;

	if ((st = member_name(&name, q->sample, m, err)) != PROV_OK)
		return (st);
	r.id = name;
	r.path = q->sample->shard != NULL ? name : NULL;
	if (m->fd < 0)
		r.bytes =
		    m->bytes.p != NULL ? buf_span(&m->bytes) : span("", 0);
	if (beside != NULL && beside->size > HELD_MAX)
		return (answer_as(q, name, PROV_OK, GATE_MEMBER,
		    "its sidecar is too large for a shard", err));
	if (beside != NULL) {
		if ((st = sidecar_bytes(&sidecar, beside, err)) != PROV_OK)
			return (st);
		r.sidecar = buf_span(&sidecar);
	}
	return (ask_request(q, &r, m, err));
}

static prov_status
answer_member(struct inquiry *q, const struct member *m, prov_status trouble,
    enum gate_reason why, const char *detail, prov_err *err)
{
	AUTO_FREE char *name = NULL;
	prov_status st;

	if ((st = member_name(&name, q->sample, m, err)) != PROV_OK)
		return (st);
	return (answer_as(q, name, trouble, why, detail, err));
}

/* What could not be read whole is not looked at: it may be anything. */
static prov_status
ask_damaged(struct inquiry *q, prov_err *err)
{
	const prov_sample *s = q->sample;
	const char *id = s->shard != NULL ? s->shard : "shard";
	prov_status st;

	for (size_t i = 0; s->read != NULL && i < s->read->n; i++)
		if ((st = answer_member(q, &s->read->at[i], PROV_EIO,
			 GATE_MEMBER, s->why.msg, err)) != PROV_OK)
			return (st);
	return (answer_as(q, id, PROV_EIO, GATE_MEMBER, s->why.msg, err));
}

static prov_status
ask_all(struct inquiry *q, prov_err *err)
{
	const struct sample *s = q->sample->read;
	prov_status st = PROV_OK;

	for (size_t i = 0; i < s->n && st == PROV_OK; i++) {
		const struct member *m = &s->at[i];

		if (s->odd != NULL)
			st = answer_member(q, m, PROV_OK, GATE_MEMBER, s->odd,
			    err);
		else if (m->kind == MEMBER_MEDIA)
			st = ask_member(q, m, err);
	}
	/* A caption alone says nothing about where it is from. */
	if (st == PROV_OK && q->n == 0)
		st = answer_member(q, &s->at[0], PROV_OK, GATE_MEMBER,
		    "its sample has no media", err);
	return (st);
}

/* An earlier record that says otherwise than the whole would by now. */
static bool
is_outdated(const struct inquiry *q)
{
	bool known = false, differ = false;

	for (size_t i = 0; i < q->n; i++) {
		known |= q->at[i]->known.len > 0;
		differ |=
		    q->at[i]->decision.effective !=
			q->at[0]->decision.effective ||
		    q->at[i]->decision.decision != q->at[0]->decision.decision;
	}
	return (known && differ);
}

static prov_status
ask_anew(struct inquiry *q, prov_err *err)
{
	while (q->n > 0)
		prov_gate_answer_free(q->at[--q->n]);
	q->anew = true;
	return (ask_all(q, err));
}

/* All of a sample is let in, or none of it. It goes where its first one does.
 */
static void
decide_whole(struct inquiry *q)
{
	prov_decision decision = PROV_ALLOW, effective = PROV_ALLOW;

	for (size_t i = 0; i < q->n; i++) {
		const struct decision *d = &q->at[i]->decision;

		if (d->decision < decision)
			decision = d->decision;
		if (d->effective < effective)
			effective = d->effective;
	}
	for (size_t i = 0; i < q->n; i++) {
		answer_follow(q->at[i], decision, effective);
		tally_begin(&q->sample->gate->tally);
		tally_end(&q->sample->gate->tally, q->at[i]);
	}
	q->sample->effective = effective;
	memcpy(q->sample->route, q->at[0]->decision.route,
	    sizeof(q->sample->route));
}

prov_status
prov_sample_ask(prov_sample *sample, prov_answer_fn fn, void *arg,
    prov_err *err)
{
	__attribute__((
	    cleanup(inquiry_clear))) struct inquiry q = { .sample = sample };
	prov_status st;

	if ((st = gate_take(&q.worker, sample->gate, err)) != PROV_OK)
		return (st);
	st = sample->damaged ? ask_damaged(&q, err) : ask_all(&q, err);
	if (st == PROV_OK && is_outdated(&q))
		st = ask_anew(&q, err);
	if (st != PROV_OK)
		return (st);
	decide_whole(&q);
	for (size_t i = 0; i < q.n && st == PROV_OK; i++)
		st = fn(arg, q.at[i], err);
	sample->asked = st == PROV_OK && !sample->damaged;
	return (st);
}

uint64_t
prov_sample_bytes(const prov_sample *sample)
{
	uint64_t n = 0;

	for (size_t i = 0; sample->read != NULL && i < sample->read->n; i++)
		n += sample->read->at[i].size;
	return (n);
}

void
prov_sample_free(prov_sample *sample)
{
	if (sample == NULL)
		return;
	shard_done(sample->from, sample->read);
	free(sample);
}
