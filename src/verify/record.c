/* SPDX-License-Identifier: ISC */
#include "base/json.h"
#include "base/text.h"
#include "verify/verdict.h"

static double
seconds(int64_t ns)
{
	int64_t ms = ns / 1000000;

	return ((double)ms / 1000);
}

static void
put_codes(struct json *j, const struct findings *f)
{
	json_begin_array(j, "reasons");
	for (size_t i = 0; i < f->n; i++)
		json_str(j, NULL, f->at[i].code);
	json_end(j);
	json_begin_array(j, "not_checked");
	for (size_t i = 0; i < f->n_skipped; i++)
		json_str(j, NULL, f->skipped[i]);
	json_end(j);
}

static void
put_digest(struct json *j, const prov_verdict *v)
{
	if (!v->has_digest) {
		json_null(j, "sha256");
		json_null(j, "bytes");
		return;
	}
	json_hex(j, "sha256", v->digest.sha256, 32);
	json_u64(j, "bytes", v->digest.size);
}

static void
put_statement(struct json *j, const prov_verdict *v)
{
	char when[32];

	if (!v->has_statement) {
		json_null(j, "signer");
		json_null(j, "kid");
		json_null(j, "iss");
		json_null(j, "signed_at");
		return;
	}
	json_str(j, "signer", v->signer[0] != '\0' ? v->signer : NULL);
	json_hex(j, "kid", v->kid, 32);
	json_str(j, "iss", v->iss);
	time_format(when, v->signed_at);
	json_str(j, "signed_at", when);
}

static void
put_entry(struct json *j, const prov_verdict *v)
{
	char when[32];

	json_str(j, "origin", v->origin[0] != '\0' ? v->origin : NULL);
	json_str(j, "receipt", receipt_state_name(v->receipt));
	if (!v->has_entry) {
		json_null(j, "log_index");
		json_null(j, "checkpoint_size");
		json_null(j, "witnessed_at");
		return;
	}
	json_u64(j, "log_index", v->log_index);
	json_u64(j, "checkpoint_size", v->checkpoint_size);
	time_format(when, v->witnessed_at);
	json_str(j, "witnessed_at", v->has_witnessed ? when : NULL);
}

static void
put_pair(struct json *j, const char *key, const struct stretch *s)
{
	json_begin_array(j, key);
	json_real(j, NULL, seconds(s->from));
	json_real(j, NULL, seconds(s->to));
	json_end(j);
}

/* The piece of the signed stream that a clip holds, and what of it is not. */
static void
put_source(struct json *j, const struct verdict_stream *s)
{
	if (s->state == PAIR_CLIP)
		put_pair(j, "source", &s->held.source);
	else
		json_null(j, "source");
	json_begin_array(j, "unproven");
	for (size_t i = 0; s->state == PAIR_CLIP && i < s->held.n_edges; i++)
		put_pair(j, NULL, &s->held.edges[i]);
	json_end(j);
}

static void
put_stream(struct json *j, const struct verdict_stream *s)
{
	json_begin_object(j, NULL);
	json_u64(j, "index", s->index);
	json_str(j, "kind", prov_kind_name(s->kind));
	json_str(j, "codec", s->codec);
	json_hex(j, "root", s->root, 32);
	json_str(j, "status", pair_state_name(s->state));
	json_begin_array(j, "altered");
	for (size_t i = 0; i < s->n_ranges; i++) {
		json_begin_array(j, NULL);
		json_real(j, NULL, seconds(s->ranges[i].from));
		json_real(j, NULL, seconds(s->ranges[i].to));
		json_end(j);
	}
	json_end(j);
	put_source(j, s);
	json_end(j);
}

prov_status
prov_verdict_json(char **out, const prov_verdict *verdict, prov_err *err)
{
	const prov_verdict *v = verdict;
	AUTO_JSON *j = json_new();

	if (j == NULL)
		return (prov_fail(err, PROV_ENOMEM, "verdict"));
	json_u64(j, "v", 1);
	json_str(j, "path", v->path);
	json_i64(j, "status", v->status);
	json_str(j, "error", v->trouble != PROV_OK ? v->error : NULL);
	json_str(j, "binding", binding_name(v->binding));
	json_str(j, "signature", sig_state_name(v->signature));
	json_str(j, "ledger", ledger_state_name(v->ledger));
	put_codes(j, &v->why);
	put_digest(j, v);
	put_statement(j, v);
	put_entry(j, v);
	if (v->has_uncovered)
		json_i64(j, "uncovered_bytes", v->uncovered);
	else
		json_null(j, "uncovered_bytes");
	json_begin_array(j, "streams");
	for (size_t i = 0; i < v->n_streams; i++)
		put_stream(j, &v->streams[i]);
	json_end(j);
	json_null(j, "decision");
	json_i64(j, "ms", v->ms);
	return (json_take(j, out, err));
}
