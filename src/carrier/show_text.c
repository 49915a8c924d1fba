/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "carrier/shown.h"

/* Longer texts are for --json: a screen is not the place. */
#define TEXT_MAX 1000

static void
row(struct buf *b, const char *name)
{
	buf_printf(b, "%-11s ", name);
}

static void
row_hex(struct buf *b, const char *name, const uint8_t p[32])
{
	row(b, name);
	hex_put(b, p, 32);
	buf_put_byte(b, '\n');
}

static void
put_outside(struct buf *b, const char *s)
{
	text_escape(b, s, strlen(s), TEXT_MAX);
}

static void put_value(struct buf *b, struct cbor *c);

/* [a, b] and {key: a, key: b}; manifest_decode has bounded both. */
static void
put_values(struct buf *b, struct cbor *c, bool is_map)
{
	char label[LABEL_MAX + 1];
	prov_status st;
	uint64_t n;

	st = is_map ? cbor_get_map(c, &n, NULL) : cbor_get_array(c, &n, NULL);
	if (st != PROV_OK)
		return;
	buf_put_byte(b, is_map ? '{' : '[');
	for (uint64_t i = 0; i < n; i++) {
		if (i > 0)
			buf_put_str(b, ", ");
		if (is_map &&
		    cbor_get_str(c, label, sizeof(label), NULL) == PROV_OK) {
			put_outside(b, label);
			buf_put_str(b, ": ");
		}
		put_value(b, c);
	}
	buf_put_byte(b, is_map ? '}' : ']');
}

static void
put_simple(struct buf *b, struct cbor *c)
{
	bool v;

	if (cbor_get_bool(c, &v, NULL) == PROV_OK)
		buf_put_str(b, v ? "true" : "false");
	else if (cbor_get_null(c, NULL) == PROV_OK)
		buf_put_str(b, "null");
}

static void
put_number(struct buf *b, struct cbor *c)
{
	prov_span item;
	uint64_t u;
	int64_t v;

	if (cbor_get_uint(c, &u, NULL) == PROV_OK)
		buf_printf(b, "%" PRIu64, u);
	else if (cbor_get_int(c, &v, NULL) == PROV_OK)
		buf_printf(b, "%" PRId64, v);
	else if (cbor_get_item(c, &item, NULL) == PROV_OK)
		hex_put(b, item.p, item.len); /* below -2^63 */
}

static void
put_value(struct buf *b, struct cbor *c)
{
	prov_span s;

	switch (cbor_peek(c)) {
	case CBOR_TEXT:
		buf_put_byte(b, '"');
		if (cbor_get_text(c, &s, NULL) == PROV_OK)
			text_escape(b, (const char *)s.p, s.len, TEXT_MAX);
		buf_put_byte(b, '"');
		break;
	case CBOR_BYTES:
		if (cbor_get_bytes(c, &s, NULL) == PROV_OK)
			hex_put(b, s.p, s.len);
		break;
	case CBOR_ARRAY:
		put_values(b, c, false);
		break;
	case CBOR_MAP:
		put_values(b, c, true);
		break;
	case CBOR_SIMPLE:
		put_simple(b, c);
		break;
	case CBOR_UINT:
	case CBOR_NINT:
		put_number(b, c);
		break;
	case CBOR_TAG:
	case CBOR_END:
		break;
	}
}

static void
put_assertion(struct buf *b, const struct assertion *a)
{
	struct cbor c;

	row(b, "assertion");
	if (a->label[0] == '\0') {
		buf_put_str(b, "private, digest ");
		hex_put(b, a->digest, sizeof(a->digest));
	} else {
		put_outside(b, a->label);
		buf_put_byte(b, ' ');
		if (cbor_open(&c, buf_span(&a->value), NULL) == PROV_OK)
			put_value(b, &c);
		if (a->is_private)
			buf_put_str(b, "  (private, opened by the sidecar)");
	}
	buf_put_byte(b, '\n');
}

static void
put_present(struct buf *b, const prov_present *p)
{
	bool any = false;

	for (unsigned f = 0; f < PROV_FIELD_MAX; f++) {
		if ((p->known >> f & 1) == 0)
			continue;
		if (!any)
			row(b, "  shown as");
		buf_printf(b, "%s%s %" PRId64, any ? ", " : "",
		    prov_field_name((prov_field)f), p->v[f]);
		any = true;
	}
	if (any)
		buf_put_byte(b, '\n');
}

static void
put_stream(struct buf *b, const struct stream *s)
{
	row(b, "stream");
	buf_printf(b, "%u  %s ", s->index, prov_kind_name(s->kind));
	put_outside(b, s->codec);
	buf_put_str(b, "  as ");
	put_outside(b, s->canon);
	buf_put_byte(b, ' ');
	put_outside(b, s->rule);
	buf_printf(b, "  %" PRIu64 " segments, ", s->segments);
	if (s->kind == PROV_AUDIO)
		buf_printf(b, "%" PRIu64 " samples at %" PRIu32 " Hz",
		    s->samples, s->rate);
	else
		buf_printf(b, "%" PRIu64 " frames", s->frames);
	buf_printf(b, ", %.3f s\n", (double)s->duration_ns / 1e9);
	row_hex(b, "  root", s->root);
	row_hex(b, "  config", s->config);
	row_hex(b, "  timeline", s->timeline);
	put_present(b, &s->present);
	if (s->refused[0] != '\0') {
		row(b, "  only exact");
		put_outside(b, s->refused);
		buf_put_byte(b, '\n');
	}
}

static void
put_asset(struct buf *b, const struct manifest *m)
{
	char time[32];

	row_hex(b, "asset", m->asset.sha256);
	row(b, "bytes");
	buf_printf(b, "%" PRIu64 "\n", m->asset.size);
	if (m->format[0] != '\0') {
		row(b, "format");
		put_outside(b, m->format);
		buf_put_byte(b, '\n');
	}
	time_format(time, m->time);
	row(b, "claimed");
	buf_printf(b, "%s by ", time);
	put_outside(b, m->tool);
	buf_put_byte(b, '\n');
	row(b, "origin");
	buf_printf(b, "%s\n", prov_origin_name(m->origin));
	if (m->has_supersedes)
		row_hex(b, "supersedes", m->supersedes);
	if (m->refused[0] != '\0') {
		row(b, "only exact");
		put_outside(b, m->refused);
		buf_put_byte(b, '\n');
	}
}

static void
put_manifest(struct buf *b, const struct manifest *m)
{
	put_asset(b, m);
	for (size_t i = 0; i < m->n_streams; i++)
		put_stream(b, &m->streams[i]);
	for (size_t i = 0; i < m->n_assertions; i++)
		put_assertion(b, &m->assertions[i]);
	for (size_t i = 0; i < m->n_ingredients; i++) {
		row(b, "ingredient");
		put_outside(b, m->ingredients[i].relation);
		buf_put_byte(b, ' ');
		hex_put(b, m->ingredients[i].statement, 32);
		buf_put_byte(b, '\n');
	}
}

static void
put_statement(struct buf *b, const struct shown *s)
{
	row_hex(b, "statement", s->digest);
	row(b, "type");
	buf_printf(b, "%s\n", payload_type(s->statement.kind));
	row(b, "signer");
	put_outside(b, s->statement.iss);
	buf_put_str(b, "  ");
	hex_put(b, s->statement.kid, 4);
	buf_put_str(b, "  (as stated: prov verify checks it)\n");
	row_hex(b, "kid", s->statement.kid);
	if (s->has_manifest || s->has_registration || s->has_revocation ||
	    s->has_takedown || s->has_run)
		return;
	row(b, "subject");
	buf_printf(b, "%s\n", s->statement.sub);
	row(b, "payload");
	buf_printf(b, "%zu bytes\n", s->statement.payload.len);
}

static void
put_registration(struct buf *b, const struct registration *r)
{
	for (size_t i = 0; i < r->n; i++) {
		row(b, "registered");
		put_outside(b, r->at[i].name);
		buf_put_byte(b, ' ');
		hex_put(b, r->at[i].key, 32);
		buf_put_byte(b, '\n');
		if (r->at[i].has_recovery)
			row_hex(b, "  recovery", r->at[i].recovery);
	}
}

static void
put_notice(struct buf *b, const char *origin, int64_t time, const char *reason)
{
	char text[32];

	row(b, "ledger");
	put_outside(b, origin);
	time_format(text, time);
	buf_printf(b, "\n%-11s %s\n", "claimed", text);
	row(b, "reason");
	buf_printf(b, "%s\n", reason);
}

static void
put_revocation(struct buf *b, const struct revocation *r)
{
	row_hex(b, "revoked", r->kid);
	row(b, "from entry");
	buf_printf(b, "%" PRIu64 "\n", r->from_index);
	put_notice(b, r->origin, r->time, revocation_reason(r->reason));
}

static void
put_takedown(struct buf *b, const struct takedown *t)
{
	row_hex(b, "taken down", t->asset);
	put_notice(b, t->origin, t->time, takedown_reason(t->reason));
}

static void
put_decisions(struct buf *b, const uint64_t *n)
{
	buf_printf(b,
	    "%" PRIu64 " allowed, %" PRIu64 " quarantined, %" PRIu64
	    " to try again, %" PRIu64 " denied\n",
	    n[PROV_ALLOW], n[PROV_QUARANTINE], n[PROV_RETRY], n[PROV_DENY]);
}

static void
put_run(struct buf *b, const struct run_record *r)
{
	char text[32];

	row_hex(b, "run", r->root);
	row(b, "records");
	buf_printf(b, "%" PRIu64 " of %" PRIu64 " bytes of media\n", r->n,
	    r->bytes);
	row(b, "decided");
	put_decisions(b, r->decided);
	row(b, "effective");
	put_decisions(b, r->effective);
	row_hex(b, "policy", r->policy);
	if (r->policy_name[0] != '\0') {
		row(b, "  name");
		put_outside(b, r->policy_name);
		buf_put_byte(b, '\n');
	}
	time_format(text, r->first / 1000);
	row(b, "from");
	buf_printf(b, "%s\n", text);
	time_format(text, r->last / 1000);
	row(b, "to");
	buf_printf(b, "%s\n", text);
	row(b, "verifier");
	put_outside(b, r->verifier);
	buf_put_byte(b, '\n');
	for (size_t i = 0; i < r->n_reasons; i++) {
		row(b, "  reason");
		put_outside(b, r->reasons[i].code);
		buf_printf(b, " %" PRIu64 "\n", r->reasons[i].n);
	}
}

static void
put_sidecar(struct buf *b, const struct shown *s)
{
	const struct sidecar *sc = &s->sidecar;

	row(b, "sidecar");
	buf_printf(b, "%zu bytes, %zu timelines, %zu openings, ", s->len,
	    sc->n_timelines, sc->n_openings);
	if (sc->proof.len > 0)
		buf_printf(b, "a proof of %zu bytes\n", sc->proof.len);
	else
		buf_put_str(b, "no proof yet\n");
}

/* The proof is text: lines of it that people ask for. */
static void
put_proof(struct buf *b, prov_span proof)
{
	static const char index[] = "\nindex ";
	const char *p = memmem(proof.p, proof.len, index, sizeof(index) - 1);
	const char *end = (const char *)proof.p + proof.len, *nl;

	if (p == NULL)
		return;
	p += sizeof(index) - 1;
	nl = memchr(p, '\n', (size_t)(end - p));
	row(b, "entry");
	text_escape(b, p, (size_t)((nl == NULL ? end : nl) - p), TEXT_MAX);
	buf_put_byte(b, '\n');
	if ((p = memmem(proof.p, proof.len, "\n\n", 2)) == NULL)
		return;
	p += 2;
	nl = memchr(p, '\n', (size_t)(end - p));
	row(b, "ledger");
	text_escape(b, p, (size_t)((nl == NULL ? end : nl) - p), TEXT_MAX);
	buf_put_byte(b, '\n');
}

/* What it claims, and whose it says it is. */
static void
put_receipt(struct buf *b, const struct receipt *r)
{
	row(b, "receipt");
	buf_printf(b, "COSE Receipt, entry %llu of %llu as claimed, by ",
	    (unsigned long long)r->index, (unsigned long long)r->size);
	if (r->has_claims)
		text_escape(b, (const char *)r->iss.p, r->iss.len, TEXT_MAX);
	else
		buf_put_str(b, "a log that it does not name");
	buf_put_byte(b, '\n');
}

void
shown_text(struct buf *b, const struct shown *s)
{
	if (s->has_sidecar)
		put_sidecar(b, s);
	if (s->has_statement)
		put_statement(b, s);
	if (s->has_manifest)
		put_manifest(b, &s->manifest);
	if (s->has_registration)
		put_registration(b, &s->registration);
	if (s->has_revocation)
		put_revocation(b, &s->revocation);
	if (s->has_takedown)
		put_takedown(b, &s->takedown);
	if (s->has_run)
		put_run(b, &s->run);
	if (s->has_sidecar && s->sidecar.proof.len > 0)
		put_proof(b, s->sidecar.proof);
	if (s->has_receipt)
		put_receipt(b, &s->receipt);
}
