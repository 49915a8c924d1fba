/* SPDX-License-Identifier: ISC */
#include "gate/tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "gate/record.h"

/* From a digest that was looked up to an hour of video. */
static const struct {
	double ms;
	const char *le; /* whatever the locale */
} bounds[TALLY_BUCKETS] = {
	{ 0.1, "0.0001" },
	{ 0.25, "0.00025" },
	{ 0.5, "0.0005" },
	{ 1, "0.001" },
	{ 2.5, "0.0025" },
	{ 5, "0.005" },
	{ 10, "0.01" },
	{ 25, "0.025" },
	{ 50, "0.05" },
	{ 100, "0.1" },
	{ 500, "0.5" },
	{ 1000, "1" },
	{ 10000, "10" },
	{ 60000, "60" },
};

void
tally_init(struct tally *t)
{
	memset(t, 0, sizeof(*t));
	(void)pthread_mutex_init(&t->lock, NULL);
}

void
tally_clear(struct tally *t)
{
	(void)pthread_mutex_destroy(&t->lock);
}

void
tally_begin(struct tally *t)
{
	(void)pthread_mutex_lock(&t->lock);
	t->inflight++;
	(void)pthread_mutex_unlock(&t->lock);
}

static size_t
find(const struct tally *t, prov_decision d, const char *reason)
{
	size_t i = 0;

	while (i < t->n &&
	       (t->at[i].decision != d || strcmp(t->at[i].reason, reason) != 0))
		i++;
	return (i);
}

static void
count(struct tally *t, prov_decision d, const char *reason)
{
	size_t i = find(t, d, reason);

	/* The last places are for what finds none, one a decision. */
	if (i == t->n && t->n >= TALLY_MAX - PROV_ALLOW - 1) {
		reason = "other";
		i = find(t, d, reason);
	}
	if (i == t->n) {
		t->n++;
		t->at[i].decision = d;
		(void)snprintf(t->at[i].reason, sizeof(t->at[i].reason), "%s",
		    reason);
	}
	t->at[i].n++;
}

static void
look_at_head(struct tally *t, const struct facts *f)
{
	if (f->has_entry &&
	    (!t->has_head || f->checkpoint_size > t->head_size)) {
		t->has_head = true;
		t->head_size = f->checkpoint_size;
	}
	if (f->has_head_time &&
	    (!t->has_head_time || f->head_time > t->head_time)) {
		t->has_head_time = true;
		t->head_time = f->head_time;
	}
}

void
tally_end(struct tally *t, const prov_gate_answer *a)
{
	const struct findings *why = &a->decision.why;
	prov_decision d = a->decision.decision;
	size_t bucket = 0;

	(void)pthread_mutex_lock(&t->lock);
	t->inflight--;
	t->by_decision[d]++;
	count(t, d, why->n > 0 ? why->at[0].code : "");
	/* What an earlier run answered cost this one nothing. */
	if (a->known.len == 0) {
		while (bucket < TALLY_BUCKETS && a->ms > bounds[bucket].ms)
			bucket++;
		t->buckets[bucket]++;
		t->us += (uint64_t)(a->ms * 1000);
	}
	if (a->known.len == 0 && !a->refused) {
		if (a->hashed && a->facts.has_digest)
			t->bytes += a->facts.digest.size;
		look_at_head(t, &a->facts);
	}
	(void)pthread_mutex_unlock(&t->lock);
}

uint64_t
tally_count(struct tally *t, prov_decision d)
{
	uint64_t n;

	if ((size_t)d > PROV_ALLOW)
		return (0);
	(void)pthread_mutex_lock(&t->lock);
	n = t->by_decision[d];
	(void)pthread_mutex_unlock(&t->lock);
	return (n);
}

/* A label's value, with the escapes of the text format. */
static void
put_label(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		if (*s == '\n')
			buf_put_str(b, "\\n");
		else if (*s == '"' || *s == '\\')
			buf_printf(b, "\\%c", *s);
		else
			buf_put_byte(b, (uint8_t)*s);
}

static void
put_head(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
put_one(struct buf *b, const char *name, const char *type, const char *help,
    uint64_t v)
{
	put_head(b, name, type, help);
	buf_printf(b, "%s %" PRIu64 "\n", name, v);
}

static void
put_answers(struct buf *b, const struct tally *t, const prov_policy *policy)
{
	put_head(b, "prov_gate_total", "counter",
	    "Answers by decision and first reason.");
	for (size_t i = 0; i < t->n; i++) {
		buf_printf(b, "prov_gate_total{decision=\"%s\",reason=\"",
		    decision_name(t->at[i].decision));
		put_label(b, t->at[i].reason);
		buf_put_str(b, "\",policy=\"");
		put_label(b, prov_policy_name(policy));
		buf_printf(b, "\"} %" PRIu64 "\n", t->at[i].n);
	}
}

static void
put_durations(struct buf *b, const struct tally *t)
{
	static const char name[] = "prov_gate_duration_seconds";
	uint64_t n = 0;

	put_head(b, name, "histogram", "How long an answer took.");
	for (size_t i = 0; i < TALLY_BUCKETS; i++) {
		n += t->buckets[i];
		buf_printf(b, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", name,
		    bounds[i].le, n);
	}
	n += t->buckets[TALLY_BUCKETS];
	buf_printf(b, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, n);
	buf_printf(b,
	    "%s_sum %" PRIu64 ".%06" PRIu64 "\n%s_count %" PRIu64 "\n", name,
	    t->us / 1000000, t->us % 1000000, name, n);
}

static void
put_ledger(struct buf *b, const struct tally *t, int64_t now)
{
	if (t->has_head)
		put_one(b, "prov_checkpoint_size", "gauge",
		    "Entries of the newest checkpoint that was relied on.",
		    t->head_size);
	if (t->has_head_time)
		put_one(b, "prov_checkpoint_age_seconds", "gauge",
		    "Since witnesses saw the newest checkpoint.",
		    now > t->head_time ? (uint64_t)(now - t->head_time) : 0);
}

static void
put_about(struct buf *b, const prov_policy *policy)
{
	char digest[65];

	hex_encode(digest, prov_policy_digest(policy), 32);
	put_head(b, "prov_policy_info", "gauge", "The policy that decides.");
	buf_put_str(b, "prov_policy_info{name=\"");
	put_label(b, prov_policy_name(policy));
	buf_printf(b, "\",digest=\"sha256:%s\"} 1\n", digest);
	put_head(b, "prov_build_info", "gauge", "The build that runs.");
	buf_printf(b, "prov_build_info{version=\"%s\"} 1\n", prov_version());
}

void
tally_put(struct tally *t, struct buf *b, const prov_policy *policy,
    const struct cache_stats *cache, int64_t now)
{
	(void)pthread_mutex_lock(&t->lock);
	put_answers(b, t, policy);
	put_one(b, "prov_gate_bytes_total", "counter",
	    "Bytes of media that were hashed.", t->bytes);
	put_durations(b, t);
	put_one(b, "prov_inflight", "gauge", "Items being judged.",
	    t->inflight);
	put_ledger(b, t, now);
	(void)pthread_mutex_unlock(&t->lock);
	if (cache != NULL) {
		put_one(b, "prov_cache_hits_total", "counter",
		    "Assets whose facts were recalled.", cache->hits);
		put_one(b, "prov_cache_misses_total", "counter",
		    "Assets that were verified anew.", cache->misses);
	}
	put_about(b, policy);
}
