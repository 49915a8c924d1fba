/* SPDX-License-Identifier: ISC */
/*
 * The blob, deterministic CBOR:
 *
 *	{1: 1, 2: leaves (32 n bytes), 3: [n * units], 4: times}
 *	{1: 2, 2: leaves, 3: units, 4: times, 5: frames (16 * units bytes)}
 *
 * where times is null for untimed streams, otherwise
 *
 *	[[start, num, den, count, start, num, ...], order / null]
 *
 * with order as one byte string: total zigzag varints (LEB128, shortest).
 */
#include "essence/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "base/field.h"
#include "base/limits.h"
#include "essence/fit.h"

/* Without frames, and with them. */
#define TIMELINE_VERSION        1
#define TIMELINE_VERSION_FRAMES 2

enum { KEY_VERSION = 1, KEY_LEAVES, KEY_UNITS, KEY_TIMES, KEY_FRAMES };

/* For messages, behind "timeline". */
static const char form[] = "form";

void
timeline_free(struct timeline *tl)
{
	if (tl == NULL)
		return;
	free(tl->leaves);
	free(tl->frames);
	free(tl->units);
	free(tl->dull);
	free(tl->runs);
	free(tl->order);
	free(tl->unit_at);
	free(tl->run_at);
	free(tl);
}

bool
timeline_is_dull(const struct timeline *tl, uint64_t k)
{
	return (tl->dull == NULL || (tl->dull[k / 8] >> k % 8 & 1) != 0);
}

void
auto_timeline(struct timeline **tl)
{
	timeline_free(*tl);
}

static void
put_varint(struct buf *b, int32_t v)
{
	uint32_t z = (uint32_t)v << 1 ^ (v < 0 ? UINT32_MAX : 0);

	while (z >= 0x80) {
		buf_put_byte(b, (uint8_t)(z | 0x80));
		z >>= 7;
	}
	buf_put_byte(b, (uint8_t)z);
}

static bool
get_varint(prov_span s, size_t *at, int32_t *v)
{
	uint64_t z = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		uint8_t byte;

		if (*at == s.len)
			return (false);
		byte = s.p[(*at)++];
		z |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if (z > UINT32_MAX || (byte == 0 && shift > 0))
			return (false);
		*v = (int32_t)((uint32_t)z >> 1 ^ (z & 1 ? UINT32_MAX : 0));
		return (true);
	}
	return (false);
}

static void
put_order(struct buf *b, const struct timeline *tl)
{
	AUTO_BUF bytes = { .max = TIMELINE_MAX };

	if (tl->order == NULL) {
		cbor_put_null(b);
		return;
	}
	for (uint64_t i = 0; i < tl->total; i++)
		put_varint(&bytes, tl->order[i]);
	cbor_put_bytes(b, buf_span(&bytes));
	if (bytes.failed)
		b->failed = true;
}

void
timeline_encode_times(struct buf *b, const struct timeline *tl)
{
	if (tl->untimed) {
		cbor_put_null(b);
		return;
	}
	cbor_put_array(b, 2);
	cbor_put_array(b, (uint64_t)tl->n_runs * 4);
	for (size_t i = 0; i < tl->n_runs; i++) {
		cbor_put_int(b, tl->runs[i].start);
		cbor_put_uint(b, tl->runs[i].num);
		cbor_put_uint(b, tl->runs[i].den);
		cbor_put_uint(b, tl->runs[i].count);
	}
	put_order(b, tl);
}

void
timeline_encode(struct buf *b, const struct timeline *tl)
{
	cbor_put_map(b, tl->frames != NULL ? 5 : 4);
	cbor_put_uint(b, KEY_VERSION);
	cbor_put_uint(b,
	    tl->frames != NULL ? TIMELINE_VERSION_FRAMES : TIMELINE_VERSION);
	cbor_put_uint(b, KEY_LEAVES);
	cbor_put_bytes(b, span(tl->leaves, (size_t)tl->n * 32));
	cbor_put_uint(b, KEY_UNITS);
	cbor_put_array(b, tl->n);
	for (uint64_t k = 0; k < tl->n; k++)
		cbor_put_uint(b, tl->units[k]);
	cbor_put_uint(b, KEY_TIMES);
	timeline_encode_times(b, tl);
	if (tl->frames == NULL)
		return;
	cbor_put_uint(b, KEY_FRAMES);
	cbor_put_bytes(b,
	    span(tl->frames, (size_t)tl->total * TIMELINE_FRAME_LEN));
}

/* Whether every time of the run is within TIMELINE_NS_MAX. */
static bool
run_fits(const struct run *r)
{
	if (r->den == 0 || r->count == 0 || r->count > UNITS_MAX)
		return (false);
	if (r->start < -TIMELINE_NS_MAX || r->start > TIMELINE_NS_MAX)
		return (false);
	return ((unsigned __int128)r->count * r->num / r->den <=
		(uint64_t)(TIMELINE_NS_MAX - r->start));
}

prov_status
timeline_add_run(struct timeline *tl, const struct run *r, prov_err *err)
{
	size_t n = tl->n_runs;
	struct run *p;

	if (!run_fits(r))
		return (prov_fail(err, PROV_EFORMAT,
		    "run %zu of times is out of range", n));
	if (n == RUNS_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.times: more than %lu runs of frame times",
		    RUNS_MAX));
	/* Room doubles whenever the count is a power of two. */
	if ((n & (n - 1)) == 0) {
		p = realloc(tl->runs, (n == 0 ? 1 : 2 * n) * sizeof(*p));
		if (p == NULL)
			return (prov_fail(err, PROV_ENOMEM, "frame times"));
		tl->runs = p;
	}
	tl->runs[tl->n_runs++] = *r;
	return (PROV_OK);
}

prov_status
timeline_shift(struct timeline *tl, int64_t ns, prov_err *err)
{
	for (size_t i = 0; i < tl->n_runs; i++) {
		struct run *r = &tl->runs[i];

		if (__builtin_add_overflow(r->start, ns, &r->start) ||
		    !run_fits(r))
			return (prov_fail(err, PROV_EFORMAT,
			    "run %zu of times is out of range", i));
	}
	return (PROV_OK);
}

static prov_status
get_run(struct timeline *tl, struct cbor *c, prov_err *err)
{
	struct run r;
	prov_status st;

	if ((st = cbor_get_int(c, &r.start, err)) != PROV_OK ||
	    (st = cbor_get_uint(c, &r.num, err)) != PROV_OK ||
	    (st = cbor_get_uint(c, &r.den, err)) != PROV_OK ||
	    (st = cbor_get_uint(c, &r.count, err)) != PROV_OK ||
	    (st = timeline_add_run(tl, &r, err)) != PROV_OK)
		return (st);
	tl->total += r.count;
	if (tl->total > UNITS_MAX)
		return (prov_fail(err, PROV_ELIMIT, "too many frame times"));
	return (PROV_OK);
}

static prov_status
get_runs(struct timeline *tl, struct cbor *c, prov_err *err)
{
	prov_status st;
	uint64_t n;

	if ((st = cbor_get_array(c, &n, err)) != PROV_OK)
		return (st);
	if (n % 4 != 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "frame times are not in fours"));
	for (uint64_t i = 0; i < n / 4; i++)
		if ((st = get_run(tl, c, err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

/* Ranks must name every place once: a bit for each. */
static prov_status
fill_order(struct timeline *tl, prov_span s, uint8_t *seen, prov_err *err)
{
	bool moved = false;
	size_t at = 0;

	for (uint64_t i = 0; i < tl->total; i++) {
		int64_t rank;

		if (!get_varint(s, &at, &tl->order[i]))
			return (prov_fail(err, PROV_EFORMAT,
			    "presentation order ends at frame %llu",
			    (unsigned long long)i));
		rank = (int64_t)i + tl->order[i];
		if (rank < 0 || (uint64_t)rank >= tl->total ||
		    (seen[rank / 8] & 1U << rank % 8) != 0)
			return (prov_fail(err, PROV_EFORMAT,
			    "presentation order of frame %llu is no rank",
			    (unsigned long long)i));
		seen[rank / 8] |= (uint8_t)(1U << rank % 8);
		moved |= tl->order[i] != 0;
	}
	if (at != s.len || !moved)
		return (prov_fail(err, PROV_EFORMAT,
		    "presentation order has %zu bytes too many",
		    moved ? s.len - at : s.len));
	return (PROV_OK);
}

static prov_status
get_order(struct timeline *tl, struct cbor *c, prov_err *err)
{
	AUTO_FREE uint8_t *seen = NULL;
	prov_status st;
	prov_span s;

	if (cbor_peek(c) != CBOR_BYTES)
		return (cbor_get_null(c, err));
	if ((st = cbor_get_bytes(c, &s, err)) != PROV_OK)
		return (st);
	if (s.len < tl->total || tl->total > FRAMES_MAX)
		return (prov_fail(err, PROV_EFORMAT,
		    "presentation order: %zu bytes for %llu frames", s.len,
		    (unsigned long long)tl->total));
	tl->order = calloc((size_t)tl->total + 1, sizeof(*tl->order));
	seen = calloc((size_t)tl->total / 8 + 1, 1);
	if (tl->order == NULL || seen == NULL)
		return (prov_fail(err, PROV_ENOMEM, "presentation order"));
	return (fill_order(tl, s, seen, err));
}

static prov_status
get_times(struct timeline *tl, struct cbor *c, prov_err *err)
{
	prov_status st;

	if (cbor_peek(c) == CBOR_SIMPLE) {
		tl->untimed = true;
		return (cbor_get_null(c, err));
	}
	if ((st = field_array(c, 2, "frame times", err)) != PROV_OK ||
	    (st = get_runs(tl, c, err)) != PROV_OK)
		return (st);
	return (get_order(tl, c, err));
}

static prov_status
get_leaves(struct timeline *tl, struct cbor *c, prov_err *err)
{
	prov_status st;
	prov_span s;

	if ((st = cbor_get_bytes(c, &s, err)) != PROV_OK)
		return (st);
	if (s.len % 32 != 0 || s.len / 32 > SEGMENTS_MAX)
		return (
		    prov_fail(err, PROV_EFORMAT, "%zu bytes of leaves", s.len));
	tl->n = s.len / 32;
	tl->leaves = malloc(s.len + 1);
	tl->units = calloc((size_t)tl->n + 1, sizeof(*tl->units));
	if (tl->leaves == NULL || tl->units == NULL)
		return (
		    prov_fail(err, PROV_ENOMEM, "%zu bytes of leaves", s.len));
	if (s.len > 0)
		memcpy(tl->leaves, s.p, s.len);
	return (PROV_OK);
}

/* Fills units and sets sum to what they come to. */
static prov_status
get_units(struct timeline *tl, struct cbor *c, uint64_t *sum, prov_err *err)
{
	prov_status st;
	uint64_t n;

	if ((st = cbor_get_array(c, &n, err)) != PROV_OK)
		return (st);
	if (n != tl->n)
		return (prov_fail(err, PROV_EFORMAT,
		    "%llu lengths for %llu segments", (unsigned long long)n,
		    (unsigned long long)tl->n));
	*sum = 0;
	for (uint64_t k = 0; k < n; k++) {
		if ((st = cbor_get_uint(c, &tl->units[k], err)) != PROV_OK)
			return (st);
		if (tl->units[k] > UNITS_MAX ||
		    (*sum += tl->units[k]) > UNITS_MAX)
			return (prov_fail(err, PROV_EFORMAT,
			    "segment %llu is too long", (unsigned long long)k));
	}
	return (PROV_OK);
}

static prov_status
get_head(struct cbor *c, bool *frames, prov_err *err)
{
	prov_status st;
	uint64_t n;

	if ((st = cbor_get_map(c, &n, err)) != PROV_OK)
		return (st);
	if (n != 4 && n != 5)
		return (prov_fail(err, PROV_EFORMAT, "%llu fields",
		    (unsigned long long)n));
	*frames = n == 5;
	if ((st = field_key(c, KEY_VERSION, form, err)) != PROV_OK)
		return (st);
	return (field_version(c,
	    *frames ? TIMELINE_VERSION_FRAMES : TIMELINE_VERSION, form, err));
}

/* A digest for each of sum units, and at least one. */
static prov_status
get_frames(struct timeline *tl, struct cbor *c, uint64_t sum, prov_err *err)
{
	prov_status st;
	prov_span s;

	if ((st = field_key(c, KEY_FRAMES, form, err)) != PROV_OK ||
	    (st = cbor_get_bytes(c, &s, err)) != PROV_OK)
		return (st);
	if (s.len == 0 || s.len % TIMELINE_FRAME_LEN != 0 ||
	    s.len / TIMELINE_FRAME_LEN != sum)
		return (prov_fail(err, PROV_EFORMAT,
		    "%zu bytes of digests for %llu frames", s.len,
		    (unsigned long long)sum));
	if ((tl->frames = malloc(s.len)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%zu bytes", s.len));
	memcpy(tl->frames, s.p, s.len);
	return (PROV_OK);
}

static prov_status
get_timeline(struct timeline *tl, struct cbor *c, prov_err *err)
{
	prov_status st;
	uint64_t sum = 0;
	bool frames = false;

	if ((st = get_head(c, &frames, err)) != PROV_OK ||
	    (st = field_key(c, KEY_LEAVES, form, err)) != PROV_OK ||
	    (st = get_leaves(tl, c, err)) != PROV_OK ||
	    (st = field_key(c, KEY_UNITS, form, err)) != PROV_OK ||
	    (st = get_units(tl, c, &sum, err)) != PROV_OK ||
	    (st = field_key(c, KEY_TIMES, form, err)) != PROV_OK ||
	    (st = get_times(tl, c, err)) != PROV_OK ||
	    (frames && (st = get_frames(tl, c, sum, err)) != PROV_OK))
		return (st);
	if (!tl->untimed && tl->total != sum)
		return (prov_fail(err, PROV_EFORMAT,
		    "times of %llu units for %llu in segments",
		    (unsigned long long)tl->total, (unsigned long long)sum));
	tl->total = sum;
	return (timeline_index(tl, err));
}

prov_status
timeline_decode(struct timeline **out, prov_span blob, prov_err *err)
{
	AUTO_TIMELINE *tl = NULL;
	prov_status st;
	struct cbor c;

	if (blob.len > TIMELINE_MAX)
		return (prov_fail(err, PROV_ELIMIT, "timeline: %zu bytes",
		    blob.len));
	if ((st = cbor_open(&c, blob, err)) != PROV_OK)
		return (prov_wrap(err, st, "timeline"));
	if ((tl = calloc(1, sizeof(*tl))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "timeline"));
	if ((st = get_timeline(tl, &c, err)) != PROV_OK)
		return (prov_wrap(err, st, "timeline"));
	*out = TAKE(tl);
	return (PROV_OK);
}

prov_status
timeline_decode_times(struct timeline **out, prov_span item, prov_err *err)
{
	AUTO_TIMELINE *tl = NULL;
	prov_status st;
	struct cbor c;

	if (item.len > TIMELINE_MAX)
		return (prov_fail(err, PROV_ELIMIT, "frame times: %zu bytes",
		    item.len));
	if ((st = cbor_open(&c, item, err)) != PROV_OK)
		return (prov_wrap(err, st, "frame times"));
	if ((tl = calloc(1, sizeof(*tl))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "frame times"));
	if ((st = get_times(tl, &c, err)) != PROV_OK ||
	    (st = timeline_index(tl, err)) != PROV_OK)
		return (prov_wrap(err, st, "frame times"));
	*out = TAKE(tl);
	return (PROV_OK);
}

prov_status
timeline_set_times(struct timeline *tl, const int64_t *ns, uint64_t n,
    prov_err *err)
{
	prov_status st;

	free(tl->runs);
	free(tl->order);
	tl->runs = NULL;
	tl->order = NULL;
	tl->n_runs = 0;
	tl->total = n;
	tl->untimed = false;
	if ((st = fit_times(tl, ns, n, err)) != PROV_OK)
		return (st);
	return (timeline_index(tl, err));
}

static prov_status
index_segments(struct timeline *tl, prov_err *err)
{
	uint64_t sum = 0;

	free(tl->unit_at);
	tl->unit_at = calloc((size_t)tl->n + 1, sizeof(*tl->unit_at));
	if (tl->unit_at == NULL)
		return (prov_fail(err, PROV_ENOMEM, "timeline"));
	for (uint64_t k = 0; k < tl->n; k++) {
		tl->unit_at[k] = sum;
		sum += tl->units[k];
	}
	return (PROV_OK);
}

prov_status
timeline_index(struct timeline *tl, prov_err *err)
{
	uint64_t sum = 0;

	free(tl->run_at);
	tl->run_at = calloc(tl->n_runs + 1, sizeof(*tl->run_at));
	if (tl->run_at == NULL)
		return (prov_fail(err, PROV_ENOMEM, "timeline"));
	for (size_t i = 0; i < tl->n_runs; i++) {
		tl->run_at[i] = sum;
		sum += tl->runs[i].count;
	}
	return (index_segments(tl, err));
}

/* The run that presents rank, and how far into it. */
static const struct run *
run_of(const struct timeline *tl, uint64_t rank, uint64_t *into)
{
	size_t lo = 0, hi = tl->n_runs;

	if (tl->run_at == NULL) {
		while (lo + 1 < hi && rank >= tl->runs[lo].count)
			rank -= tl->runs[lo++].count;
		*into = rank;
		return (&tl->runs[lo]);
	}
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (tl->run_at[mid] <= rank)
			lo = mid;
		else
			hi = mid;
	}
	*into = rank - tl->run_at[lo];
	return (&tl->runs[lo]);
}

static int64_t
run_time(const struct run *r, uint64_t i)
{
	return (r->start + (int64_t)((unsigned __int128)i * r->num / r->den));
}

int64_t
timeline_at(const struct timeline *tl, uint64_t u)
{
	const struct run *r;
	uint64_t into;

	if (tl->untimed || tl->n_runs == 0)
		return (PROV_NO_TIME);
	if (tl->order != NULL)
		u = (uint64_t)((int64_t)u + tl->order[u]);
	r = run_of(tl, u, &into);
	return (run_time(r, into));
}

static void
widen(int64_t *from, int64_t *to, int64_t a, int64_t b)
{
	if (a < *from)
		*from = a;
	if (b > *to)
		*to = b;
}

/* Units from u to end, in presentation order: by runs. */
static void
widen_by_runs(const struct timeline *tl, uint64_t u, uint64_t end,
    int64_t *from, int64_t *to)
{
	while (u < end) {
		uint64_t into, n;
		const struct run *r = run_of(tl, u, &into);

		n = r->count - into < end - u ? r->count - into : end - u;
		if (into >= r->count)
			return;
		widen(from, to, run_time(r, into), run_time(r, into + n));
		u += n;
	}
}

static void
widen_by_order(const struct timeline *tl, uint64_t u, uint64_t end,
    int64_t *from, int64_t *to)
{
	for (; u < end; u++) {
		uint64_t rank = (uint64_t)((int64_t)u + tl->order[u]);
		uint64_t into;
		const struct run *r = run_of(tl, rank, &into);

		widen(from, to, run_time(r, into), run_time(r, into + 1));
	}
}

void
timeline_segment(const struct timeline *tl, uint64_t k, int64_t *from,
    int64_t *to)
{
	uint64_t u = 0, end;

	*from = *to = 0;
	if (k >= tl->n || tl->untimed || tl->n_runs == 0)
		return;
	if (tl->unit_at != NULL)
		u = tl->unit_at[k];
	else
		for (uint64_t i = 0; i < k; i++)
			u += tl->units[i];
	end = u + tl->units[k];
	if (u == end) {
		/* Records without a frame: a point at the end. */
		*from = *to =
		    u == 0 ? timeline_at(tl, 0) : timeline_at(tl, u - 1);
		return;
	}
	*from = INT64_MAX;
	*to = INT64_MIN;
	if (tl->order == NULL)
		widen_by_runs(tl, u, end, from, to);
	else
		widen_by_order(tl, u, end, from, to);
}
