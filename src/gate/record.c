/* SPDX-License-Identifier: ISC */
#include "gate/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/jsonin.h"
#include "base/text.h"
#include "verify/verdict.h"

static const char *const decisions[] = {
	[PROV_DENY] = "deny",
	[PROV_RETRY] = "retry",
	[PROV_QUARANTINE] = "quarantine",
	[PROV_ALLOW] = "allow",
};
#define DECISIONS (sizeof(decisions) / sizeof(decisions[0]))

const char *
decision_name(prov_decision d)
{
	return ((size_t)d < DECISIONS ? decisions[d] : decisions[PROV_DENY]);
}

bool
decision_parse(prov_decision *out, const char *name)
{
	for (size_t i = 0; name != NULL && i < DECISIONS; i++)
		if (strcmp(name, decisions[i]) == 0) {
			*out = (prov_decision)i;
			return (true);
		}
	return (false);
}

/* An empty text is one that is not known. */
static void
put_known(struct json *j, const char *key, const char *s)
{
	json_str(j, key, s != NULL && s[0] != '\0' ? s : NULL);
}

static void
put_time(struct json *j, const char *key, bool there, int64_t t)
{
	char when[32];

	if (there)
		time_format(when, t);
	json_str(j, key, there ? when : NULL);
}

/* "2026-11-23T20:41:00.123Z" */
static void
put_time_ms(struct json *j, const char *key, int64_t ms)
{
	unsigned rest = (unsigned)(ms % 1000);
	char point[] = { '.', (char)('0' + rest / 100),
		(char)('0' + rest / 10 % 10), (char)('0' + rest % 10), 'Z',
		'\0' };
	char when[32 + sizeof(point)];

	time_format(when, ms / 1000);
	/* The Z goes behind. */
	memcpy(when + strlen(when) - 1, point, sizeof(point));
	json_str(j, key, when);
}

/* What prov_exit says of a decision: 0, 1 or 75. */
static int
status_of(prov_decision d)
{
	return (d == PROV_ALLOW ? 0 : d == PROV_RETRY ? 75 : 1);
}

static void
put_why(struct json *j, const struct findings *why)
{
	json_begin_array(j, "reasons");
	for (size_t i = 0; i < why->n; i++)
		json_str(j, NULL, why->at[i].code);
	json_end(j);
	json_begin_array(j, "not_checked");
	for (size_t i = 0; i < why->n_skipped; i++)
		json_str(j, NULL, why->skipped[i]);
	json_end(j);
}

static void
put_digest(struct json *j, const struct facts *f)
{
	if (f->has_digest)
		json_hex(j, "sha256", f->digest.sha256, 32);
	else
		json_null(j, "sha256");
	if (f->has_digest && f->has_size)
		json_u64(j, "bytes", f->digest.size);
	else
		json_null(j, "bytes");
}

static void
put_statement(struct json *j, const struct facts *f)
{
	put_known(j, "signer", f->signer);
	if (f->has_statement)
		json_hex(j, "kid", f->kid, 32);
	else
		json_null(j, "kid");
	put_known(j, "iss", f->iss);
	put_time(j, "signed_at", f->has_statement, f->signed_at);
}

static void
put_entry(struct json *j, const struct facts *f)
{
	put_known(j, "origin", f->origin);
	if (f->has_entry) {
		json_u64(j, "log_index", f->log_index);
		json_u64(j, "checkpoint_size", f->checkpoint_size);
	} else {
		json_null(j, "log_index");
		json_null(j, "checkpoint_size");
	}
	put_time(j, "witnessed_at", f->has_head_time, f->head_time);
	if (f->has_uncovered)
		json_i64(j, "uncovered_bytes", f->uncovered);
	else
		json_null(j, "uncovered_bytes");
	json_begin_array(j, "streams");
	json_end(j);
}

/* As prov verify --json has it. */
static void
put_verdict(struct json *j, const prov_gate_answer *a)
{
	const struct facts *f = &a->facts;

	json_u64(j, "v", 1);
	json_str(j, "path", a->path);
	json_i64(j, "status", status_of(a->decision.decision));
	json_str(j, "error", f->trouble != PROV_OK ? f->error : NULL);
	json_str(j, "binding", binding_name(f->binding));
	json_str(j, "signature", sig_state_name(f->signature));
	json_str(j, "ledger", ledger_state_name(f->ledger));
	put_why(j, &a->decision.why);
	put_digest(j, f);
	put_statement(j, f);
	put_entry(j, f);
	json_str(j, "decision", decision_name(a->decision.decision));
	json_real(j, "ms", round(a->ms * 1000) / 1000);
}

static void
put_policy(struct json *j, const prov_policy *p)
{
	char digest[7 + 64 + 1] = "sha256:";

	hex_encode(digest + 7, prov_policy_digest(p), 32);
	json_str(j, "policy", digest);
	json_str(j, "purpose", prov_policy_purpose(p));
}

/* What gate adds. */
static void
put_decision(struct json *j, const prov_gate_answer *a)
{
	const struct decision *d = &a->decision;

	json_str(j, "id", a->id);
	put_policy(j, a->policy);
	json_str(j, "rights", a->refused ? NULL : use_name(d->rights));
	put_known(j, "source_type", a->refused ? NULL : d->source_type);
	put_known(j, "license", a->refused ? NULL : d->license);
	json_str(j, "effective", decision_name(d->effective));
	if (d->rule > 0)
		json_u64(j, "rule", d->rule);
	else
		json_null(j, "rule");
	put_known(j, "note", d->note);
	put_known(j, "route", d->route);
	put_time_ms(j, "t", a->t_ms);
	json_bool(j, "cached", a->facts.cached);
	json_str(j, "tenant", a->tenant);
	put_known(j, "media_type", a->facts.media_type);
	if (a->facts.has_statement)
		json_hex(j, "statement", a->facts.statement, 32);
	else
		json_null(j, "statement");
}

prov_status
record_put(struct buf *b, const prov_gate_answer *a, prov_err *err)
{
	AUTO_JSON *j = NULL;
	prov_status st;

	if (a->known.len > 0) {
		buf_put_span(b, buf_span(&a->known));
	} else {
		if ((j = json_new()) == NULL)
			return (prov_fail(err, PROV_ENOMEM, "record"));
		put_verdict(j, a);
		put_decision(j, a);
		if ((st = json_put(j, b, err)) != PROV_OK)
			return (st);
	}
	buf_put_byte(b, '\n');
	return (buf_done(b, err));
}

void
record_clear(struct record *r)
{
	free(r->id);
	free(r->path);
	free(r->tenant);
	free(r->error);
	memset(r, 0, sizeof(*r));
}

/* All keys, so that a line of another kind is none of these. */
static const char *const keys[] = { "v", "path", "status", "error", "binding",
	"signature", "ledger", "reasons", "not_checked", "sha256", "bytes",
	"signer", "kid", "iss", "signed_at", "origin", "log_index",
	"checkpoint_size", "witnessed_at", "uncovered_bytes", "streams",
	"decision", "ms", "id", "policy", "purpose", "rights", "source_type",
	"license", "effective", "rule", "note", "route", "t", "cached",
	"tenant", "media_type", "statement" };
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static prov_status
bad(const char *key, prov_err *err)
{
	return (prov_fail(err, PROV_EFORMAT, "record: %s", key));
}

/* A text that is owned, or null. */
static prov_status
take_owned(char **out, const struct jsonin *o, const char *key, prov_err *err)
{
	const struct jsonin *v = jsonin_get(o, key);
	const char *s = jsonin_str(v);

	if (s == NULL)
		return (jsonin_is_null(v) ? PROV_OK : bad(key, err));
	if ((*out = strdup(s)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "record"));
	return (PROV_OK);
}

/* A text that has to fit, or null. */
static prov_status
take_text(char *out, size_t room, const struct jsonin *o, const char *key,
    prov_err *err)
{
	const struct jsonin *v = jsonin_get(o, key);
	const char *s = jsonin_str(v);

	if (s == NULL && jsonin_is_null(v))
		s = "";
	if (s == NULL || strlen(s) >= room)
		return (bad(key, err));
	memcpy(out, s, strlen(s) + 1);
	return (PROV_OK);
}

static prov_status
take_hex(uint8_t out[32], bool *there, const struct jsonin *o, const char *key,
    prov_err *err)
{
	const struct jsonin *v = jsonin_get(o, key);

	*there = jsonin_hex(v, out, 32);
	return (*there || jsonin_is_null(v) ? PROV_OK : bad(key, err));
}

static prov_status
take_u64(uint64_t *out, bool *there, const struct jsonin *o, const char *key,
    prov_err *err)
{
	const struct jsonin *v = jsonin_get(o, key);

	*there = jsonin_u64(v, out);
	return (*there || jsonin_is_null(v) ? PROV_OK : bad(key, err));
}

/* The time that put_time_ms wrote. */
static prov_status
take_time(int64_t *out, const struct jsonin *o, prov_err *err)
{
	const char *s = jsonin_str(jsonin_get(o, "t"));
	size_t len = s == NULL ? 0 : strlen(s);
	char whole[32];
	uint64_t ms;
	int64_t t;

	if (len < 6 || len - 4 >= sizeof(whole) || s[len - 5] != '.' ||
	    s[len - 1] != 'Z')
		return (bad("t", err));
	(void)snprintf(whole, sizeof(whole), "%.*sZ", (int)(len - 5), s);
	ms = 0;
	for (size_t i = len - 4; i < len - 1; i++) {
		if (s[i] < '0' || s[i] > '9')
			return (bad("t", err));
		ms = ms * 10 + (uint64_t)(s[i] - '0');
	}
	if (!time_parse(&t, whole))
		return (bad("t", err));
	*out = t * 1000 + (int64_t)ms;
	return (PROV_OK);
}

static prov_status
take_reasons(struct record *r, const struct jsonin *o, prov_err *err)
{
	const struct jsonin *list = jsonin_get(o, "reasons");

	if (!jsonin_is_array(list) || jsonin_n(list) > FINDINGS_MAX)
		return (bad("reasons", err));
	for (size_t i = 0; i < jsonin_n(list); i++) {
		const char *s = jsonin_str(jsonin_at(list, i));

		if (s == NULL || strlen(s) > CODE_MAX)
			return (bad("reasons", err));
		memcpy(r->reasons[r->n_reasons++], s, strlen(s) + 1);
	}
	return (PROV_OK);
}

static prov_status
take_decision(struct record *r, const struct jsonin *o, prov_err *err)
{
	const char *policy = jsonin_str(jsonin_get(o, "policy"));

	if (policy == NULL || strncmp(policy, "sha256:", 7) != 0 ||
	    !hex_decode(r->policy, 32, policy + 7, strlen(policy + 7)))
		return (bad("policy", err));
	if (!decision_parse(&r->decision,
		jsonin_str(jsonin_get(o, "decision"))))
		return (bad("decision", err));
	if (!decision_parse(&r->effective,
		jsonin_str(jsonin_get(o, "effective"))))
		return (bad("effective", err));
	return (PROV_OK);
}

static prov_status
take_evidence(struct record *r, const struct jsonin *o, prov_err *err)
{
	bool has_kid, has_size;
	prov_status st;

	if ((st = take_hex(r->sha256, &r->has_sha256, o, "sha256", err)) !=
		PROV_OK ||
	    (st = take_u64(&r->bytes, &r->has_bytes, o, "bytes", err)) !=
		PROV_OK ||
	    (st = take_hex(r->statement, &r->has_statement, o, "statement",
		 err)) != PROV_OK ||
	    (st = take_hex(r->kid, &has_kid, o, "kid", err)) != PROV_OK ||
	    (st = take_text(r->signer, sizeof(r->signer), o, "signer", err)) !=
		PROV_OK ||
	    (st = take_text(r->origin, sizeof(r->origin), o, "origin", err)) !=
		PROV_OK ||
	    (st = take_u64(&r->log_index, &r->has_entry, o, "log_index",
		 err)) != PROV_OK ||
	    (st = take_u64(&r->checkpoint_size, &has_size, o, "checkpoint_size",
		 err)) != PROV_OK)
		return (st);
	if (has_size != r->has_entry)
		return (bad("checkpoint_size", err));
	return (has_kid == r->has_statement ? PROV_OK : bad("kid", err));
}

/* The number of a word, of which name has all up to last. */
static prov_status
take_word(unsigned *out, const struct jsonin *o, const char *key,
    const char *(*name)(unsigned), unsigned last, prov_err *err)
{
	const char *s = jsonin_str(jsonin_get(o, key));

	for (unsigned i = 0; s != NULL && i <= last; i++)
		if (strcmp(s, name(i)) == 0) {
			*out = i;
			return (PROV_OK);
		}
	return (bad(key, err));
}

static const char *
binding_word(unsigned i)
{
	return (binding_name((prov_binding)i));
}

static const char *
signature_word(unsigned i)
{
	return (sig_state_name((prov_sig_state)i));
}

static const char *
ledger_word(unsigned i)
{
	return (ledger_state_name((prov_ledger_state)i));
}

static prov_status
take_states(struct record *r, const struct jsonin *o, prov_err *err)
{
	unsigned binding, signature, ledger;
	prov_status st;

	if ((st = take_word(&binding, o, "binding", binding_word,
		 PROV_BIND_EXACT, err)) != PROV_OK ||
	    (st = take_word(&signature, o, "signature", signature_word,
		 PROV_SIG_VALID, err)) != PROV_OK ||
	    (st = take_word(&ledger, o, "ledger", ledger_word,
		 PROV_LEDGER_INCLUDED, err)) != PROV_OK)
		return (st);
	r->binding = (prov_binding)binding;
	r->signature = (prov_sig_state)signature;
	r->ledger = (prov_ledger_state)ledger;
	return (PROV_OK);
}

/* Of purposes only a single one is told; policies may be for all or none. */
static prov_status
take_rights(struct record *r, const struct jsonin *o, prov_err *err)
{
	const struct jsonin *rights = jsonin_get(o, "rights");
	const char *use = jsonin_str(rights);
	const char *purpose = jsonin_str(jsonin_get(o, "purpose"));
	prov_status st;

	r->rights = USE_SILENT;
	if ((use == NULL && !jsonin_is_null(rights)) ||
	    (use != NULL && !use_find(&r->rights, span(use, strlen(use)))))
		return (bad("rights", err));
	r->purpose = PURPOSE_N;
	if (purpose == NULL ||
	    (!purpose_find(&r->purpose, span(purpose, strlen(purpose))) &&
		strcmp(purpose, "all") != 0 && strcmp(purpose, "none") != 0))
		return (bad("purpose", err));
	if ((st = take_text(r->source_type, sizeof(r->source_type), o,
		 "source_type", err)) != PROV_OK)
		return (st);
	return (take_text(r->license, sizeof(r->license), o, "license", err));
}

static prov_status
take_media(struct record *r, const struct jsonin *o, prov_err *err)
{
	const struct jsonin *v = jsonin_get(o, "uncovered_bytes");
	const struct jsonin *skipped = jsonin_get(o, "not_checked");

	if (!jsonin_is_array(skipped))
		return (bad("not_checked", err));
	for (size_t i = 0; i < jsonin_n(skipped); i++) {
		const char *s = jsonin_str(jsonin_at(skipped, i));

		r->edges |= s != NULL && strcmp(s, "clip.edges") == 0;
	}

	r->has_uncovered = jsonin_i64(v, &r->uncovered);
	if ((!r->has_uncovered && !jsonin_is_null(v)) || r->uncovered < 0)
		return (bad("uncovered_bytes", err));
	return (take_text(r->media_type, sizeof(r->media_type), o, "media_type",
	    err));
}

static prov_status
take_all(struct record *r, const struct jsonin *o, prov_err *err)
{
	prov_status st;
	int64_t v;

	if ((st = jsonin_only(o, keys, KEYS, "record", err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < KEYS; i++)
		if (jsonin_get(o, keys[i]) == NULL)
			return (bad(keys[i], err));
	if (!jsonin_i64(jsonin_get(o, "v"), &v) || v != 1)
		return (bad("v", err));
	if ((st = take_owned(&r->id, o, "id", err)) != PROV_OK ||
	    (st = take_owned(&r->path, o, "path", err)) != PROV_OK ||
	    (st = take_owned(&r->tenant, o, "tenant", err)) != PROV_OK ||
	    (st = take_owned(&r->error, o, "error", err)) != PROV_OK ||
	    (st = take_text(r->route, sizeof(r->route), o, "route", err)) !=
		PROV_OK ||
	    (st = take_decision(r, o, err)) != PROV_OK ||
	    (st = take_reasons(r, o, err)) != PROV_OK ||
	    (st = take_states(r, o, err)) != PROV_OK ||
	    (st = take_rights(r, o, err)) != PROV_OK ||
	    (st = take_media(r, o, err)) != PROV_OK ||
	    (st = take_evidence(r, o, err)) != PROV_OK)
		return (st);
	return (take_time(&r->t_ms, o, err));
}

prov_status
record_parse(struct record *out, prov_span line, prov_err *err)
{
	AUTO_JSONIN *in = NULL;
	prov_status st;

	memset(out, 0, sizeof(*out));
	if (line.len > RECORD_MAX)
		return (prov_fail(err, PROV_EFORMAT,
		    "record: more than %lu bytes", RECORD_MAX));
	if ((st = jsonin_parse(&in, line, "record", err)) == PROV_OK)
		st = take_all(out, in, err);
	if (st != PROV_OK)
		record_clear(out);
	return (st);
}
