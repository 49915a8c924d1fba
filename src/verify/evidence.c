/* SPDX-License-Identifier: ISC */
#include "verify/evidence.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "manifest/runrecord.h"
#include "sign/claimed.h"

void
evidence_free(struct evidence *e)
{
	if (e == NULL)
		return;
	buf_free(&e->bytes);
	free(e->known);
	manifest_clear(&e->m);
	for (size_t i = 0; i < STREAMS_MAX; i++)
		timeline_free(e->tl[i]);
	pairing_free(e->pairing);
	free(e->clip);
	free(e);
}

void
auto_evidence(struct evidence **e)
{
	evidence_free(*e);
}

struct evidence *
evidence_empty(void)
{
	struct evidence *e = malloc(sizeof(*e));

	if (e == NULL)
		return (NULL);
	memset(e, 0, offsetof(struct evidence, why));
	findings_clear(&e->why);
	findings_clear(&e->binding_why);
	e->signature = PROV_SIG_INVALID;
	e->ledger = PROV_LEDGER_UNCHECKED;
	return (e);
}

/* Whatever the statement carries. */
static prov_status
statement_new(struct evidence **out, prov_span statement, prov_err *err)
{
	AUTO_EVIDENCE *e = evidence_empty();
	prov_status st;

	if (e == NULL)
		return (prov_fail(err, PROV_ENOMEM, "statement"));
	buf_put_span(&e->bytes, statement);
	if ((st = buf_done(&e->bytes, err)) != PROV_OK ||
	    (st = statement_parse(&e->st, buf_span(&e->bytes), err)) !=
		PROV_OK ||
	    (st = statement_digest(e->digest, e->st.bytes, err)) != PROV_OK)
		return (st);
	*out = TAKE(e);
	return (PROV_OK);
}

prov_status
evidence_new(struct evidence **out, prov_span statement, prov_err *err)
{
	AUTO_EVIDENCE *e = NULL;
	prov_status st;

	if ((st = statement_new(&e, statement, err)) != PROV_OK ||
	    (st = manifest_of_statement(&e->m, &e->st, err)) != PROV_OK)
		return (st);
	*out = TAKE(e);
	return (PROV_OK);
}

prov_status
evidence_run_new(struct evidence **out, prov_span statement, prov_err *err)
{
	AUTO_FREE struct run_record *r = malloc(sizeof(*r));
	AUTO_EVIDENCE *e = NULL;
	prov_status st;

	if (r == NULL)
		return (prov_fail(err, PROV_ENOMEM, "run record"));
	if ((st = statement_new(&e, statement, err)) != PROV_OK)
		return (st);
	if (e->st.kind != PAYLOAD_RUN)
		return (prov_fail(err, PROV_EFORMAT,
		    "statement: holds no run record but %s",
		    payload_type(e->st.kind)));
	if ((st = run_record_decode(r, e->st.payload, err)) != PROV_OK)
		return (prov_wrap(err, st, "statement"));
	if (memcmp(r->root, e->st.sub_digest, 32) != 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "statement: its record is on another run than its "
		    "subject"));
	*out = TAKE(e);
	return (PROV_OK);
}

/*
 * When the statement was made, as far as others than its signer say so; its own
 * word for that is worth nothing.
 */
static void
judge_time(struct evidence *e, int64_t t, const char *when)
{
	findings_remove(&e->why, REASON_SIGNATURE_EXPIRED);
	e->signature = PROV_SIG_EXPIRED;
	if (trust_valid_at(e->signer, t))
		e->signature = PROV_SIG_VALID;
	else
		findings_add(&e->why, REASON_SIGNATURE_EXPIRED,
		    "trust in %.100s does not cover %s", e->signer->key.name,
		    when);
}

/* What a trusted key, by which the statement verified, may not do. */
static prov_sig_state
judge_scope(struct evidence *e, const prov_trust *trust, const char *path,
    int64_t now)
{
	if (!trust_allows_iss(e->signer, e->st.iss)) {
		findings_add(&e->why, REASON_SIGNATURE_ISS,
		    "%.80s is not trusted to sign as %.40s",
		    e->signer->key.name, e->st.iss);
		return (PROV_SIG_UNKNOWN);
	}
	if (!trust_allows_path(trust, e->signer, path)) {
		findings_add(&e->why, REASON_SIGNATURE_PATH,
		    "%.100s is not trusted for this path", e->signer->key.name);
		return (PROV_SIG_UNKNOWN);
	}
	judge_time(e, now, "the present time");
	return (e->signature);
}

/* Whether anybody who is trusted has the key. */
static bool
find_signer(struct evidence *e, const prov_trust *trust)
{
	e->signature = PROV_SIG_UNKNOWN;
	if ((e->signer = trust_find(trust, e->st.kid)) != NULL)
		return (true);
	findings_add(&e->why, REASON_SIGNATURE_UNTRUSTED, "%s",
	    reason_text(REASON_SIGNATURE_UNTRUSTED));
	return (false);
}

void
evidence_verified(struct evidence *e, const prov_trust *trust, const char *path,
    int64_t now)
{
	if (find_signer(e, trust))
		e->signature = judge_scope(e, trust, path, now);
}

prov_status
evidence_signature(struct evidence *e, const prov_trust *trust,
    const char *path, int64_t now, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	if (!find_signer(e, trust))
		return (PROV_OK);
	e->signature = PROV_SIG_INVALID;
	st = statement_verify(&e->st, &e->signer->key, &why);
	if (st != PROV_OK && !prov_is_no(st))
		return (prov_fail(err, st, "%s", why.msg));
	if (st != PROV_OK)
		findings_add(&e->why, REASON_SIGNATURE_INVALID, "%.150s",
		    why.msg);
	else
		e->signature = judge_scope(e, trust, path, now);
	return (PROV_OK);
}

static void
refuse_proof(struct evidence *e, const prov_err *why)
{
	e->ledger = PROV_LEDGER_INVALID;
	findings_add(&e->why, REASON_LEDGER_INVALID, "%.150s", why->msg);
}

/* Witnesses say when the entry was there: that the key was valid then counts.
 */
static void
accept(struct evidence *e)
{
	char when[32];

	e->ledger = PROV_LEDGER_INCLUDED;
	if (!e->quorum.timed || (e->signature != PROV_SIG_VALID &&
				    e->signature != PROV_SIG_EXPIRED))
		return;
	time_format(when, e->quorum.since);
	judge_time(e, e->quorum.since, when);
}

/* An entry is included only under what trust asks for. */
static prov_status
include(struct evidence *e, const prov_trust *trust, const struct head *head,
    int64_t now, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	e->at = head->at;
	e->note = span(NULL, 0);
	e->index = head->index;
	e->ledger = PROV_LEDGER_UNCHECKED;
	st = scale_weigh(head->scale, &e->quorum, &trust->logs, head->note, now,
	    &why);
	if (prov_is_no(st))
		refuse_proof(e, &why);
	else if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	else if (e->quorum.met)
		accept(e);
	else
		findings_add(&e->why, REASON_LEDGER_WITNESSES,
		    "%zu of the %zu witnesses cosigned the checkpoint of %llu "
		    "entries, which is no quorum",
		    e->quorum.n, e->quorum.of, (unsigned long long)e->at.size);
	return (PROV_OK);
}

prov_status
evidence_proof(struct evidence *e, const prov_trust *trust, prov_span text,
    int64_t now, prov_err *err)
{
	struct head head = { .scale = NULL };
	struct proof proof;
	prov_status st = PROV_ENOTFOUND;
	prov_err why = { 0 };

	e->ledger = PROV_LEDGER_ABSENT;
	if (text.len == 0) {
		findings_add(&e->why, REASON_LEDGER_ABSENT, "%s",
		    "the sidecar has no proof of the ledger yet");
		return (PROV_OK);
	}
	e->ledger = PROV_LEDGER_INVALID;
	if ((st = proof_parse(&proof, text, &why)) != PROV_OK) {
		if (!prov_is_no(st))
			return (prov_fail(err, st, "%s", why.msg));
		refuse_proof(e, &why);
		return (PROV_OK);
	}
	proof.seen = e->lately != NULL ? &e->lately->seen : NULL;
	st = PROV_ENOTFOUND;
	for (size_t i = 0; i < trust->logs.n_logs && st == PROV_ENOTFOUND;
	     i++) {
		prov_err_clear(&why);
		st = proof_verify(&head.at, &proof, e->st.bytes,
		    &trust->logs.logs[i], &why);
	}
	if (st == PROV_OK) {
		head.note = proof.note;
		head.index = proof.index;
		head.scale = e->lately != NULL ? &e->lately->scale : NULL;
		st = include(e, trust, &head, now, err);
		e->note = proof.note;
		return (st);
	} else if (st == PROV_ENOTFOUND) {
		e->ledger = PROV_LEDGER_UNCHECKED;
		findings_add(&e->why, REASON_LEDGER_UNTRUSTED, "%s; %s",
		    reason_text(REASON_LEDGER_UNTRUSTED),
		    "prov trust add --log VKEY");
	} else if (prov_is_no(st)) {
		refuse_proof(e, &why);
	} else {
		return (prov_fail(err, st, "%s", why.msg));
	}
	return (PROV_OK);
}

prov_status
evidence_entry(struct evidence *e, const prov_trust *trust,
    const struct head *head, int64_t now, prov_err *err)
{
	return (include(e, trust, head, now, err));
}

/* The blob of the sidecar with this digest, or an empty span. */
static prov_status
sidecar_blob(prov_span *out, const struct sidecar *s, const uint8_t want[32],
    prov_err *err)
{
	uint8_t digest[32];
	prov_status st;

	*out = span(NULL, 0);
	for (size_t i = 0; i < s->n_timelines; i++) {
		if ((st = sha256_of(digest, s->timelines[i], err)) != PROV_OK)
			return (st);
		if (memcmp(digest, want, 32) == 0) {
			*out = s->timelines[i];
			return (PROV_OK);
		}
	}
	return (PROV_OK);
}

/* A timeline that does not decode, or is not of this stream, is not there. */
static prov_status
decode(struct timeline **out, prov_span blob, const struct stream *s,
    prov_err *err)
{
	AUTO_TIMELINE *tl = NULL;
	prov_err why = { 0 };
	prov_status st;

	st = timeline_decode(&tl, blob, &why);
	if (st != PROV_OK)
		return (prov_is_no(st) ? PROV_OK
				       : prov_fail(err, st, "%s", why.msg));
	if (tl->n == s->segments)
		*out = TAKE(tl);
	return (PROV_OK);
}

static prov_status
from_ledger(struct timeline **out, prov_ledger *l, const struct stream *s,
    prov_err *err)
{
	AUTO_BUF blob = { 0 };
	prov_err why = { 0 };
	prov_status st;

	st = ledger_blob(l, s->timeline, &blob, &why);
	if (st == PROV_ENOTFOUND || prov_is_no(st))
		return (PROV_OK);
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	return (decode(out, buf_span(&blob), s, err));
}

static prov_status
from_manifest(struct timeline **out, const struct stream *s, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	st = timeline_decode_times(out, buf_span(&s->times), &why);
	if (st == PROV_OK || prov_is_no(st))
		return (PROV_OK);
	return (prov_fail(err, st, "%s", why.msg));
}

static prov_status
fetch(struct timeline **out, const struct stream *s,
    const struct sidecar *sidecar, prov_ledger *ledger, prov_err *err)
{
	prov_span blob = { 0 };
	prov_status st = PROV_OK;

	if (sidecar != NULL)
		st = sidecar_blob(&blob, sidecar, s->timeline, err);
	if (st == PROV_OK && blob.len > 0)
		st = decode(out, blob, s, err);
	if (st == PROV_OK && *out == NULL && ledger != NULL)
		st = from_ledger(out, ledger, s, err);
	if (st == PROV_OK && *out == NULL && s->times.len > 0)
		st = from_manifest(out, s, err);
	return (st);
}

prov_status
evidence_timelines(struct evidence *e, const struct sidecar *sidecar,
    prov_ledger *ledger, prov_err *err)
{
	prov_status st;

	for (size_t i = 0; i < e->m.n_streams; i++) {
		const struct stream *s = &e->m.streams[i];

		if (e->tl[i] != NULL || !pairing_binds(s->kind))
			continue;
		if ((st = fetch(&e->tl[i], s, sidecar, ledger, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

static bool
has_bound_streams(const struct manifest *m)
{
	for (size_t i = 0; i < m->n_streams; i++) {
		if (pairing_binds(m->streams[i].kind))
			return (true);
	}
	return (false);
}

/* All but the edges holds: what the comparison as a whole said is moot. */
static void
bind_clip(struct evidence *e)
{
	struct pairing *p = e->pairing;

	e->binding = PROV_BIND_CLIP;
	memset(&e->binding_why, 0, sizeof(e->binding_why));
	findings_join(&e->binding_why, &e->clip->why);
	for (size_t i = 0; i < p->n; i++) {
		p->at[i].state = PAIR_CLIP;
		if (e->clip->at[i].n_edges > 0)
			findings_skip(&e->binding_why, "clip.edges");
	}
}

static prov_status
try_clip(struct evidence *e, const prov_identity *id, prov_err *err)
{
	prov_status st;

	if ((e->clip = calloc(1, sizeof(*e->clip))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "clip"));
	st = clip_judge(e->clip, e->pairing, &e->m, id, err);
	if (st != PROV_OK)
		return (st);
	if (e->clip->holds)
		bind_clip(e);
	else if (findings_skipped(&e->clip->why, "clip"))
		findings_skip(&e->binding_why, "clip");
	else if (findings_has(&e->binding_why, REASON_ESSENCE_MISSING))
		findings_join(&e->binding_why, &e->clip->why);
	return (PROV_OK);
}

prov_status
evidence_streams(struct evidence *e, const prov_identity *id,
    const struct finding *why, prov_err *err)
{
	prov_status st;

	e->binding = PROV_BIND_NONE;
	if (id == NULL || !has_bound_streams(&e->m)) {
		findings_add(&e->binding_why, REASON_BYTES_MISMATCH, "%s",
		    reason_text(REASON_BYTES_MISMATCH));
		if (id == NULL && has_bound_streams(&e->m) && why != NULL)
			findings_foreign(&e->binding_why, why->code,
			    why->detail, REASON_DEMUX_UNSUPPORTED);
		return (PROV_OK);
	}
	st = pairing_new(&e->pairing, &e->m, e->tl, id, err);
	if (st != PROV_OK)
		return (st);
	findings_join(&e->binding_why, &e->pairing->why);
	if (e->pairing->timing_unknown)
		findings_skip(&e->binding_why, "timing");
	if (!e->pairing->same)
		return (try_clip(e, id, err));
	e->binding = PROV_BIND_STREAMS;
	return (PROV_OK);
}

bool
evidence_is_sound(const struct evidence *e)
{
	return (e->signature == PROV_SIG_VALID && e->signer != NULL &&
		e->ledger == PROV_LEDGER_INCLUDED && !e->superseded);
}

bool
evidence_holds(const struct evidence *e)
{
	return (evidence_is_sound(e) && (e->binding == PROV_BIND_EXACT ||
					    e->binding == PROV_BIND_STREAMS));
}
