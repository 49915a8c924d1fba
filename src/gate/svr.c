/* SPDX-License-Identifier: ISC */
#include "gate/svr.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/jsonin.h"
#include "base/text.h"

static const char what[] = "in-toto statement";

static const char STATEMENT[] = "https://in-toto.io/Statement/v1";
static const char PREDICATE[] = "https://in-toto.io/attestation/svr/v0.2";

static void
put_digest(struct json *j, const char *algorithm, const uint8_t digest[32])
{
	json_begin_object(j, "digest");
	json_hex(j, algorithm, digest, 32);
	json_end(j);
}

/* The root is no digest of a file, so it does not pass for one. */
static void
put_subjects(struct json *j, const struct run_record *r, const char *name)
{
	json_begin_array(j, "subject");
	json_begin_object(j, NULL);
	json_str(j, "name", name);
	put_digest(j, "sha256", r->file);
	json_end(j);
	json_begin_object(j, NULL);
	json_str(j, "name", "records");
	put_digest(j, "rfc9162Sha256", r->root);
	json_end(j);
	json_end(j);
}

/* "prov gate 0.1.0" is urn:prov:gate:0.1.0. */
static void
put_verifier(struct json *j, const struct run_record *r)
{
	char id[4 + RUN_VERIFIER_MAX + 1];

	(void)snprintf(id, sizeof(id), "urn:%s", r->verifier);
	for (char *s = id; *s != '\0'; s++)
		if (*s == ' ')
			*s = ':';
	json_begin_object(j, "verifier");
	json_str(j, "id", id);
	json_begin_array(j, "policies");
	json_begin_object(j, NULL);
	if (r->policy_name[0] != '\0')
		json_str(j, "name", r->policy_name);
	put_digest(j, "sha256", r->policy);
	json_str(j, "mediaType", "application/prov-policy+cbor");
	json_end(j);
	json_end(j);
	json_end(j);
}

static void
put_decisions(struct json *j, const char *key, const uint64_t *n)
{
	json_begin_object(j, key);
	json_u64(j, "allow", n[PROV_ALLOW]);
	json_u64(j, "quarantine", n[PROV_QUARANTINE]);
	json_u64(j, "retry", n[PROV_RETRY]);
	json_u64(j, "deny", n[PROV_DENY]);
	json_end(j);
}

static void
put_heads(struct json *j, const struct run_record *r)
{
	json_begin_array(j, "heads");
	for (size_t i = 0; i < r->n_heads; i++) {
		const struct run_head *h = &r->heads[i];

		json_begin_object(j, NULL);
		json_str(j, "origin", h->origin);
		json_u64(j, "size", h->size);
		if (h->has_root)
			json_hex(j, "root", h->root, sizeof(h->root));
		else
			json_null(j, "root");
		json_end(j);
	}
	json_end(j);
}

/* Codes have dots, which in-toto asks to keep out of keys. */
static void
put_reasons(struct json *j, const struct run_record *r)
{
	json_begin_array(j, "reasons");
	for (size_t i = 0; i < r->n_reasons; i++) {
		json_begin_object(j, NULL);
		json_str(j, "code", r->reasons[i].code);
		json_u64(j, "records", r->reasons[i].n);
		json_end(j);
	}
	json_end(j);
}

static void
put_run(struct json *j, const struct run_record *r)
{
	char when[32];

	json_begin_object(j, "prov_run");
	json_u64(j, "version", RUN_RECORD_VERSION);
	json_u64(j, "records", r->n);
	time_format(when, r->first / 1000);
	json_str(j, "first", when);
	time_format(when, r->last / 1000);
	json_str(j, "last", when);
	json_str(j, "purpose",
	    r->purpose < PURPOSE_N ? purpose_name(r->purpose) : NULL);
	put_decisions(j, "decisions", r->decided);
	put_decisions(j, "effective", r->effective);
	json_u64(j, "bytes", r->bytes);
	json_u64(j, "passedBytes", r->passed.bytes);
	put_reasons(j, r);
	put_heads(j, r);
	json_end(j);
}

static void
put_predicate(struct json *j, const struct run_record *r)
{
	const char *property;
	char when[32];

	json_begin_object(j, "predicate");
	put_verifier(j, r);
	time_format(when, r->last / 1000);
	json_str(j, "timeCreated", when);
	json_begin_array(j, "properties");
	for (size_t i = 0; (property = run_record_property(r, i)) != NULL; i++)
		json_str(j, NULL, property);
	json_end(j);
	put_run(j, r);
	json_end(j);
}

prov_status
svr_put(struct buf *b, const struct run_record *r, const char *name,
    prov_err *err)
{
	AUTO_JSON *j = json_new();

	if (j == NULL)
		return (prov_fail(err, PROV_ENOMEM, what));
	if (name[0] == '\0' || strlen(name) > SVR_NAME_MAX ||
	    !utf8_valid((const uint8_t *)name, strlen(name)))
		return (prov_fail(err, PROV_EARG,
		    "a run's name is UTF-8 of at most %d bytes", SVR_NAME_MAX));
	json_str(j, "_type", STATEMENT);
	put_subjects(j, r, name);
	json_str(j, "predicateType", PREDICATE);
	put_predicate(j, r);
	return (json_put(j, b, err));
}

prov_status
svr_name(char name[SVR_NAME_MAX + 1], prov_span statement, prov_err *err)
{
	AUTO_JSONIN *whole = NULL;
	const char *s;
	prov_status st;

	if ((st = jsonin_parse(&whole, statement, what, err)) != PROV_OK)
		return (st);
	s = jsonin_str(
	    jsonin_get(jsonin_at(jsonin_get(whole, "subject"), 0), "name"));
	if (s == NULL || s[0] == '\0' || strlen(s) > SVR_NAME_MAX)
		return (prov_fail(err, PROV_EFORMAT,
		    "%s: its first subject has no name", what));
	memcpy(name, s, strlen(s) + 1);
	return (PROV_OK);
}

prov_status
svr_check(char name[SVR_NAME_MAX + 1], prov_span statement,
    const struct run_record *r, prov_err *err)
{
	AUTO_BUF same = { 0 };
	prov_status st;

	if ((st = svr_name(name, statement, err)) != PROV_OK ||
	    (st = svr_put(&same, r, name, err)) != PROV_OK)
		return (st);
	if (!span_eq(statement, buf_span(&same)))
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "%s: it says something else than the run record", what));
	return (PROV_OK);
}
