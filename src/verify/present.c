/* SPDX-License-Identifier: ISC */
#include "verify/present.h"

#include <stdio.h>
#include <string.h>

/* Of hidden sound, the most that is no edit (prov-manifest(5), "edited"). */
#define HIDDEN_NS 200000000

/* How a field's values are compared. */
enum way {
	WAY_EQUAL,  /* effective values are the same, absent is the default */
	WAY_BOUND,  /* bound by the configuration too: only where both know */
	WAY_ASPECT, /* as a ratio, with the field after it */
	WAY_HEARD,  /* AAC containers may name the core's or the output's */
	WAY_LAYOUT, /* absent is the usual layout for the channels */
	WAY_ABSENT, /* absent where not carried is not checked */
	WAY_OFF,  /* bits that only the other sets; as WAY_ABSENT for its own */
	WAY_TRIM, /* samples at an end: as WAY_ABSENT, within limits */
	WAY_SHOWN, /* times: absent is the whole stream */
	WAY_PACED, /* a time that a change of speed changes with all others */
	WAY_NEVER  /* anything but the default on either side differs */
};

/* Containers that state a field wherever it is not the default. */
#define IN_MP4 0x1U /* mp4, mov */
#define IN_MKV 0x2U /* matroska, webm */
#define IN_OGG 0x4U
#define IN_MOV 0x8U /* mov alone */

static const struct rule {
	prov_field field;
	enum reason reason;
	enum way way;
	int64_t dflt;
	unsigned carried; /* for WAY_ABSENT and WAY_TRIM */
} rules[] = {
	{ PROV_WIDTH, REASON_SIZE, WAY_EQUAL, 0, 0 },
	{ PROV_HEIGHT, REASON_SIZE, WAY_EQUAL, 0, 0 },
	{ PROV_DISPLAY_W, REASON_ASPECT, WAY_ASPECT, 0, 0 },
	{ PROV_ROTATION, REASON_ROTATION, WAY_EQUAL, 0, 0 },
	{ PROV_FLIP, REASON_FLIP, WAY_EQUAL, 0, 0 },
	{ PROV_CROP_LEFT, REASON_CROP, WAY_EQUAL, 0, 0 },
	{ PROV_CROP_TOP, REASON_CROP, WAY_EQUAL, 0, 0 },
	{ PROV_CROP_RIGHT, REASON_CROP, WAY_EQUAL, 0, 0 },
	{ PROV_CROP_BOTTOM, REASON_CROP, WAY_EQUAL, 0, 0 },
	{ PROV_PRIMARIES, REASON_COLOUR, WAY_EQUAL, 2, 0 },
	{ PROV_TRANSFER, REASON_COLOUR, WAY_EQUAL, 2, 0 },
	{ PROV_MATRIX, REASON_COLOUR, WAY_EQUAL, 2, 0 },
	{ PROV_RANGE, REASON_COLOUR, WAY_EQUAL, 0, 0 },
	{ PROV_STEREO, REASON_STEREO, WAY_EQUAL, 0, 0 },
	{ PROV_PACKING, REASON_STEREO, WAY_EQUAL, 0, 0 },
	{ PROV_PROJECTION, REASON_PROJECTION, WAY_EQUAL, 0, 0 },
	{ PROV_FIELDS, REASON_FIELDS, WAY_ABSENT, 0, IN_MOV | IN_MKV },
	{ PROV_ALPHA, REASON_ALPHA, WAY_EQUAL, 0, 0 },
	{ PROV_BITS, REASON_CONFIG_CHANGED, WAY_BOUND, 0, 0 },
	{ PROV_CHROMA, REASON_CONFIG_CHANGED, WAY_BOUND, 0, 0 },
	{ PROV_RATE, REASON_RATE, WAY_HEARD, 0, 0 },
	{ PROV_CHANNELS, REASON_CHANNELS, WAY_HEARD, 0, 0 },
	{ PROV_LAYOUT, REASON_CHANNELS, WAY_LAYOUT, 0, 0 },
	{ PROV_SBR, REASON_SBR, WAY_OFF, 0, 0 },
	{ PROV_GAIN, REASON_GAIN, WAY_ABSENT, 0, IN_MP4 | IN_MKV | IN_OGG },
	{ PROV_DELAY, REASON_SHOWN, WAY_TRIM, 0, 0 },
	{ PROV_PADDING, REASON_SHOWN, WAY_TRIM, 0, 0 },
	{ PROV_SHOWN_FROM, REASON_SHOWN, WAY_SHOWN, 0, IN_MP4 },
	{ PROV_SHOWN_TO, REASON_SHOWN, WAY_SHOWN, 0, IN_MP4 },
	{ PROV_EDITED, REASON_EDITED, WAY_NEVER, 0, 0 },
	{ PROV_ICC, REASON_ICC, WAY_EQUAL, 0, 0 },
	{ PROV_GAMMA, REASON_GAMMA, WAY_EQUAL, 0, 0 },
	{ PROV_CHRM, REASON_GAMMA, WAY_EQUAL, 0, 0 },
	{ PROV_SRGB, REASON_GAMMA, WAY_EQUAL, 0, 0 },
	{ PROV_DENSITY_X, REASON_DENSITY, WAY_EQUAL, 0, 0 },
	{ PROV_DENSITY_Y, REASON_DENSITY, WAY_EQUAL, 0, 0 },
	{ PROV_DENSITY_UNIT, REASON_DENSITY, WAY_EQUAL, 0, 0 },
	{ PROV_TRANSFORM, REASON_TRANSFORM, WAY_EQUAL, 0, 0 },
	{ PROV_MASTERING, REASON_HDR, WAY_EQUAL, 0, 0 },
	{ PROV_LIGHT, REASON_HDR, WAY_EQUAL, 0, 0 },
	{ PROV_HDR, REASON_HDR, WAY_EQUAL, 0, 0 },
	{ PROV_DISPLAY_SEI, REASON_ROTATION, WAY_EQUAL, 0, 0 },
	{ PROV_DOVI, REASON_HDR, WAY_ABSENT, 0, IN_MP4 | IN_MKV },
	{ PROV_SPHERE, REASON_PROJECTION, WAY_EQUAL, 0, 0 },
	{ PROV_STRUCTS, REASON_FIELDS, WAY_EQUAL, 0, 0 },
	{ PROV_CAPTIONS, REASON_CAPTIONS, WAY_EQUAL, 0, 0 },
	{ PROV_LOOPS, REASON_LOOPS, WAY_EQUAL, 1, 0 },
	{ PROV_LASTS, REASON_TIMING_FRAMES, WAY_PACED, 0, 0 },
};
/* DISPLAY_H goes with DISPLAY_W; every other field has its own rule. */
_Static_assert(sizeof(rules) / sizeof(rules[0]) == PROV_FIELD_MAX - 1,
    "a presentation field has no rule");

static bool
known(const struct shown *x, prov_field f)
{
	return ((x->s->present.known >> f & 1) != 0);
}

static int64_t
value(const struct shown *x, prov_field f, int64_t dflt)
{
	return (known(x, f) ? x->s->present.v[f] : dflt);
}

static void
differs(struct findings *f, const struct rule *r, int64_t was, int64_t is)
{
	findings_add(f, r->reason, "%s is %lld, signed was %lld",
	    prov_field_name(r->field), (long long)is, (long long)was);
}

/* What unspecified stands for, in the values that say so in two ways. */
static int64_t
effective(const struct shown *x, const struct rule *r)
{
	int64_t v = value(x, r->field, r->dflt);

	switch ((int)r->field) {
	case PROV_RANGE: /* decoders take unspecified for limited */
		return (v == 0 ? 1 : v);
	case PROV_PRIMARIES:
	case PROV_TRANSFER:
	case PROV_MATRIX:
		/* 0 is reserved, but for identity among the matrices. */
		return (v == 0 && r->field != PROV_MATRIX ? 2 : v);
	default:
		return (v);
	}
}

static void
compare_equal(struct findings *f, const struct rule *r, const struct shown *was,
    const struct shown *is)
{
	int64_t a = effective(was, r), b = effective(is, r);

	if (a != b)
		differs(f, r, a, b);
}

static void
compare_bound(struct findings *f, const struct rule *r, const struct shown *was,
    const struct shown *is)
{
	bool coded = was->s->kind == PROV_AUDIO &&
	             strcmp(was->s->canon, "pcm/1") != 0 &&
	             strcmp(was->s->canon, "raw/1") != 0;

	/* Bits of coded sound are whatever a container cares to write. */
	if (!coded && known(was, r->field) && known(is, r->field))
		compare_equal(f, r, was, is);
}

/* Ratios that a rounding by one pixel explains are the same. */
static void
compare_aspect(struct findings *f, const struct rule *r,
    const struct shown *was, const struct shown *is)
{
	int64_t w1 = value(was, PROV_DISPLAY_W, value(was, PROV_WIDTH, 0));
	int64_t h1 = value(was, PROV_DISPLAY_H, value(was, PROV_HEIGHT, 0));
	int64_t w2 = value(is, PROV_DISPLAY_W, value(is, PROV_WIDTH, 0));
	int64_t h2 = value(is, PROV_DISPLAY_H, value(is, PROV_HEIGHT, 0));
	int64_t max = INT32_MAX, most, d;

	if (w1 == w2 && h1 == h2)
		return;
	most = w1 > h1 ? w1 : h1;
	most = w2 > most ? w2 : most;
	most = h2 > most ? h2 : most;
	if (w1 > 0 && h1 > 0 && w2 > 0 && h2 > 0 && most <= max) {
		d = w1 * h2 - w2 * h1;
		if ((d < 0 ? -d : d) <= most)
			return;
	}
	findings_add(f, r->reason, "%lldx%lld, signed was %lldx%lld",
	    (long long)w2, (long long)h2, (long long)w1, (long long)h1);
}

/* Whether a is 2 * b and not 0; what is stated may be too large to double. */
static bool
is_double(int64_t a, int64_t b)
{
	return (a != 0 && a % 2 == 0 && a / 2 == b);
}

/*
 * HE-AAC is announced by its core's numbers or by its output's; the core's own
 * are bound by the configuration.
 */
static void
compare_heard(struct findings *f, const struct rule *r, const struct shown *was,
    const struct shown *is)
{
	int64_t a = value(was, r->field, 0), b = value(is, r->field, 0);
	bool aac = strcmp(was->s->canon, "aac/1") == 0;

	if (a == b || (aac && (is_double(a, b) || is_double(b, a))))
		return;
	if (aac && (a == 0 || b == 0))
		return;
	differs(f, r, a, b);
}

/* The speakers that a number of channels stands for, as WAVE bits. */
static int64_t
usual_layout(int64_t channels)
{
	static const int64_t usual[] = { 0, 0x4, 0x3, 0x7, 0x107, 0x37, 0x3f,
		0x70f, 0x63f };

	return (channels > 0 && channels <= 8 ? usual[channels] : 0);
}

static int64_t
layout(const struct shown *x)
{
	int64_t v = value(x, PROV_LAYOUT, 0);

	return (v != 0 ? v : usual_layout(value(x, PROV_CHANNELS, 0)));
}

static void
compare_layout(struct findings *f, const struct rule *r,
    const struct shown *was, const struct shown *is)
{
	/* A difference of channels alone has its own rule. */
	if (!known(was, r->field) && !known(is, r->field))
		return;
	if (layout(was) != layout(is))
		differs(f, r, layout(was), layout(is));
}

static unsigned
container(const char *format)
{
	static const struct {
		const char *format;
		unsigned is;
	} table[] = {
		{ "mp4", IN_MP4 }, { "mov", IN_MP4 | IN_MOV },
		{ "matroska", IN_MKV }, { "webm", IN_MKV }, { "ogg", IN_OGG },
		{ "jpeg", IN_MP4 }, /* the video of a motion photo */
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].format, format) == 0)
			return (table[i].is);
	}
	return (0);
}

static void
not_checked(struct findings *f, const struct rule *r)
{
	char what[CODE_MAX + 1];

	(void)snprintf(what, sizeof(what), "presentation.%s",
	    prov_field_name(r->field));
	findings_skip(f, what);
}

static void
compare_absent(struct findings *f, const struct rule *r,
    const struct shown *was, const struct shown *is)
{
	int64_t a = value(was, r->field, r->dflt);
	int64_t b = value(is, r->field, r->dflt);

	if (a == b)
		return;
	if (!known(is, r->field) && !(container(is->format) & r->carried))
		not_checked(f, r);
	else
		differs(f, r, a, b);
}

/*
 * What is explicitly off gets lost on the way through ADTS, in any container,
 * and mostly there is nothing that would then be on.
 */
static void
compare_off(struct findings *f, const struct rule *r, const struct shown *was,
    const struct shown *is)
{
	int64_t a = value(was, r->field, r->dflt);
	int64_t b = value(is, r->field, r->dflt);

	if ((b & ~a) != 0)
		differs(f, r, a, b);
	else if (a != b)
		not_checked(f, r);
}

/* Samples cut at an end: one millisecond of rounding, never an edit. */
static void
compare_trim(struct findings *f, const struct rule *r, const struct shown *was,
    const struct shown *is)
{
	int64_t a = value(was, r->field, 0), b = value(is, r->field, 0);
	int64_t rate = was->s->rate == 0 ? 48000 : was->s->rate;
	uint64_t d =
	    a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
	bool both = known(was, r->field) && known(is, r->field);

	if (d > (uint64_t)rate / 5 || (both && d > (uint64_t)rate / 1000 + 1))
		differs(f, r, a, b);
	else if (!both && d != 0)
		not_checked(f, r);
}

/* What is presented where nobody says: from the first frame to the end. */
static int64_t
whole(const struct shown *x, prov_field f)
{
	int64_t from = 0;

	if (x->tl != NULL && !x->tl->untimed && x->tl->n_runs > 0)
		from = x->tl->runs[0].start;
	return (f == PROV_SHOWN_FROM ? from : from + x->s->duration_ns);
}

static void
compare_shown(struct findings *f, const struct rule *r, const struct shown *was,
    const struct shown *is)
{
	int64_t a = value(was, r->field, whole(was, r->field));
	int64_t b = value(is, r->field, whole(is, r->field));
	uint64_t d =
	    a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;

	if (was->s->kind == PROV_IMAGE ||
	    (!known(was, r->field) && !known(is, r->field)) || d <= HIDDEN_NS)
		return;
	if (!known(is, r->field) && !(container(is->format) & r->carried))
		not_checked(f, r);
	else
		findings_add(f, r->reason, "%s is %.3f s, signed was %.3f s",
		    prov_field_name(r->field), (double)b / 1e9,
		    (double)a / 1e9);
}

/* Two edit lists that both hide something may hide different things. */
static void
compare_never(struct findings *f, const struct rule *r, const struct shown *was,
    const struct shown *is)
{
	int64_t a = value(was, r->field, r->dflt);
	int64_t b = value(is, r->field, r->dflt);

	if (a != r->dflt || b != r->dflt)
		findings_add(f, r->reason, "%s",
		    b != r->dflt ? reason_text(r->reason)
				 : "the signed file had edits, this one not");
}

/* Where the speed was changed, that is the reason and there is no second. */
static void
compare_paced(struct findings *f, const struct rule *r, const struct shown *was,
    const struct shown *is)
{
	if (!findings_has(f, REASON_TIMING_RATE))
		compare_equal(f, r, was, is);
}

typedef void (*compare_fn)(struct findings *f, const struct rule *r,
    const struct shown *was, const struct shown *is);

static const compare_fn ways[] = {
	[WAY_EQUAL] = compare_equal,
	[WAY_BOUND] = compare_bound,
	[WAY_ASPECT] = compare_aspect,
	[WAY_HEARD] = compare_heard,
	[WAY_LAYOUT] = compare_layout,
	[WAY_ABSENT] = compare_absent,
	[WAY_OFF] = compare_off,
	[WAY_TRIM] = compare_trim,
	[WAY_SHOWN] = compare_shown,
	[WAY_PACED] = compare_paced,
	[WAY_NEVER] = compare_never,
};

void
present_compare(struct findings *f, const struct shown *was,
    const struct shown *is)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		ways[rules[i].way](f, &rules[i], was, is);
}

enum reason
present_reason(prov_field f)
{
	if (f == PROV_DISPLAY_H)
		f = PROV_DISPLAY_W;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].field == f)
			return (rules[i].reason);
	}
	return (REASON_CONFIG_CHANGED);
}
