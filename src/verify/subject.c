/* SPDX-License-Identifier: ISC */
#include "verify/subject.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "carrier/xmp.h"
#include "hash/digest.h"
#include "verify/claimed.h"
#include "verify/mediatype.h"
#include "verify/task.h"

static prov_status
check_subject(const struct subject *s, prov_err *err)
{
	int n = (s->fd != -1) + (s->bytes.p != NULL) + (s->sha256 != NULL);

	if (n == 1)
		return (PROV_OK);
	return (prov_fail(err, PROV_EARG,
	    "a subject is a descriptor, bytes or a digest, and not %d of them",
	    n));
}

static void
scan_piece(void *arg, prov_span piece)
{
	xmp_scan_feed(arg, piece);
}

/* What unsigned metadata in it says is found on the way. */
static prov_status
digest_file(prov_digest *out, int fd, struct signals *seen, prov_err *err)
{
	struct xmp_scan scan;
	const struct digest_watch w = { .feed = scan_piece, .feed_arg = &scan };
	prov_status st;

	xmp_scan_begin(&scan);
	if ((st = digest_fd(out, fd, &w, err)) == PROV_OK)
		xmp_scan_end(&scan, seen);
	return (st);
}

static prov_status
digest_bytes(prov_digest *out, prov_span bytes, struct signals *seen,
    prov_err *err)
{
	struct xmp_scan scan;

	xmp_scan_begin(&scan);
	xmp_scan_feed(&scan, bytes);
	xmp_scan_end(&scan, seen);
	out->size = bytes.len;
	return (sha256_of(out->sha256, bytes, err));
}

/*
 * Makes the subject a task's: what it is, and its digest. What it says of
 * itself without a signature is joined to seen.
 */
static prov_status
take(struct task *t, const struct subject *s, struct signals *seen,
    prov_err *err)
{
	prov_verdict *out = t->out;
	prov_status st;

	t->judge = (struct judge){ .trust = t->v->o.trust,
		.path = s->path,
		.now = verifier_now(t->v),
		.scale = &t->v->scale };
	if (s->sha256 != NULL) {
		t->bare = true;
		memcpy(out->digest.sha256, s->sha256, 32);
		st = PROV_OK;
	} else if (s->fd == -1) {
		t->bytes = s->bytes;
		st = digest_bytes(&out->digest, s->bytes, seen, err);
	} else if (fstat(s->fd, &t->sb) == -1) {
		st = prov_fail_errno(err, PROV_EIO, "fstat");
	} else {
		t->fd = s->fd;
		st = digest_file(&out->digest, s->fd, seen, err);
	}
	out->has_digest = st == PROV_OK;
	return (st);
}

static prov_status
work(struct task *t, const struct subject *s, struct signals *seen,
    prov_err *err)
{
	prov_status st;

	t->recollects = t->v->known != NULL && s->sidecar.p == NULL;
	if ((st = take(t, s, seen, err)) != PROV_OK ||
	    (s->sidecar.p != NULL &&
		(st = task_sidecar(t, s->sidecar, err)) != PROV_OK))
		return (st);
	return (task_work(t, err));
}

/* What the sidecar opens of its own statement; what fits nothing is nothing. */
static prov_status
open_assertions(struct task *t, struct evidence *e, prov_err *err)
{
	const struct sidecar *c = t->sidecar;
	prov_err why = { 0 };
	prov_status st;

	for (size_t i = 0; e->from_sidecar && i < c->n_openings; i++) {
		st = manifest_open(&e->m, c->openings[i].salt,
		    c->openings[i].item, &why);
		if (st != PROV_OK && !prov_is_no(st))
			return (prov_fail(err, st, "%s", why.msg));
	}
	return (PROV_OK);
}

/* What all say who are trusted and speak of this asset. */
static prov_status
join_claims(struct signals *out, struct task *t, prov_err *err)
{
	struct signals one;
	prov_status st;

	for (size_t i = 0; i < t->d.n; i++) {
		struct evidence *e = t->d.at[i];

		if (!evidence_is_sound(e) || e->binding == PROV_BIND_NONE)
			continue;
		if ((st = open_assertions(t, e, err)) != PROV_OK ||
		    (st = claimed_signals(&one, e, err)) != PROV_OK)
			return (st);
		signals_join(out, &one);
	}
	return (PROV_OK);
}

static void
fill_media_type(struct facts *out, const struct task *t,
    const struct evidence *e)
{
	const char *type = "";

	if (e != NULL && e->binding == PROV_BIND_EXACT)
		type = claimed_media_type(e);
	else if (t->id != NULL)
		type = media_type(t->id->format, t->id->streams, t->id->n);
	(void)snprintf(out->media_type, sizeof(out->media_type), "%s", type);
}

/* Captions of pieces of a whole are compared with nothing. */
static void
fill_captions(struct facts *out, const struct evidence *e)
{
	bool there = claimed_captions(e);

	out->captions_altered = findings_has(&out->why, REASON_CAPTIONS);
	out->captions =
	    there && !out->captions_altered &&
	    (e->binding == PROV_BIND_EXACT || e->binding == PROV_BIND_STREAMS);
}

static void
fill_statement(struct facts *out, const prov_verdict *v)
{
	out->has_statement = v->has_statement;
	memcpy(out->statement, v->statement, sizeof(out->statement));
	memcpy(out->signer, v->signer, sizeof(out->signer));
	memcpy(out->iss, v->iss, sizeof(out->iss));
	memcpy(out->kid, v->kid, sizeof(out->kid));
	out->signed_at = v->signed_at;
	memcpy(out->origin, v->origin, sizeof(out->origin));
	out->has_entry = v->has_entry;
	out->log_index = v->log_index;
	out->checkpoint_size = v->checkpoint_size;
}

static void
fill_states(struct facts *out, const prov_verdict *v)
{
	out->has_digest = v->has_digest;
	out->digest = v->digest;
	out->has_uncovered = v->has_uncovered;
	out->uncovered = v->uncovered;
	out->binding = v->binding;
	out->signature = v->signature;
	out->ledger = v->ledger;
	out->superseded = v->superseded;
	findings_copy(&out->why, &v->why);
	out->edges = findings_skipped(&v->why, "clip.edges");
	if (v->sidecar_bad || (v->has_statement && !v->from_ledger))
		out->carrier = CARRIER_SIDECAR;
	else if (v->has_statement)
		out->carrier = CARRIER_LEDGER;
	if (v->signature == PROV_SIG_REVOKED)
		out->revoked = REVOKED_YES;
	else if (v->revocation_checked)
		out->revoked = REVOKED_NO;
}

/* When a quorum last timed the head that all this is under. */
static prov_status
fill_head(struct facts *out, const struct task *t, const struct evidence *e,
    prov_err *err)
{
	prov_verifier *v = t->v;
	struct quorum q = { 0 };
	prov_err why = { 0 };
	prov_status st;

	if (e != NULL && e->from_sidecar &&
	    (v->ledger == NULL ||
		strcmp(prov_ledger_origin(v->ledger), e->at.origin) != 0)) {
		out->has_head_time = e->quorum.timed;
		out->head_time = e->quorum.time;
		return (PROV_OK);
	}
	if (v->ledger == NULL || t->out->ledger_bad)
		return (PROV_OK);
	st = scale_weigh(&v->scale, &q, &t->judge.trust->logs,
	    ledger_note(v->ledger), t->judge.now, &why);
	if (st != PROV_OK && !prov_is_no(st))
		return (prov_fail(err, st, "%s", why.msg));
	out->has_head_time = st == PROV_OK && q.timed;
	out->head_time = out->has_head_time ? q.time : 0;
	return (PROV_OK);
}

static prov_status
fill(struct facts *out, struct task *t, prov_err *err)
{
	const struct evidence *e = task_conclude(t);
	prov_status st;

	fill_states(out, t->out);
	fill_statement(out, t->out);
	fill_media_type(out, t, e);
	out->has_size = !t->bare;
	if (e != NULL) {
		fill_captions(out, e);
		out->origin_class = e->m.origin;
		if (t->bare && e->binding == PROV_BIND_EXACT) {
			out->has_size = true;
			out->digest.size = e->m.asset.size;
		}
	}
	if ((st = fill_head(out, t, e, err)) != PROV_OK)
		return (st);
	out->cached = t->recalled;
	return (join_claims(&out->claimed, t, err));
}

/*
 * What failed says nothing of the asset, whatever was found before: nobody
 * may take it for valid.
 */
static void
note_trouble(struct facts *out, prov_status st, const prov_err *why)
{
	out->trouble = st;
	(void)snprintf(out->error, sizeof(out->error), "%s",
	    why->msg[0] != '\0' ? why->msg : prov_strstatus(st));
	out->binding = PROV_BIND_NONE;
	out->signature = PROV_SIG_ABSENT;
	out->ledger = PROV_LEDGER_UNCHECKED;
	out->revoked = REVOKED_UNCHECKED;
	out->claimed = (struct signals){ 0 };
}

void
facts_clear(struct facts *f)
{
	memset(f, 0, offsetof(struct facts, why));
	findings_clear(&f->why);
}

static void
begin(struct facts *out, const struct subject *s)
{
	facts_clear(out);
	out->id = s->name;
	out->path = s->path;
	if (s->seen != NULL)
		out->seen = *s->seen;
}

prov_status
verify_subject(prov_verifier *v, const struct subject *s, struct facts *out,
    prov_err *err)
{
	UNSET prov_verdict verdict;
	AUTO_TASK t = TASK(v, &verdict);
	prov_err why = { 0 };
	prov_status st;

	memset(&verdict, 0, offsetof(prov_verdict, why));
	findings_clear(&verdict.why);
	if ((st = check_subject(s, err)) != PROV_OK)
		return (st);
	begin(out, s);
	if ((st = work(&t, s, &out->seen, &why)) == PROV_OK) {
		if ((st = fill(out, &t, &why)) == PROV_OK)
			st = task_remember(&t, &why);
	} else if (verdict.has_digest) {
		out->has_digest = true;
		out->digest = verdict.digest;
		out->has_size = !t.bare;
	}
	if (st == PROV_ENOMEM || st == PROV_EARG)
		return (prov_fail(err, st, "%s", why.msg));
	if (st != PROV_OK)
		note_trouble(out, st, &why);
	return (PROV_OK);
}

void
verifier_recollect(prov_verifier *v, const struct recollection *r)
{
	v->known = r;
}

void
verifier_recalls(const prov_verifier *v, struct recalls *out)
{
	*out = v->recalls;
}
