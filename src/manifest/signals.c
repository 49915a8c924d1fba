/* SPDX-License-Identifier: ISC */
#include "manifest/signals.h"

#include <stdio.h>
#include <string.h>

#include "manifest/collected.h"
#include "manifest/mining.h"
#include "manifest/rights.h"
#include "manifest/sourcetype.h"

static const char *const purpose_names[PURPOSE_N] = {
	[PURPOSE_DATA_MINING] = "data_mining",
	[PURPOSE_AI_INFERENCE] = "ai_inference",
	[PURPOSE_AI_TRAINING] = "ai_training",
	[PURPOSE_AI_GENERATIVE_TRAINING] = "ai_generative_training",
};

static const char *const use_names[USE_N] = {
	[USE_SILENT] = "silent",
	[USE_ALLOWED] = "allowed",
	[USE_CONSTRAINED] = "constrained",
	[USE_NOT_ALLOWED] = "notAllowed",
};

static const char *const signal_names[SIGNAL_N] = {
	[SIGNAL_CAWG] = "cawg.training-mining",
	[SIGNAL_C2PA] = "c2pa.training-mining",
	[SIGNAL_IPTC] = "iptc.data_mining",
	[SIGNAL_TDMREP] = "tdmrep",
	[SIGNAL_AIPREF] = "aipref",
	[SIGNAL_ROBOTS] = "x-robots",
};

/* The index of a name, or n. */
static unsigned
find(const char *const *names, unsigned n, prov_span name)
{
	unsigned i = 0;

	while (i < n && !span_eq(span(names[i], strlen(names[i])), name))
		i++;
	return (i);
}

const char *
purpose_name(enum purpose p)
{
	return ((unsigned)p < PURPOSE_N ? purpose_names[p] : "unknown");
}

const char *
use_name(enum use u)
{
	return ((unsigned)u < USE_N ? use_names[u] : "unknown");
}

const char *
signal_name(enum signal s)
{
	return ((unsigned)s < SIGNAL_N ? signal_names[s] : "unknown");
}

bool
purpose_find(enum purpose *out, prov_span name)
{
	unsigned i = find(purpose_names, PURPOSE_N, name);

	if (i < PURPOSE_N)
		*out = (enum purpose)i;
	return (i < PURPOSE_N);
}

bool
use_find(enum use *out, prov_span name)
{
	unsigned i = find(use_names, USE_N, name);

	if (i < USE_N)
		*out = (enum use)i;
	return (i < USE_N);
}

bool
signal_find(enum signal *out, prov_span name)
{
	unsigned i = find(signal_names, SIGNAL_N, name);

	if (i < SIGNAL_N)
		*out = (enum signal)i;
	return (i < SIGNAL_N);
}

void
signals_raise(struct signals *s, enum signal who, enum purpose p, enum use u)
{
	if (u > s->use[who][p])
		s->use[who][p] = u;
}

void
signals_forbid(struct signals *s, enum signal who)
{
	for (unsigned p = 0; p < PURPOSE_N; p++)
		s->use[who][p] = USE_NOT_ALLOWED;
}

void
signals_forbid_all(struct signals *s)
{
	for (unsigned who = 0; who < SIGNAL_N; who++)
		signals_forbid(s, (enum signal)who);
}

enum use
signals_use(const struct signals *s, enum purpose p)
{
	enum use most = USE_SILENT;

	for (unsigned who = 0; who < SIGNAL_N; who++)
		if (s->use[who][p] > most)
			most = s->use[who][p];
	return (most);
}

/* Both must be kept, so both are named. */
static void
join_licenses(char a[LICENSE_NAME_MAX + 1], const char *b)
{
	char both[2 * LICENSE_NAME_MAX + 16];
	bool or_a = strstr(a, " OR ") != NULL;
	bool or_b = strstr(b, " OR ") != NULL;

	if (b[0] == '\0' || strcmp(a, b) == 0)
		return;
	if (a[0] == '\0') {
		memcpy(a, b, strlen(b) + 1);
		return;
	}
	(void)snprintf(both, sizeof(both), "%s%s%s AND %s%s%s", or_a ? "(" : "",
	    a, or_a ? ")" : "", or_b ? "(" : "", b, or_b ? ")" : "");
	if (strlen(both) > LICENSE_NAME_MAX)
		memcpy(a, "NOASSERTION", sizeof("NOASSERTION"));
	else
		memcpy(a, both, strlen(both) + 1);
}

void
signals_join(struct signals *a, const struct signals *b)
{
	for (unsigned who = 0; who < SIGNAL_N; who++)
		for (unsigned p = 0; p < PURPOSE_N; p++)
			signals_raise(a, (enum signal)who, (enum purpose)p,
			    b->use[who][p]);
	if (source_type_rank(b->source_type) > source_type_rank(a->source_type))
		memcpy(a->source_type, b->source_type, sizeof(a->source_type));
	join_licenses(a->license, b->license);
}

static prov_status
read_source_type(struct signals *s, struct cbor *c, prov_err *err)
{
	prov_span text;
	prov_status st;

	if ((st = cbor_get_text(c, &text, err)) != PROV_OK)
		return (st);
	if (!source_type_read(s->source_type, text))
		return (prov_fail(err, PROV_EFORMAT,
		    "not among IPTC's digital source types"));
	return (PROV_OK);
}

/* One license, or several that all hold. */
static prov_status
read_license(struct signals *s, struct cbor *c, prov_err *err)
{
	char one[LICENSE_NAME_MAX + 1];
	uint64_t n = 1;
	prov_status st;

	if (cbor_peek(c) == CBOR_ARRAY &&
	    (st = cbor_get_array(c, &n, err)) != PROV_OK)
		return (st);
	for (uint64_t i = 0; i < n; i++) {
		if ((st = cbor_get_str(c, one, sizeof(one), err)) != PROV_OK)
			return (st);
		join_licenses(s->license, one);
	}
	return (PROV_OK);
}

static prov_status
read_rights(struct signals *s, struct cbor *c, prov_err *err)
{
	prov_span key, skipped;
	prov_status st;
	uint64_t n;

	if ((st = cbor_get_map(c, &n, err)) != PROV_OK)
		return (st);
	for (uint64_t i = 0; i < n; i++) {
		if ((st = cbor_get_text(c, &key, err)) != PROV_OK)
			return (st);
		if (span_eq(key, span("license", 7)))
			st = read_license(s, c, err);
		else if (span_eq(key, span("source_type", 11)))
			st = read_source_type(s, c, err);
		else
			st = cbor_get_item(c, &skipped, err);
		if (st != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

static prov_status
read_assertion(struct signals *s, const struct assertion *a, prov_err *err)
{
	struct cbor c;
	prov_status st;

	if ((st = cbor_open(&c, buf_span(&a->value), err)) != PROV_OK)
		return (st);
	if (strcmp(a->label, MINING_LABEL) == 0)
		return (mining_claimed(s, SIGNAL_CAWG, &c, err));
	if (strcmp(a->label, MINING_OLD_LABEL) == 0)
		return (mining_claimed(s, SIGNAL_C2PA, &c, err));
	if (strcmp(a->label, COLLECTED_LABEL) == 0)
		return (collected_claimed(s, &c, err));
	if (strcmp(a->label, RIGHTS_LABEL) == 0)
		return (read_rights(s, &c, err));
	return (PROV_OK);
}

/* What was generated and says a camera took it, or nothing, is a model's. */
static void
distrust_source(struct signals *s, prov_origin origin)
{
	if (origin == PROV_ORIGIN_GENERATED &&
	    (s->source_type[0] == '\0' || source_type_captured(s->source_type)))
		(void)source_type_read(s->source_type,
		    span("trainedAlgorithmicMedia", 23));
}

prov_status
signals_claimed(struct signals *out, const struct manifest *m, prov_err *err)
{
	struct signals s = { 0 };
	prov_status st = PROV_OK;

	for (size_t i = 0; st == PROV_OK && i < m->n_assertions; i++) {
		const struct assertion *a = &m->assertions[i];

		if (a->value.len > 0 &&
		    (st = read_assertion(&s, a, err)) != PROV_OK)
			(void)prov_wrap(err, st, a->label);
	}
	distrust_source(&s, m->origin);
	if (st != PROV_OK)
		signals_forbid_all(&s);
	*out = s;
	/* Whatever is wrong with one, it is wrong with its form. */
	return (prov_is_no(st) ? PROV_EFORMAT : st);
}
