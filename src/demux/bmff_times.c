/* SPDX-License-Identifier: ISC */
/* When the samples of a track are presented, from run-length coded tables. */
#include "base/bytes.h"
#include "demux/bmff.h"

/* Beyond, times are taken for nonsense: 2^60 ticks of 1 ns are 36 years. */
#define TICKS_MAX (INT64_C(1) << 60)

#define CHUNK 512 /* entries that are read at once */

/* A table of {count, value}. */
struct table {
	struct bmff *b;
	uint64_t at, left; /* the next chunk; entries behind it */
	size_t i, n;       /* in buf */
	uint32_t count;    /* left of the running entry */
	uint32_t value;
	uint8_t buf[CHUNK * 8];
};

static void
table_open(struct table *t, struct bmff *b, uint64_t at, uint64_t len)
{
	t->b = b;
	t->at = at;
	t->left = len;
	t->i = t->n = 0;
	t->count = 0;
	t->value = 0;
}

/* Makes count > 0 if anything is left. */
static bool
table_fill(struct table *t)
{
	while (t->count == 0) {
		if (t->i == t->n) {
			size_t n = t->left < CHUNK ? (size_t)t->left : CHUNK;

			if (n == 0 ||
			    source_read(t->b->s, t->at, t->buf, n * 8) != n * 8)
				return (false);
			t->at += n * 8;
			t->left -= n;
			t->i = 0;
			t->n = n;
		}
		t->count = be32(t->buf + 8 * t->i);
		t->value = be32(t->buf + 8 * t->i + 4);
		t->i++;
	}
	return (true);
}

/* n samples, the first at pts, each later by step, each lasts step. */
static bool
span_add(struct bmff_span *s, int64_t pts, uint32_t step, uint32_t n)
{
	uint64_t reach = (uint64_t)step * (n - 1);
	int64_t last, end;

	if (pts < -TICKS_MAX || pts > TICKS_MAX || reach > TICKS_MAX)
		return (false);
	last = pts + (int64_t)reach;
	end = last + step;
	if (!s->known)
		*s = (struct bmff_span){ true, pts, last, end };
	s->first = pts < s->first ? pts : s->first;
	s->last = last > s->last ? last : s->last;
	s->end = end > s->end ? end : s->end;
	return (true);
}

/* false: times that make no sense. */
static bool
add_tables(struct bmff_track *t, struct table *deltas, struct table *offsets)
{
	uint64_t dts = 0;

	while (table_fill(deltas)) {
		bool shifted = table_fill(offsets);
		uint32_t n = deltas->count;

		t->chunked = t->stts_len == 1 && deltas->value == 1;
		if (shifted && offsets->count < n)
			n = offsets->count;
		if (!span_add(&t->span,
			(int64_t)dts + (shifted ? (int32_t)offsets->value : 0),
			deltas->value, n))
			return (false);
		dts += (uint64_t)deltas->value * n;
		if (dts > (uint64_t)TICKS_MAX)
			return (false);
		deltas->count -= n;
		offsets->count -= shifted ? n : 0;
	}
	t->dts = dts;
	return (true);
}

prov_status
bmff_times(struct bmff *b, prov_err *err)
{
	struct bmff_track *t = b->track;
	struct table deltas, offsets;

	(void)err;
	table_open(&deltas, b, t->stts, t->stts_len);
	table_open(&offsets, b, t->ctts, t->ctts_len);
	if (!add_tables(t, &deltas, &offsets)) {
		t->span.known = false;
		b->incomplete = true;
	}
	return (PROV_OK);
}

/* Fields of trun (14496-12 8.8.8). */
enum {
	RUN_OFFSET = 0x1,
	RUN_FIRST = 0x4,
	RUN_DURATION = 0x100,
	RUN_SIZE = 0x200,
	RUN_FLAGS = 0x400,
	RUN_SHIFT = 0x800
};

static bool
run_sample(struct bmff *b, const uint8_t *p, uint32_t flags)
{
	struct bmff_track *t = b->fragment;
	uint32_t duration = b->fragment_duration;
	int32_t shift = 0;

	if (flags & RUN_DURATION) {
		duration = be32(p);
		p += 4;
	}
	p += (flags & RUN_SIZE ? 4 : 0) + (flags & RUN_FLAGS ? 4 : 0);
	if (flags & RUN_SHIFT)
		shift = (int32_t)be32(p);
	if (t->dts > (uint64_t)TICKS_MAX ||
	    !span_add(&t->span, (int64_t)t->dts + shift, duration, 1))
		return (false);
	t->dts += duration;
	return (true);
}

prov_status
bmff_run(struct bmff *b, const struct box *box, prov_err *err)
{
	uint8_t p[16];
	uint32_t flags, n;
	uint64_t at = box->at + 8;
	size_t len = 0;

	if (b->fragment == NULL || !box_get(b, box, p, 8, 8)) {
		b->incomplete = true;
		return (PROV_OK);
	}
	flags = be32(p) & 0xffffff;
	n = be32(p + 4);
	at += (flags & RUN_OFFSET ? 4U : 0U) + (flags & RUN_FIRST ? 4U : 0U);
	for (uint32_t f = RUN_DURATION; f <= RUN_SHIFT; f <<= 1)
		len += flags & f ? 4 : 0;
	/* Samples that take no bytes here are counted, but not in a loop. */
	if (len == 0) {
		struct bmff_track *t = b->fragment;

		if (n > 0 && t->dts <= (uint64_t)TICKS_MAX &&
		    span_add(&t->span, (int64_t)t->dts, b->fragment_duration,
			n))
			t->dts += (uint64_t)b->fragment_duration * n;
		t->samples += n;
		return (PROV_OK);
	}
	for (uint32_t i = 0; i < n; i++, at += len) {
		if (at > box->end || box->end - at < len ||
		    !source_get(b->s, at, p, len)) {
			b->incomplete = true;
			return (PROV_OK);
		}
		if (!run_sample(b, p, flags))
			return (prov_fail(err, PROV_EFORMAT,
			    "track %u: a fragment's times make no sense",
			    b->fragment->id));
		b->fragment->samples++;
	}
	return (PROV_OK);
}
