/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/cbor.h"
#include "hash/sha256.h"
#include "policy/model.h"

/*
 * What the digest is over: arrays in a fixed order, with this number in front.
 * Lists keep their order, signers are in the order of their kids, and of the
 * tlog-policy there are the words of each line that has some.
 */
#define SEAL_VERSION 1

static void
put_words(struct buf *b, const struct words *w)
{
	cbor_put_array(b, w->n);
	for (size_t i = 0; i < w->n; i++)
		cbor_put_text(b, w->at[i]);
}

static void
put_strings(struct buf *b, const char *const *at, size_t n)
{
	cbor_put_array(b, n);
	for (size_t i = 0; i < n; i++)
		cbor_put_text(b, at[i]);
}

static void
put_signer(struct buf *b, const prov_trust_signer *s)
{
	cbor_put_array(b, 7);
	cbor_put_text(b, s->key.name);
	cbor_put_bytes(b, span(s->key.key, sizeof(s->key.key)));
	put_strings(b, s->iss, s->n_iss);
	put_strings(b, s->paths, s->n_paths);
	cbor_put_int(b, s->not_before);
	cbor_put_int(b, s->not_after);
	cbor_put_bool(b, s->may_revoke != 0);
}

static int
by_kid(const void *a, const void *b)
{
	const prov_trust_signer *const *x = a, *const *y = b;

	return (memcmp((*x)->key.kid, (*y)->key.kid, sizeof((*x)->key.kid)));
}

static prov_status
put_signers(struct buf *b, const prov_trust *t, prov_err *err)
{
	AUTO_FREE const prov_trust_signer **sorted =
	    calloc(t->n + 1, sizeof(*sorted));

	if (sorted == NULL)
		return (prov_fail(err, PROV_ENOMEM, "policy"));
	for (size_t i = 0; i < t->n; i++)
		sorted[i] = &t->signers[i];
	qsort(sorted, t->n, sizeof(*sorted), by_kid);
	cbor_put_array(b, t->n);
	for (size_t i = 0; i < t->n; i++)
		put_signer(b, sorted[i]);
	return (PROV_OK);
}

/* The words of a line with one blank between them; "" for a comment. */
static void
put_line(struct buf *b, const char *line)
{
	while (*line != '\0') {
		size_t len = strcspn(line, " \t");

		if (len > 0 && b->len > 0)
			buf_put_byte(b, ' ');
		buf_put(b, line, len);
		line += len + strspn(line + len, " \t");
	}
	if (b->len > 0 && b->p[0] == '#')
		b->len = 0;
}

static prov_status
put_logs(struct buf *out, const struct tlogpolicy *logs, prov_err *err)
{
	AUTO_BUF all = { 0 };
	prov_status st;
	size_t n = 0;

	for (size_t i = 0; i < logs->n_lines; i++) {
		AUTO_BUF b = { 0 };

		put_line(&b, logs->lines[i]);
		buf_put_byte(&b, '\0');
		if ((st = buf_done(&b, err)) != PROV_OK)
			return (st);
		if (b.len == 1)
			continue;
		cbor_put_text(&all, (const char *)b.p);
		n++;
	}
	cbor_put_array(out, n);
	buf_put_span(out, buf_span(&all));
	return (buf_done(&all, err));
}

static void
put_value(struct buf *b, enum setting s, const struct value *v)
{
	if (settings[s].kind == KIND_GLOBS)
		put_words(b, &v->words);
	else
		cbor_put_uint(b, v->number);
}

/* By name, so that a setting that is added later changes no other's place. */
static void
put_settings(struct buf *b, const struct value *at)
{
	cbor_put_array(b, 2 * (uint64_t)SETTING_N);
	for (size_t s = 0; s < SETTING_N; s++) {
		cbor_put_text(b, settings[s].name);
		put_value(b, (enum setting)s, &at[s]);
	}
}

/* Of a setting that a rule leaves alone there is nothing. */
static void
put_changes(struct buf *b, const struct rule *r)
{
	cbor_put_array(b, 2 * (uint64_t)r->n_set);
	for (size_t s = 0; s < SETTING_N; s++)
		for (size_t i = 0; i < r->n_set; i++) {
			if (r->set[i].what != (enum setting)s)
				continue;
			cbor_put_text(b, settings[s].name);
			put_value(b, (enum setting)s, &r->set[i].value);
		}
}

static void
put_rule(struct buf *b, const struct rule *r)
{
	cbor_put_array(b, MATCH_N + 4);
	for (size_t m = 0; m < MATCH_N; m++)
		put_words(b, &r->match[m]);
	put_changes(b, r);
	cbor_put_uint(b, r->then);
	cbor_put_text(b, r->route);
	cbor_put_text(b, r->note != NULL ? r->note : "");
}

static prov_status
put_policy(struct buf *b, const prov_policy *p, prov_err *err)
{
	prov_status st;

	cbor_put_array(b, 12);
	cbor_put_uint(b, SEAL_VERSION);
	cbor_put_text(b, p->name);
	cbor_put_uint(b, p->asked);
	cbor_put_uint(b, p->purpose);
	cbor_put_bool(b, p->warn);
	if ((st = put_signers(b, p->trust, err)) != PROV_OK)
		return (st);
	cbor_put_bool(b, p->trust->foreign_receipts != 0);
	if ((st = put_logs(b, &p->trust->logs, err)) != PROV_OK)
		return (st);
	cbor_put_int(b, p->max_age);
	put_settings(b, p->at);
	cbor_put_array(b, p->n_rules);
	for (size_t i = 0; i < p->n_rules; i++)
		put_rule(b, &p->rules[i]);
	cbor_put_array(b, 2);
	cbor_put_uint(b, (uint64_t)p->otherwise);
	cbor_put_uint(b, (uint64_t)p->on_error);
	return (PROV_OK);
}

prov_status
policy_seal(prov_policy *p, prov_err *err)
{
	AUTO_BUF b = { 0 };
	prov_status st;

	if ((st = put_policy(&b, p, err)) != PROV_OK ||
	    (st = buf_done(&b, err)) != PROV_OK ||
	    (st = cbor_check(buf_span(&b), err)) != PROV_OK)
		return (st);
	return (sha256_of(p->digest, buf_span(&b), err));
}
