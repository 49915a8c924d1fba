/* SPDX-License-Identifier: ISC */
#include "manifest/runrecord.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/field.h"

enum {
	KEY_VERSION = 1,
	KEY_VERIFIER,
	KEY_RECORDS,
	KEY_TIMES,
	KEY_POLICY,
	KEY_DECIDED,
	KEY_EFFECTIVE,
	KEY_BYTES,
	KEY_PASSED,
	KEY_REASONS,
	KEY_HEADS,
	KEY_ENVELOPE
};
#define KEYS_N 12

static const char what[] = "run record";

#define N_DECISIONS (PROV_ALLOW + 1)
#define N_PASSED    7

/* In the order in which they are written. */
static void
passed_numbers(const struct run_passed *p, uint64_t out[N_PASSED])
{
	const uint64_t in[N_PASSED] = { p->n, p->bytes, p->valid, p->logged,
		p->exact, p->streams, p->rights };

	memcpy(out, in, sizeof(in));
}

static void
put_digest(struct buf *b, const uint8_t digest[32])
{
	cbor_put_bytes(b, span(digest, 32));
}

static void
put_numbers(struct buf *b, const uint64_t *at, size_t n)
{
	cbor_put_array(b, n);
	for (size_t i = 0; i < n; i++)
		cbor_put_uint(b, at[i]);
}

static void
put_records(struct buf *b, const struct run_record *r)
{
	cbor_put_uint(b, KEY_RECORDS);
	cbor_put_array(b, 4);
	cbor_put_uint(b, r->n);
	put_digest(b, r->root);
	put_digest(b, r->file);
	put_digest(b, r->lines);
	cbor_put_uint(b, KEY_TIMES);
	cbor_put_array(b, 2);
	cbor_put_int(b, r->first);
	cbor_put_int(b, r->last);
}

static void
put_policy(struct buf *b, const struct run_record *r)
{
	cbor_put_uint(b, KEY_POLICY);
	cbor_put_array(b, 3);
	if (r->policy_name[0] != '\0')
		cbor_put_text(b, r->policy_name);
	else
		cbor_put_null(b);
	put_digest(b, r->policy);
	if (r->purpose != PURPOSE_N)
		cbor_put_text(b, purpose_name(r->purpose));
	else
		cbor_put_null(b);
}

static void
put_counts(struct buf *b, const struct run_record *r)
{
	uint64_t passed[N_PASSED];

	passed_numbers(&r->passed, passed);
	cbor_put_uint(b, KEY_DECIDED);
	put_numbers(b, r->decided, N_DECISIONS);
	cbor_put_uint(b, KEY_EFFECTIVE);
	put_numbers(b, r->effective, N_DECISIONS);
	cbor_put_uint(b, KEY_BYTES);
	cbor_put_uint(b, r->bytes);
	cbor_put_uint(b, KEY_PASSED);
	put_numbers(b, passed, N_PASSED);
}

static void
put_lists(struct buf *b, const struct run_record *r)
{
	cbor_put_uint(b, KEY_REASONS);
	cbor_put_array(b, r->n_reasons);
	for (size_t i = 0; i < r->n_reasons; i++) {
		cbor_put_array(b, 2);
		cbor_put_text(b, r->reasons[i].code);
		cbor_put_uint(b, r->reasons[i].n);
	}
	cbor_put_uint(b, KEY_HEADS);
	cbor_put_array(b, r->n_heads);
	for (size_t i = 0; i < r->n_heads; i++) {
		const struct run_head *h = &r->heads[i];

		cbor_put_array(b, 3);
		cbor_put_text(b, h->origin);
		cbor_put_uint(b, h->size);
		if (h->has_root)
			put_digest(b, h->root);
		else
			cbor_put_null(b);
	}
}

static void
put_all(struct buf *b, const struct run_record *r)
{
	cbor_put_map(b, KEYS_N);
	cbor_put_uint(b, KEY_VERSION);
	cbor_put_uint(b, RUN_RECORD_VERSION);
	cbor_put_uint(b, KEY_VERIFIER);
	cbor_put_text(b, r->verifier);
	put_records(b, r);
	put_policy(b, r);
	put_counts(b, r);
	put_lists(b, r);
	cbor_put_uint(b, KEY_ENVELOPE);
	put_digest(b, r->envelope);
}

/* Text of printable ASCII, with one character at least. */
static prov_status
get_word(struct cbor *c, char *out, size_t size, char least, prov_err *err)
{
	prov_status st;

	if ((st = cbor_get_str(c, out, size, err)) != PROV_OK)
		return (st);
	for (const char *s = out; *s != '\0'; s++)
		if (*s < least || *s > '~')
			return (prov_fail(err, PROV_EFORMAT,
			    "text that is not printable ASCII"));
	if (out[0] == '\0')
		return (prov_fail(err, PROV_EFORMAT, "empty text"));
	return (PROV_OK);
}

static prov_status
get_numbers(struct cbor *c, uint64_t key, uint64_t *at, size_t n, prov_err *err)
{
	prov_status st;

	if ((st = field_key(c, key, what, err)) != PROV_OK ||
	    (st = field_array(c, n, "counts", err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < n && st == PROV_OK; i++)
		st = cbor_get_uint(c, &at[i], err);
	return (st);
}

static prov_status
get_records(struct run_record *r, struct cbor *c, prov_err *err)
{
	prov_status st;

	if ((st = field_key(c, KEY_RECORDS, what, err)) != PROV_OK ||
	    (st = field_array(c, 4, "records", err)) != PROV_OK ||
	    (st = cbor_get_uint(c, &r->n, err)) != PROV_OK ||
	    (st = cbor_get_fixed(c, r->root, 32, err)) != PROV_OK ||
	    (st = cbor_get_fixed(c, r->file, 32, err)) != PROV_OK ||
	    (st = cbor_get_fixed(c, r->lines, 32, err)) != PROV_OK ||
	    (st = field_key(c, KEY_TIMES, what, err)) != PROV_OK ||
	    (st = field_array(c, 2, "times", err)) != PROV_OK ||
	    (st = cbor_get_int(c, &r->first, err)) != PROV_OK ||
	    (st = cbor_get_int(c, &r->last, err)) != PROV_OK)
		return (st);
	if (r->n == 0 || r->n > RUN_LINES_MAX)
		return (
		    prov_fail(err, PROV_EFORMAT, "%" PRIu64 " records", r->n));
	if (r->first < 0 || r->last < r->first || r->last > RUN_TIME_MAX)
		return (prov_fail(err, PROV_EFORMAT,
		    "times from %" PRId64 " to %" PRId64, r->first, r->last));
	return (PROV_OK);
}

static prov_status
get_purpose(enum purpose *out, struct cbor *c, prov_err *err)
{
	prov_status st;
	prov_span name;

	*out = PURPOSE_N;
	if (cbor_get_null(c, NULL) == PROV_OK)
		return (PROV_OK);
	if ((st = cbor_get_text(c, &name, err)) != PROV_OK)
		return (st);
	if (!purpose_find(out, name))
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "a purpose that this prov does not know"));
	return (PROV_OK);
}

static prov_status
get_policy(struct run_record *r, struct cbor *c, prov_err *err)
{
	prov_status st;

	if ((st = field_key(c, KEY_POLICY, what, err)) != PROV_OK ||
	    (st = field_array(c, 3, "policy", err)) != PROV_OK)
		return (st);
	if (cbor_get_null(c, NULL) != PROV_OK &&
	    (st = get_word(c, r->policy_name, sizeof(r->policy_name), ' ',
		 err)) != PROV_OK)
		return (st);
	if ((st = cbor_get_fixed(c, r->policy, 32, err)) != PROV_OK)
		return (st);
	return (get_purpose(&r->purpose, c, err));
}

static prov_status
get_counts(struct run_record *r, struct cbor *c, prov_err *err)
{
	struct run_passed *p = &r->passed;
	uint64_t passed[N_PASSED];
	prov_status st;

	if ((st = get_numbers(c, KEY_DECIDED, r->decided, N_DECISIONS, err)) !=
		PROV_OK ||
	    (st = get_numbers(c, KEY_EFFECTIVE, r->effective, N_DECISIONS,
		 err)) != PROV_OK ||
	    (st = field_key(c, KEY_BYTES, what, err)) != PROV_OK ||
	    (st = cbor_get_uint(c, &r->bytes, err)) != PROV_OK ||
	    (st = get_numbers(c, KEY_PASSED, passed, N_PASSED, err)) != PROV_OK)
		return (st);
	*p = (struct run_passed){ passed[0], passed[1], passed[2], passed[3],
		passed[4], passed[5], passed[6] };
	return (PROV_OK);
}

static prov_status
get_reasons(struct run_record *r, struct cbor *c, prov_err *err)
{
	prov_status st;

	if ((st = field_key(c, KEY_REASONS, what, err)) != PROV_OK ||
	    (st = field_list(c, RUN_REASONS_MAX, &r->n_reasons, "reasons",
		 err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < r->n_reasons; i++) {
		struct run_reason *q = &r->reasons[i];

		if ((st = field_array(c, 2, "reason", err)) != PROV_OK ||
		    (st = get_word(c, q->code, sizeof(q->code), '!', err)) !=
			PROV_OK ||
		    (st = cbor_get_uint(c, &q->n, err)) != PROV_OK)
			return (st);
		if (q->n == 0 || q->n > r->n ||
		    (i > 0 && strcmp(q[-1].code, q->code) >= 0))
			return (prov_fail(err, PROV_EFORMAT,
			    "reason %zu is out of order, or of no record", i));
	}
	return (PROV_OK);
}

static prov_status
get_head(struct run_head *h, struct cbor *c, prov_err *err)
{
	prov_status st;

	if ((st = field_array(c, 3, "head", err)) != PROV_OK ||
	    (st = get_word(c, h->origin, sizeof(h->origin), '!', err)) !=
		PROV_OK ||
	    (st = cbor_get_uint(c, &h->size, err)) != PROV_OK)
		return (st);
	if (cbor_get_null(c, NULL) == PROV_OK)
		return (PROV_OK);
	h->has_root = true;
	return (cbor_get_fixed(c, h->root, 32, err));
}

static prov_status
get_heads(struct run_record *r, struct cbor *c, prov_err *err)
{
	prov_status st;

	if ((st = field_key(c, KEY_HEADS, what, err)) != PROV_OK ||
	    (st = field_list(c, RUN_HEADS_MAX, &r->n_heads, "heads", err)) !=
		PROV_OK)
		return (st);
	for (size_t i = 0; i < r->n_heads; i++) {
		struct run_head *h = &r->heads[i];

		if ((st = get_head(h, c, err)) != PROV_OK)
			return (st);
		if (i > 0 && strcmp(h[-1].origin, h->origin) >= 0)
			return (prov_fail(err, PROV_EFORMAT,
			    "head %zu is out of order", i));
	}
	return (PROV_OK);
}

/* Each record was decided once; a sum that wraps is none. */
static bool
adds_up(const uint64_t counts[N_DECISIONS], uint64_t n)
{
	uint64_t left = n;

	for (size_t i = 0; i < N_DECISIONS; i++) {
		if (counts[i] > left)
			return (false);
		left -= counts[i];
	}
	return (left == 0);
}

static prov_status
check_sums(const struct run_record *r, prov_err *err)
{
	const struct run_passed *p = &r->passed;

	if (!adds_up(r->decided, r->n) || !adds_up(r->effective, r->n) ||
	    p->n != r->effective[PROV_ALLOW] || p->bytes > r->bytes ||
	    p->valid > p->n || p->logged > p->n || p->exact > p->n ||
	    p->streams > p->n - p->exact || p->rights > p->n)
		return (prov_fail(err, PROV_EFORMAT,
		    "its counts do not add up to %" PRIu64 " records", r->n));
	return (PROV_OK);
}

static prov_status
get_all(struct run_record *r, struct cbor *c, prov_err *err)
{
	prov_status st;

	if ((st = field_map(c, KEYS_N, what, err)) != PROV_OK ||
	    (st = field_key(c, KEY_VERSION, what, err)) != PROV_OK ||
	    (st = field_version(c, RUN_RECORD_VERSION, what, err)) != PROV_OK ||
	    (st = field_key(c, KEY_VERIFIER, what, err)) != PROV_OK ||
	    (st = get_word(c, r->verifier, sizeof(r->verifier), ' ', err)) !=
		PROV_OK ||
	    (st = get_records(r, c, err)) != PROV_OK ||
	    (st = get_policy(r, c, err)) != PROV_OK ||
	    (st = get_counts(r, c, err)) != PROV_OK ||
	    (st = get_reasons(r, c, err)) != PROV_OK ||
	    (st = get_heads(r, c, err)) != PROV_OK ||
	    (st = field_key(c, KEY_ENVELOPE, what, err)) != PROV_OK ||
	    (st = cbor_get_fixed(c, r->envelope, 32, err)) != PROV_OK ||
	    (st = field_end(c, what, err)) != PROV_OK)
		return (st);
	return (check_sums(r, err));
}

prov_status
run_record_decode(struct run_record *out, prov_span bytes, prov_err *err)
{
	AUTO_FREE struct run_record *r = calloc(1, sizeof(*r));
	struct cbor c;
	prov_status st;

	if (r == NULL)
		return (prov_fail(err, PROV_ENOMEM, what));
	if ((st = cbor_open(&c, bytes, err)) != PROV_OK ||
	    (st = get_all(r, &c, err)) != PROV_OK)
		return (prov_wrap(err, st, what));
	*out = *r;
	return (PROV_OK);
}

/* What cannot be read again is never signed. */
prov_status
run_record_encode(struct buf *b, const struct run_record *r, prov_err *err)
{
	AUTO_FREE struct run_record *back = malloc(sizeof(*back));
	AUTO_BUF out = { 0 };
	prov_status st;

	if (back == NULL)
		return (prov_fail(err, PROV_ENOMEM, what));
	put_all(&out, r);
	if ((st = buf_done(&out, err)) != PROV_OK ||
	    (st = run_record_decode(back, buf_span(&out), err)) != PROV_OK)
		return (st);
	buf_put_span(b, buf_span(&out));
	return (buf_done(b, err));
}

const char *
run_record_property(const struct run_record *r, size_t i)
{
	static const char *const rights[PURPOSE_N] = {
		[PURPOSE_DATA_MINING] = "PROV_RIGHTS_DATA_MINING",
		[PURPOSE_AI_INFERENCE] = "PROV_RIGHTS_AI_INFERENCE",
		[PURPOSE_AI_TRAINING] = "PROV_RIGHTS_AI_TRAINING",
		[PURPOSE_AI_GENERATIVE_TRAINING] =
		    "PROV_RIGHTS_AI_GENERATIVE_TRAINING",
	};
	const struct run_passed *p = &r->passed;
	const struct {
		const char *name;
		bool holds;
	} all[] = {
		{ "PROV_SIGNED", p->valid == p->n },
		{ "PROV_LOGGED", p->logged == p->n },
		{ "PROV_BOUND_EXACT", p->exact == p->n },
		{ "PROV_BOUND_STREAMS", p->exact + p->streams == p->n },
		{ r->purpose < PURPOSE_N ? rights[r->purpose] : NULL,
		    r->purpose < PURPOSE_N && p->rights == p->n },
	};

	for (size_t j = 0; p->n > 0 && j < sizeof(all) / sizeof(all[0]); j++)
		if (all[j].holds && i-- == 0)
			return (all[j].name);
	return (NULL);
}
