/* SPDX-License-Identifier: ISC */

#include "base/text.h"
#include "carrier/shown.h"

static void put_value(struct json *j, const char *key, struct cbor *c);

static void
put_list(struct json *j, const char *key, struct cbor *c)
{
	uint64_t n;

	json_begin_array(j, key);
	if (cbor_get_array(c, &n, NULL) == PROV_OK)
		for (uint64_t i = 0; i < n; i++)
			put_value(j, NULL, c);
	json_end(j);
}

static void
put_map(struct json *j, const char *key, struct cbor *c)
{
	char label[LABEL_MAX + 1] = "";
	uint64_t n;

	json_begin_object(j, key);
	if (cbor_get_map(c, &n, NULL) == PROV_OK)
		for (uint64_t i = 0; i < n; i++)
			if (cbor_get_str(c, label, sizeof(label), NULL) ==
			    PROV_OK)
				put_value(j, label, c);
	json_end(j);
}

static void
put_number(struct json *j, const char *key, struct cbor *c)
{
	prov_span item;
	uint64_t u;
	int64_t v;

	if (cbor_get_uint(c, &u, NULL) == PROV_OK)
		json_u64(j, key, u);
	else if (cbor_get_int(c, &v, NULL) == PROV_OK)
		json_i64(j, key, v);
	else if (cbor_get_item(c, &item, NULL) == PROV_OK)
		json_hex(j, key, item.p, item.len); /* below -2^63 */
}

static void
put_simple(struct json *j, const char *key, struct cbor *c)
{
	bool v;

	if (cbor_get_bool(c, &v, NULL) == PROV_OK)
		json_bool(j, key, v);
	else if (cbor_get_null(c, NULL) == PROV_OK)
		json_null(j, key);
}

/* An assertion's value: manifest_decode has bounded and checked it. */
static void
put_value(struct json *j, const char *key, struct cbor *c)
{
	prov_span s;

	switch (cbor_peek(c)) {
	case CBOR_TEXT:
		if (cbor_get_text(c, &s, NULL) == PROV_OK)
			json_text(j, key, s);
		break;
	case CBOR_BYTES:
		if (cbor_get_bytes(c, &s, NULL) == PROV_OK)
			json_hex(j, key, s.p, s.len);
		break;
	case CBOR_ARRAY:
		put_list(j, key, c);
		break;
	case CBOR_MAP:
		put_map(j, key, c);
		break;
	case CBOR_SIMPLE:
		put_simple(j, key, c);
		break;
	case CBOR_UINT:
	case CBOR_NINT:
		put_number(j, key, c);
		break;
	case CBOR_TAG:
	case CBOR_END:
		break;
	}
}

static void
put_assertion(struct json *j, const struct assertion *a)
{
	struct cbor c;

	json_begin_object(j, NULL);
	json_str(j, "label", a->label[0] != '\0' ? a->label : NULL);
	json_bool(j, "private", a->is_private);
	if (a->is_private)
		json_hex(j, "digest", a->digest, sizeof(a->digest));
	else
		json_null(j, "digest");
	if (a->value.len > 0 &&
	    cbor_open(&c, buf_span(&a->value), NULL) == PROV_OK)
		put_value(j, "value", &c);
	else
		json_null(j, "value");
	json_end(j);
}

static void
put_stream(struct json *j, const struct stream *s)
{
	json_begin_object(j, NULL);
	json_u64(j, "index", s->index);
	json_str(j, "kind", prov_kind_name(s->kind));
	json_str(j, "codec", s->codec);
	json_str(j, "canon", s->canon);
	json_str(j, "rule", s->rule);
	json_hex(j, "root", s->root, sizeof(s->root));
	json_hex(j, "config", s->config, sizeof(s->config));
	json_begin_object(j, "parts");
	for (size_t i = 0; i < s->n_parts; i++)
		json_hex(j, s->parts[i].name, s->parts[i].digest, 32);
	json_end(j);
	json_hex(j, "timeline", s->timeline, sizeof(s->timeline));
	if (s->has_ancillary)
		json_hex(j, "ancillary", s->ancillary, sizeof(s->ancillary));
	else
		json_null(j, "ancillary");
	json_u64(j, "segments", s->segments);
	json_u64(j, "frames", s->frames);
	json_u64(j, "samples", s->samples);
	json_u64(j, "rate", s->rate);
	json_real(j, "duration_s", (double)s->duration_ns / 1e9);
	json_begin_object(j, "presentation");
	for (unsigned f = 0; f < PROV_FIELD_MAX; f++)
		if (s->present.known >> f & 1)
			json_i64(j, prov_field_name((prov_field)f),
			    s->present.v[f]);
	json_end(j);
	json_str(j, "refused", s->refused[0] != '\0' ? s->refused : NULL);
	json_end(j);
}

static void
put_claims(struct json *j, const struct manifest *m)
{
	json_begin_array(j, "assertions");
	for (size_t i = 0; i < m->n_assertions; i++)
		put_assertion(j, &m->assertions[i]);
	json_end(j);
	json_begin_array(j, "ingredients");
	for (size_t i = 0; i < m->n_ingredients; i++) {
		json_begin_object(j, NULL);
		json_hex(j, "statement", m->ingredients[i].statement, 32);
		json_str(j, "relation", m->ingredients[i].relation);
		json_end(j);
	}
	json_end(j);
}

static void
put_manifest(struct json *j, const struct manifest *m)
{
	json_begin_object(j, "manifest");
	json_u64(j, "version", MANIFEST_VERSION);
	json_i64(j, "time", m->time);
	json_str(j, "tool", m->tool);
	json_hex(j, "sha256", m->asset.sha256, 32);
	json_u64(j, "bytes", m->asset.size);
	json_str(j, "format", m->format);
	json_str(j, "refused", m->refused[0] != '\0' ? m->refused : NULL);
	json_str(j, "origin", prov_origin_name(m->origin));
	if (m->has_supersedes)
		json_hex(j, "supersedes", m->supersedes, 32);
	else
		json_null(j, "supersedes");
	json_begin_array(j, "streams");
	for (size_t i = 0; i < m->n_streams; i++)
		put_stream(j, &m->streams[i]);
	json_end(j);
	put_claims(j, m);
	json_end(j);
}

static void
put_statement(struct json *j, const struct shown *s)
{
	const struct statement *t = &s->statement;

	json_begin_object(j, "statement");
	json_hex(j, "sha256", s->digest, sizeof(s->digest));
	json_str(j, "type", payload_type(t->kind));
	json_hex(j, "kid", t->kid, sizeof(t->kid));
	json_str(j, "iss", t->iss);
	json_str(j, "sub", t->sub);
	json_hex(j, "signature", t->sig, sizeof(t->sig));
	json_u64(j, "payload_bytes", t->payload.len);
	json_end(j);
}

static void
put_registration(struct json *j, const struct registration *r)
{
	json_begin_array(j, "registered");
	for (size_t i = 0; i < r->n; i++) {
		json_begin_object(j, NULL);
		json_str(j, "name", r->at[i].name);
		json_hex(j, "key", r->at[i].key, 32);
		if (r->at[i].has_recovery)
			json_hex(j, "recovery", r->at[i].recovery, 32);
		else
			json_null(j, "recovery");
		json_end(j);
	}
	json_end(j);
}

static void
put_revocation(struct json *j, const struct revocation *r)
{
	json_begin_object(j, "revocation");
	json_u64(j, "version", NOTICE_VERSION);
	json_hex(j, "kid", r->kid, sizeof(r->kid));
	json_str(j, "origin", r->origin);
	json_i64(j, "time", r->time);
	json_u64(j, "from_index", r->from_index);
	json_str(j, "reason", revocation_reason(r->reason));
	json_end(j);
}

static void
put_takedown(struct json *j, const struct takedown *t)
{
	json_begin_object(j, "takedown");
	json_u64(j, "version", NOTICE_VERSION);
	json_hex(j, "asset", t->asset, sizeof(t->asset));
	json_str(j, "origin", t->origin);
	json_i64(j, "time", t->time);
	json_str(j, "reason", takedown_reason(t->reason));
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
put_run_lists(struct json *j, const struct run_record *r)
{
	const char *property;

	json_begin_object(j, "reasons");
	for (size_t i = 0; i < r->n_reasons; i++)
		json_u64(j, r->reasons[i].code, r->reasons[i].n);
	json_end(j);
	json_begin_array(j, "heads");
	for (size_t i = 0; i < r->n_heads; i++) {
		json_begin_object(j, NULL);
		json_str(j, "origin", r->heads[i].origin);
		json_u64(j, "size", r->heads[i].size);
		if (r->heads[i].has_root)
			json_hex(j, "root", r->heads[i].root, 32);
		else
			json_null(j, "root");
		json_end(j);
	}
	json_end(j);
	json_begin_array(j, "properties");
	for (size_t i = 0; (property = run_record_property(r, i)) != NULL; i++)
		json_str(j, NULL, property);
	json_end(j);
}

static void
put_run(struct json *j, const struct run_record *r)
{
	char text[32];

	json_begin_object(j, "run");
	json_u64(j, "version", RUN_RECORD_VERSION);
	json_str(j, "verifier", r->verifier);
	json_u64(j, "records", r->n);
	json_hex(j, "root", r->root, 32);
	json_hex(j, "sha256", r->file, 32);
	time_format(text, r->first / 1000);
	json_str(j, "first", text);
	time_format(text, r->last / 1000);
	json_str(j, "last", text);
	json_str(j, "policy",
	    r->policy_name[0] != '\0' ? r->policy_name : NULL);
	json_hex(j, "policy_digest", r->policy, 32);
	json_str(j, "purpose",
	    r->purpose < PURPOSE_N ? purpose_name(r->purpose) : NULL);
	put_decisions(j, "decisions", r->decided);
	put_decisions(j, "effective", r->effective);
	json_u64(j, "bytes", r->bytes);
	json_u64(j, "passed_bytes", r->passed.bytes);
	put_run_lists(j, r);
	json_hex(j, "envelope", r->envelope, 32);
	json_end(j);
}

static void
put_sidecar(struct json *j, const struct shown *s)
{
	const struct sidecar *sc = &s->sidecar;

	json_begin_object(j, "sidecar");
	json_u64(j, "version", SIDECAR_VERSION);
	if (sc->proof.len > 0)
		json_text(j, "proof", sc->proof);
	else
		json_null(j, "proof");
	json_begin_array(j, "timelines");
	for (size_t i = 0; i < sc->n_timelines; i++) {
		json_begin_object(j, NULL);
		json_hex(j, "sha256", s->timelines[i], 32);
		json_u64(j, "bytes", sc->timelines[i].len);
		json_end(j);
	}
	json_end(j);
	json_u64(j, "openings", sc->n_openings);
	json_end(j);
}

static void
put_receipt(struct json *j, const struct receipt *r)
{
	json_begin_object(j, "receipt");
	if (r->has_claims)
		json_text(j, "iss", r->iss);
	else
		json_null(j, "iss");
	if (r->has_claims)
		json_text(j, "sub", r->sub);
	else
		json_null(j, "sub");
	if (r->has_kid)
		json_hex(j, "kid", r->kid.p, r->kid.len);
	else
		json_null(j, "kid");
	json_i64(j, "alg", r->alg);
	json_u64(j, "claimed_size", r->size);
	json_u64(j, "claimed_index", r->index);
	json_begin_array(j, "path");
	for (size_t i = 0; i < r->n; i++)
		json_hex(j, NULL, r->path + 32 * i, 32);
	json_end(j);
	json_end(j);
}

/* Every key is there always; what was not read is null. */
void
shown_json(struct json *j, const struct shown *s)
{
	json_u64(j, "v", 1);
	json_str(j, "what", s->what);
	json_u64(j, "bytes", s->len);
	json_bool(j, "verified", false); /* prov show never checks trust */
	if (s->has_sidecar)
		put_sidecar(j, s);
	else
		json_null(j, "sidecar");
	if (s->has_statement)
		put_statement(j, s);
	else
		json_null(j, "statement");
	if (s->has_manifest)
		put_manifest(j, &s->manifest);
	else
		json_null(j, "manifest");
	if (s->has_registration)
		put_registration(j, &s->registration);
	else
		json_null(j, "registered");
	if (s->has_revocation)
		put_revocation(j, &s->revocation);
	else
		json_null(j, "revocation");
	if (s->has_takedown)
		put_takedown(j, &s->takedown);
	else
		json_null(j, "takedown");
	if (s->has_run)
		put_run(j, &s->run);
	else
		json_null(j, "run");
	if (s->has_receipt)
		put_receipt(j, &s->receipt);
	else
		json_null(j, "receipt");
}
