/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "carrier/sidecar.h"
#include "gate/dsse.h"
#include "gate/runreport.h"
#include "sign/statement.h"
#include "verify/runcase.h"
#include "verify/verifier.h"

DEFINE_AUTO(prov_run_report, prov_run_report_free)

/* What lies beside a run. */
struct beside {
	struct buf sidecar_bytes, envelope;
	struct sidecar *sidecar; /* NULL: none, or malformed */
};

static void
beside_clear(struct beside *b)
{
	buf_free(&b->sidecar_bytes);
	buf_free(&b->envelope);
	free(b->sidecar);
}
#define AUTO_BESIDE __attribute__((cleanup(beside_clear))) struct beside

void
prov_run_report_free(prov_run_report *r)
{
	if (r == NULL)
		return;
	summary_free(r->is);
	prov_verdict_free(r->verdict);
	free(r->path);
	free(r);
}

__attribute__((format(printf, 3, 4))) static void
add_why(prov_run_report *r, const char *code, const char *fmt, ...)
{
	struct run_why *w = &r->why[r->n_why];
	va_list ap;

	if (r->n_why == RUN_WHY_MAX)
		return;
	w->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(w->detail, sizeof(w->detail), fmt, ap);
	va_end(ap);
	r->n_why++;
}

/* A file that was named has to be there; one beside the run may be missing. */
static prov_status
read_beside(struct buf *out, const char *named, char *usual, size_t max,
    prov_err *err)
{
	AUTO_FREE char *owned = usual;
	const char *path = named != NULL ? named : owned;
	prov_err why = { 0 };
	prov_status st;

	if (path == NULL)
		return (prov_fail(err, PROV_ENOMEM, "run"));
	st = file_read(out, path, max, &why);
	if (st == PROV_OK || (st == PROV_ENOTFOUND && named == NULL))
		return (PROV_OK);
	return (prov_fail(err, st == PROV_ENOTFOUND ? PROV_EOPEN : st, "%s",
	    why.msg));
}

/* verify_run says what is wrong with one that does not decode. */
static prov_status
open_beside(struct beside *b, const char *run, const char *sidecar,
    const char *envelope, prov_err *err)
{
	prov_status st;

	if ((st = read_beside(&b->sidecar_bytes, sidecar,
		 sidecar_path(run, NULL), SIDECAR_MAX, err)) != PROV_OK ||
	    (st = read_beside(&b->envelope, envelope, prov_run_envelope(run),
		 DSSE_MAX, err)) != PROV_OK)
		return (st);
	if (b->sidecar_bytes.len == 0)
		return (PROV_OK);
	if ((b->sidecar = calloc(1, sizeof(*b->sidecar))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "sidecar"));
	st = sidecar_decode(b->sidecar, buf_span(&b->sidecar_bytes), NULL);
	if (st != PROV_OK) {
		free(b->sidecar);
		b->sidecar = NULL;
	}
	return (st == PROV_ENOMEM ? prov_fail(err, st, "sidecar") : PROV_OK);
}

/* What its statement says; one that does not decode never verified. */
static prov_status
read_said(prov_run_report *r, prov_span statement, prov_err *err)
{
	struct statement s;
	prov_err why = { 0 };
	prov_status st;

	if (statement.len == 0)
		return (PROV_OK);
	if ((st = statement_parse(&s, statement, &why)) == PROV_OK)
		st = run_record_decode(&r->said, s.payload, &why);
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	r->has_said = true;
	return (PROV_OK);
}

/*
 * Whether the records come to what is said of them: everything that follows
 * from them, in the one form that it has.
 */
static prov_status
compare_counts(prov_run_report *r, prov_err *err)
{
	AUTO_FREE struct run_record *is = malloc(sizeof(*is));
	AUTO_BUF a = { 0 }, b = { 0 };
	prov_status st;

	if (is == NULL)
		return (prov_fail(err, PROV_ENOMEM, "run record"));
	*is = r->is->r;
	memcpy(is->verifier, r->said.verifier, sizeof(is->verifier));
	memcpy(is->policy_name, r->said.policy_name, sizeof(is->policy_name));
	memcpy(is->envelope, r->said.envelope, sizeof(is->envelope));
	for (size_t i = 0; i < is->n_heads && i < r->said.n_heads; i++) {
		is->heads[i].has_root = r->said.heads[i].has_root;
		memcpy(is->heads[i].root, r->said.heads[i].root, 32);
	}
	if ((st = run_record_encode(&a, &r->said, err)) != PROV_OK)
		return (st);
	/* What has no form differs; out of memory nothing is known. */
	if ((st = run_record_encode(&b, is, NULL)) == PROV_ENOMEM)
		return (prov_fail(err, st, "run record"));
	if (st == PROV_OK && span_eq(buf_span(&a), buf_span(&b)))
		r->same = true;
	else
		add_why(r, "run.counts",
		    "the records do not come to the counts that were signed");
	return (PROV_OK);
}

static prov_status
add_line(void *arg, const struct difference *d, prov_err *err)
{
	prov_run_report *r = arg;

	(void)err;
	if (r->n_named < RUN_NAMED_MAX)
		r->named[r->n_named++] = *d;
	r->n_lines++;
	return (PROV_OK);
}

/* The sidecar's lines count if they are those that were signed. */
static prov_status
name_lines(prov_run_report *r, const struct beside *b, prov_err *err)
{
	uint8_t digest[32];
	prov_status st;

	if (b->sidecar == NULL)
		return (PROV_OK);
	if ((st = sha256_of(digest, b->sidecar->lines, err)) != PROV_OK)
		return (st);
	if (memcmp(digest, r->said.lines, sizeof(digest)) != 0)
		return (PROV_OK);
	r->has_lines = true;
	return (difference_find(b->sidecar->lines, buf_span(&r->is->lines),
	    add_line, r, err));
}

static prov_status
compare_records(prov_run_report *r, const struct beside *b, prov_err *err)
{
	if (memcmp(r->said.root, r->is->r.root, 32) != 0) {
		add_why(r, "run.altered",
		    "the records are not those that were signed");
		return (name_lines(r, b, err));
	}
	if (r->is->bad != 0) {
		add_why(r, "run.line", "line %llu: %.100s",
		    (unsigned long long)r->is->bad, r->is->why.msg);
		return (PROV_OK);
	}
	return (compare_counts(r, err));
}

/* The attestation is the very one that was logged, by the same key. */
static prov_status
check_envelope(const prov_run_report *r, const prov_trust *trust,
    prov_span bytes, prov_err *err)
{
	const prov_trust_signer *signer = trust_find(trust, r->verdict->kid);
	char name[SVR_NAME_MAX + 1];
	AUTO_DSSE d = { .n = 0 };
	uint8_t digest[32];
	prov_status st;

	if ((st = sha256_of(digest, bytes, err)) != PROV_OK ||
	    (st = dsse_parse(&d, bytes, err)) != PROV_OK)
		return (st);
	if (memcmp(digest, r->said.envelope, sizeof(digest)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "envelope: it is not the one that was logged"));
	if (signer == NULL)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "envelope: nobody trusted has its key"));
	if ((st = dsse_verify(&d, &signer->key, err)) != PROV_OK)
		return (st);
	return (svr_check(name, buf_span(&d.payload), &r->said, err));
}

static prov_status
judge_envelope(prov_run_report *r, const prov_verifier *v, prov_span bytes,
    prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	if (bytes.len == 0)
		return (PROV_OK);
	r->envelope = ENVELOPE_INVALID;
	st = check_envelope(r, v->o.trust, bytes, &why);
	if (st == PROV_OK)
		r->envelope = ENVELOPE_VALID;
	else if (prov_is_no(st))
		add_why(r, "run.envelope", "%.150s", why.msg);
	else
		return (prov_fail(err, st, "%s", why.msg));
	return (PROV_OK);
}

/* What the log at hand was then is what the signer saw. */
static prov_status
judge_head(prov_run_report *r, prov_ledger *l, const struct run_head *h,
    prov_err *err)
{
	prov_err why = { 0 };
	uint8_t root[32];
	prov_status st;

	if (!h->has_root || strcmp(h->origin, prov_ledger_origin(l)) != 0)
		return (PROV_OK);
	st = ledger_root_at(l, h->size, root, &why);
	if (st != PROV_OK && !prov_is_no(st))
		return (prov_fail(err, st, "%s", why.msg));
	if (st == PROV_OK && memcmp(root, h->root, sizeof(root)) == 0)
		r->heads_checked = true;
	else
		add_why(r, "run.head",
		    "it was decided under a head of %llu entries that %.60s "
		    "never had",
		    (unsigned long long)h->size, h->origin);
	return (PROV_OK);
}

static prov_status
judge_heads(prov_run_report *r, prov_verifier *v, prov_err *err)
{
	prov_status st = PROV_OK;

	if (v->ledger == NULL || v->ledger_bad)
		return (PROV_OK);
	for (size_t i = 0; i < r->said.n_heads && st == PROV_OK; i++)
		st = judge_head(r, v->ledger, &r->said.heads[i], err);
	return (st);
}

/* The conjunction of all, nothing less. */
static void
settle(prov_run_report *r)
{
	r->holds = verify_run_holds(r->verdict) && r->has_said && r->same &&
	           r->n_why == 0 && r->n_lines == 0 &&
	           r->envelope != ENVELOPE_INVALID;
}

static prov_status
judge(prov_run_report *r, prov_verifier *v, const struct beside *b,
    prov_err *err)
{
	AUTO_BUF statement = { 0 };
	prov_status st;

	if ((st = verify_run(v, r->is->r.root, buf_span(&b->sidecar_bytes),
		 &statement, &r->verdict, err)) != PROV_OK ||
	    (st = read_said(r, buf_span(&statement), err)) != PROV_OK)
		return (st);
	if (!r->has_said)
		return (PROV_OK);
	if ((st = compare_records(r, b, err)) != PROV_OK ||
	    (st = judge_envelope(r, v, buf_span(&b->envelope), err)) != PROV_OK)
		return (st);
	return (judge_heads(r, v, err));
}

static prov_status
read_run(prov_run_report *r, prov_err *err)
{
	AUTO_FD int fd = -1;
	struct stat sb;
	prov_status st;

	if ((st = file_open(&fd, &sb, r->path, err)) != PROV_OK)
		return (st == PROV_ENOTFOUND ? PROV_EOPEN : st);
	return (summary_read(&r->is, fd, err));
}

prov_status
prov_run_verify(prov_verifier *v, const char *run, const char *sidecar,
    const char *envelope, prov_run_report **out, prov_err *err)
{
	AUTO(prov_run_report) *r = calloc(1, sizeof(*r));
	AUTO_BESIDE b = { .sidecar = NULL };
	prov_status st;

	if (r == NULL || (r->path = strdup(run)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "run"));
	if ((st = read_run(r, err)) != PROV_OK ||
	    (st = open_beside(&b, run, sidecar, envelope, err)) != PROV_OK ||
	    (st = judge(r, v, &b, err)) != PROV_OK)
		return (st);
	settle(r);
	*out = TAKE(r);
	return (PROV_OK);
}

int
prov_run_report_status(const prov_run_report *r)
{
	if (r->holds)
		return (0);
	/* Only time can tell of a log that is behind what is remembered. */
	return (
	    r->verdict->ledger == PROV_LEDGER_STALE && r->n_why == 0 ? 75 : 1);
}
