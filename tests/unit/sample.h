/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_SAMPLE_H
#define PROV_TESTS_SAMPLE_H

/*
 * One key, manifest, statement and sidecar that many tests start from: always
 * the same bytes. The seed is that of RFC 8032 7.1, test 1. Functions return
 * whether all went well, so that fuzz targets and fault loops can use them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "carrier/sidecar.h"
#include "essence/parts.h"
#include "hash/sha256.h"
#include "sign/claimed.h"
#include "sign/key.h"
#include "sign/statement.h"

#define SAMPLE_NAME "demo/camera-1"

static inline prov_key *
sample_key(const char *name)
{
	uint8_t seed[32];
	prov_key *k = NULL;

	if (!hex_decode(seed, sizeof(seed),
	    "9d61b19deffd5a60ba844af492ec2cc4"
	    "4449c5697b326919703bac031cae7f60",
	    64) ||
	    prov_key_import(&k, name, span(seed, sizeof(seed)), NULL) !=
		PROV_OK)
		return (NULL);
	return (k);
}

static inline prov_key *
sample_other_key(const char *name)
{
	uint8_t seed[32] = { 7 };
	prov_key *k = NULL;

	if (prov_key_import(&k, name, span(seed, sizeof(seed)), NULL) !=
	    PROV_OK)
		return (NULL);
	return (k);
}

static inline bool
sample_video(struct stream *s)
{
	const uint8_t sps[32] = { 1 }, pps[32] = { 2 };
	struct run run = { .start = 0,
		.num = 1000000000,
		.den = 25,
		.count = 250 };
	struct timeline tl = { .total = 250, .n_runs = 1, .runs = &run };

	s->index = 0;
	s->kind = PROV_VIDEO;
	memcpy(s->codec, "h264", 5);
	memcpy(s->canon, "h264/1", 7);
	memcpy(s->rule, "rap/1", 6);
	prov_present_set(&s->present, PROV_WIDTH, 1280);
	prov_present_set(&s->present, PROV_HEIGHT, 720);
	prov_present_set(&s->present, PROV_SHOWN_FROM, -40000000);
	s->segments = 5;
	s->frames = 250;
	s->duration_ns = 10000000000;
	memset(s->root, 0x11, 32);
	memset(s->timeline, 0x22, 32);
	s->has_ancillary = true;
	memset(s->ancillary, 0x33, 32);
	timeline_encode_times(&s->times, &tl);
	return (parts_set(s, "sps", sps, NULL) == PROV_OK &&
	    parts_set(s, "pps", pps, NULL) == PROV_OK &&
	    parts_digest(s->config, s->parts, s->n_parts, NULL) == PROV_OK &&
	    buf_done(&s->times, NULL) == PROV_OK);
}

static inline bool
sample_audio(struct stream *s)
{
	s->index = 1;
	s->kind = PROV_AUDIO;
	memcpy(s->codec, "aac", 4);
	memcpy(s->canon, "aac/1", 6);
	memcpy(s->rule, "cdc/1", 6);
	prov_present_set(&s->present, PROV_RATE, 48000);
	s->segments = 7;
	s->frames = 469;
	s->samples = 480256;
	s->rate = 48000;
	s->duration_ns = 10005333333;
	memset(s->root, 0x44, 32);
	memset(s->timeline, 0x55, 32);
	memcpy(s->refused, "timing.unknown", 15);
	return (parts_digest(s->config, s->parts, 0, NULL) == PROV_OK);
}

static inline bool
sample_assertion(struct assertion *a, const char *label, const char *text)
{
	memcpy(a->label, label, strlen(label) + 1);
	cbor_put_text(&a->value, text);
	return (buf_done(&a->value, NULL) == PROV_OK);
}

#define SAMPLE_SALT "0123456789abcdef"

static inline bool
sample_claims(struct manifest *m)
{
	if ((m->assertions = calloc(2, sizeof(*m->assertions))) == NULL)
		return (false);
	m->n_assertions = 2;
	m->assertions[1].is_private = true;
	if (!sample_assertion(&m->assertions[0], "license", "CC-BY-4.0") ||
	    !sample_assertion(&m->assertions[1], "title", "A walk") ||
	    assertion_seal(&m->assertions[1], (const uint8_t *)SAMPLE_SALT,
		NULL) != PROV_OK ||
	    (m->ingredients = calloc(1, sizeof(*m->ingredients))) == NULL)
		return (false);
	m->n_ingredients = 1;
	memset(m->ingredients[0].statement, 0x66, 32);
	memcpy(m->ingredients[0].relation, "derivedFrom", 12);
	m->origin = PROV_ORIGIN_CAPTURED;
	m->has_supersedes = true;
	memset(m->supersedes, 0x77, 32);
	return (true);
}

/* m is clear before; the caller clears it after, whatever is returned. */
static inline bool
sample_manifest(struct manifest *m)
{
	m->time = 1795466460;
	memcpy(m->tool, "prov 0.1.0", 11);
	m->asset.size = 1234567;
	memset(m->asset.sha256, 0xab, 32);
	memcpy(m->format, "mp4", 4);
	if ((m->streams = calloc(2, sizeof(*m->streams))) == NULL)
		return (false);
	m->n_streams = 2;
	return (sample_video(&m->streams[0]) && sample_audio(&m->streams[1]) &&
	    sample_claims(m));
}

static inline bool
sample_manifest_bytes(struct buf *b)
{
	AUTO_MANIFEST m = { 0 };

	return (sample_manifest(&m) &&
	    manifest_encode(b, &m, NULL) == PROV_OK);
}

static inline bool
sample_statement(struct buf *b)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_BUF payload = { 0 };
	uint8_t sub[32];

	memset(sub, 0xab, sizeof(sub));
	return (k != NULL && sample_manifest_bytes(&payload) &&
	    statement_sign(b, k, PAYLOAD_MANIFEST, sub, buf_span(&payload),
		NULL) == PROV_OK);
}

#define SAMPLE_PROOF                                              \
	"c2sp.org/tlog-proof@v1\nindex 5\n\n" SAMPLE_NAME         \
	"/log\n6\nqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\n\n" \
	"\xe2\x80\x94 " SAMPLE_NAME "/log AAAA\n"

static inline bool
sample_sidecar(struct buf *b)
{
	AUTO_BUF statement = { 0 }, item = { 0 };
	AUTO_FREE struct sidecar *s = calloc(1, sizeof(*s));
	struct assertion a = { 0 };
	bool fine;

	if (s == NULL || !sample_statement(&statement))
		return (false);
	fine = sample_assertion(&a, "title", "A walk");
	assertion_item(&item, &a);
	assertion_clear(&a);
	s->statement = buf_span(&statement);
	s->proof = span(SAMPLE_PROOF, sizeof(SAMPLE_PROOF) - 1);
	s->n_timelines = 2;
	s->timelines[0] = span("timeline 1", 10);
	s->timelines[1] = span("timeline 2", 10);
	s->n_openings = 1;
	memcpy(s->openings[0].salt, SAMPLE_SALT, 16);
	s->openings[0].item = buf_span(&item);
	return (fine && buf_done(&item, NULL) == PROV_OK &&
	    sidecar_encode(b, s, NULL) == PROV_OK);
}

/* Both ways of reading a statement take the same, and get the same out. */
static inline bool
sample_ways_agree(prov_span bytes)
{
	struct statement a, b;
	bool glance;

	if (bytes.len > STATEMENT_MAX)
		return (true);
	glance = statement_glance(&a, bytes);
	if (statement_read(&b, bytes, NULL) != PROV_OK)
		return (!glance);
	return (glance && span_eq(a.bytes, b.bytes) &&
		a.protected_.p == b.protected_.p &&
		a.protected_.len == b.protected_.len &&
		a.payload.p == b.payload.p && a.payload.len == b.payload.len &&
		a.kind == b.kind && memcmp(a.kid, b.kid, 32) == 0 &&
		strcmp(a.iss, b.iss) == 0 && strcmp(a.sub, b.sub) == 0 &&
		memcmp(a.sub_digest, b.sub_digest, 32) == 0 &&
		memcmp(a.sig, b.sig, 64) == 0);
}

#endif
