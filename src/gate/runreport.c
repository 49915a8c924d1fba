/* SPDX-License-Identifier: ISC */
#include "gate/runreport.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

#define DETAIL_SHOWN 200

static const char *
word(const prov_run_report *r)
{
	const prov_verdict *v = r->verdict;

	if (r->holds)
		return ("VERIFIED");
	if (!r->has_said)
		return (v->sidecar_bad ? "INVALID" : "UNSIGNED");
	if (v->signature == PROV_SIG_REVOKED)
		return ("REVOKED");
	if (v->signature == PROV_SIG_UNKNOWN)
		return ("UNTRUSTED");
	if (v->signature == PROV_SIG_EXPIRED)
		return ("EXPIRED");
	if (v->ledger == PROV_LEDGER_FORK)
		return ("FORK");
	if (v->ledger == PROV_LEDGER_STALE)
		return ("STALE");
	if (v->signature == PROV_SIG_VALID &&
	    memcmp(r->said.root, r->is->r.root, 32) != 0)
		return ("ALTERED");
	return ("INVALID");
}

static void
put_outside(struct buf *b, const char *s, size_t max)
{
	text_escape(b, s, strlen(s), max);
}

static void
put_counts(struct buf *b, const struct run_record *r)
{
	buf_printf(b,
	    "  records   %" PRIu64 ": %" PRIu64 " allowed, %" PRIu64
	    " quarantined, %" PRIu64 " to try again, %" PRIu64 " denied\n",
	    r->n, r->decided[PROV_ALLOW], r->decided[PROV_QUARANTINE],
	    r->decided[PROV_RETRY], r->decided[PROV_DENY]);
}

static void
put_line(struct buf *b, const struct difference *d)
{
	switch (d->kind) {
	case DIFFERENCE_ALTERED:
		buf_printf(b, "  line %" PRIu64 " was altered", d->now);
		break;
	case DIFFERENCE_MISSING:
		buf_printf(b,
		    "  line %" PRIu64 " is missing, before line %" PRIu64 "\n",
		    d->was, d->now);
		return;
	case DIFFERENCE_ADDED:
		buf_printf(b, "  line %" PRIu64 " was added\n", d->now);
		return;
	case DIFFERENCE_MOVED:
		buf_printf(b, "  line %" PRIu64 " was moved", d->now);
		break;
	}
	if (d->was != d->now)
		buf_printf(b, "; it was line %" PRIu64, d->was);
	buf_put_byte(b, '\n');
}

static void
put_lines(struct buf *b, const prov_run_report *r)
{
	for (size_t i = 0; i < r->n_named; i++)
		put_line(b, &r->named[i]);
	if (r->n_lines > r->n_named)
		buf_printf(b, "  and %" PRIu64 " more lines differ\n",
		    r->n_lines - r->n_named);
	if (r->has_said && !r->has_lines &&
	    memcmp(r->said.root, r->is->r.root, 32) != 0)
		buf_put_str(b, "  which lines differ cannot be told without "
			       "the run's sidecar\n");
}

static void
put_why(struct buf *b, const prov_run_report *r)
{
	const struct findings *f = &r->verdict->why;

	for (size_t i = 0; i < f->n; i++) {
		buf_printf(b, "  %s: ", f->at[i].code);
		put_outside(b, f->at[i].detail, DETAIL_SHOWN);
		buf_put_byte(b, '\n');
	}
	for (size_t i = 0; i < r->n_why; i++) {
		buf_printf(b, "  %s: ", r->why[i].code);
		put_outside(b, r->why[i].detail, DETAIL_SHOWN);
		buf_put_byte(b, '\n');
	}
}

static void
put_signer(struct buf *b, const prov_verdict *v)
{
	if (!v->has_statement)
		return;
	buf_put_str(b, "  signer    ");
	put_outside(b, v->signer[0] != '\0' ? v->signer : v->iss, 80);
	buf_put_byte(b, ' ');
	hex_put(b, v->kid, 4);
	buf_put_byte(b, '\n');
	if (!v->has_entry)
		return;
	buf_put_str(b, "  ledger    ");
	put_outside(b, v->origin, 80);
	buf_printf(b, ", entry %" PRIu64 "\n", v->log_index);
}

void
runreport_text(struct buf *b, const prov_run_report *r)
{
	const char *property;

	buf_printf(b, "%s ", word(r));
	put_outside(b, r->path, 4096);
	buf_put_byte(b, '\n');
	put_signer(b, r->verdict);
	if (r->holds) {
		put_counts(b, &r->said);
		buf_put_str(b, "  policy    ");
		hex_put(b, r->said.policy, 32);
		buf_put_byte(b, ' ');
		put_outside(b, r->said.policy_name, 80);
		buf_put_byte(b, '\n');
	}
	for (size_t i = 0;
	     r->holds && (property = run_record_property(&r->said, i)) != NULL;
	     i++)
		buf_printf(b, "  passed    %s\n", property);
	put_lines(b, r);
	put_why(b, r);
}

static void
json_decisions(struct json *j, const char *key, const uint64_t *n)
{
	json_begin_object(j, key);
	json_u64(j, "allow", n[PROV_ALLOW]);
	json_u64(j, "quarantine", n[PROV_QUARANTINE]);
	json_u64(j, "retry", n[PROV_RETRY]);
	json_u64(j, "deny", n[PROV_DENY]);
	json_end(j);
}

static void
json_lines(struct json *j, const prov_run_report *r)
{
	json_begin_array(j, "lines");
	for (size_t i = 0; i < r->n_named; i++) {
		const struct difference *d = &r->named[i];

		json_begin_object(j, NULL);
		json_str(j, "what", difference_name(d->kind));
		if (d->kind != DIFFERENCE_ADDED)
			json_u64(j, "was", d->was);
		else
			json_null(j, "was");
		if (d->kind != DIFFERENCE_MISSING)
			json_u64(j, "now", d->now);
		else
			json_null(j, "now");
		json_end(j);
	}
	json_end(j);
	if (r->has_lines || r->same)
		json_u64(j, "lines_differ", r->n_lines);
	else
		json_null(j, "lines_differ");
}

static void
json_why(struct json *j, const prov_run_report *r)
{
	const struct findings *f = &r->verdict->why;

	json_begin_array(j, "reasons");
	for (size_t i = 0; i < f->n; i++)
		json_str(j, NULL, f->at[i].code);
	for (size_t i = 0; i < r->n_why; i++)
		json_str(j, NULL, r->why[i].code);
	json_end(j);
	json_begin_array(j, "not_checked");
	for (size_t i = 0; i < f->n_skipped; i++)
		json_str(j, NULL, f->skipped[i]);
	if (r->envelope == ENVELOPE_UNCHECKED)
		json_str(j, NULL, "envelope");
	if (!r->heads_checked)
		json_str(j, NULL, "heads");
	json_end(j);
}

static void
json_signer(struct json *j, const prov_verdict *v)
{
	json_str(j, "signer", v->signer[0] != '\0' ? v->signer : NULL);
	if (v->has_statement)
		json_hex(j, "kid", v->kid, sizeof(v->kid));
	else
		json_null(j, "kid");
	json_str(j, "iss", v->has_statement ? v->iss : NULL);
	json_str(j, "origin", v->origin[0] != '\0' ? v->origin : NULL);
	if (v->has_entry)
		json_u64(j, "log_index", v->log_index);
	else
		json_null(j, "log_index");
	if (v->has_entry)
		json_u64(j, "checkpoint_size", v->checkpoint_size);
	else
		json_null(j, "checkpoint_size");
}

/* What was signed, where all of it holds; else null, so that nobody uses it. */
static void
json_said(struct json *j, const prov_run_report *r)
{
	const struct run_record *s = &r->said;
	const char *property;

	if (!r->holds) {
		json_null(j, "run");
		return;
	}
	json_begin_object(j, "run");
	json_str(j, "verifier", s->verifier);
	json_str(j, "policy",
	    s->policy_name[0] != '\0' ? s->policy_name : NULL);
	json_hex(j, "policy_digest", s->policy, 32);
	json_str(j, "purpose",
	    s->purpose < PURPOSE_N ? purpose_name(s->purpose) : NULL);
	json_decisions(j, "decisions", s->decided);
	json_decisions(j, "effective", s->effective);
	json_u64(j, "bytes", s->bytes);
	json_u64(j, "passed_bytes", s->passed.bytes);
	json_begin_object(j, "reasons");
	for (size_t i = 0; i < s->n_reasons; i++)
		json_u64(j, s->reasons[i].code, s->reasons[i].n);
	json_end(j);
	json_begin_array(j, "properties");
	for (size_t i = 0; (property = run_record_property(s, i)) != NULL; i++)
		json_str(j, NULL, property);
	json_end(j);
	json_end(j);
}

prov_status
runreport_json(struct buf *b, const prov_run_report *r, prov_err *err)
{
	static const char *const envelopes[] = { "unchecked", "invalid",
		"valid" };
	const prov_verdict *v = r->verdict;
	AUTO_JSON *j = json_new();

	if (j == NULL)
		return (prov_fail(err, PROV_ENOMEM, "run report"));
	json_u64(j, "v", 1);
	json_str(j, "path", r->path);
	json_i64(j, "status", prov_run_report_status(r));
	json_str(j, "word", word(r));
	json_str(j, "signature", sig_state_name(v->signature));
	json_str(j, "ledger", ledger_state_name(v->ledger));
	json_str(j, "envelope", envelopes[r->envelope]);
	json_why(j, r);
	json_u64(j, "records", r->is->lines.len / RUN_PREFIX_LEN);
	json_hex(j, "root", r->is->r.root, 32);
	json_hex(j, "sha256", r->is->r.file, 32);
	json_lines(j, r);
	json_signer(j, v);
	json_said(j, r);
	return (json_put(j, b, err));
}

prov_status
prov_run_report_text(char **out, const prov_run_report *r, prov_err *err)
{
	AUTO_BUF b = { 0 };

	runreport_text(&b, r);
	return (buf_take_str(&b, out, err));
}

prov_status
prov_run_report_json(char **out, const prov_run_report *r, prov_err *err)
{
	AUTO_BUF b = { 0 };
	prov_status st;

	if ((st = runreport_json(&b, r, err)) != PROV_OK)
		return (st);
	return (buf_take_str(&b, out, err));
}
