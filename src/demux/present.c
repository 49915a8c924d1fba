/* SPDX-License-Identifier: ISC */
#include "demux/present.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/image.h"
#include "hash/sha256.h"

#define NS 1000000000

/* Of hidden sound, the most that is priming and no edit (ESSENCE 4). */
#define HIDDEN_NS 200000000

/* Edits are stated in movie ticks, so ends are known to one of those. */
#define ROUNDED_NS 1000000

/* Profiles and meshes are at most a few MB. */
#define BLOB_MAX (16UL << 20)

static int64_t
ticks_ns(__int128 ticks, uint32_t per_second)
{
	__int128 ns = ticks * NS / per_second;
	__int128 max = INT64_C(1) << 60;

	return ((int64_t)(ns > max ? max : ns < -max ? -max : ns));
}

/* "fiel" and FieldOrder use the same numbers. */
static void
present_fields(prov_present *p, uint64_t order)
{
	if (order == 0)
		prov_present_set(p, PROV_FIELDS, 0);
	else if (order == 1 || order == 14)
		prov_present_set(p, PROV_FIELDS, 1);
	else if (order == 6 || order == 9)
		prov_present_set(p, PROV_FIELDS, 2);
}

/* The picture after cropping, and the ratio it is to be shown in. */
struct frame {
	int64_t w, h;
	uint64_t num, den; /* of a pixel; 0: square or not stated */
};

/*
 * What no picture can have is stated as the most that one could: passed over,
 * it would look like nothing stated.
 */
static int64_t
bounded(uint64_t v, int64_t max)
{
	return (v > (uint64_t)max ? max : (int64_t)v);
}

/* Height stays; width follows the ratio, as other containers round it. */
static void
present_aspect(prov_present *p, const struct frame *f)
{
	unsigned __int128 w;

	if (f->w <= 0 || f->h <= 0 || f->num == 0 || f->den == 0)
		return;
	w = ((unsigned __int128)f->w * f->num + f->den / 2) / f->den;
	prov_present_set(p, PROV_DISPLAY_W,
	    w > INT32_MAX ? INT32_MAX : (int64_t)w);
	prov_present_set(p, PROV_DISPLAY_H, f->h);
}

static void
present_crop(prov_present *p, const int64_t crop[4])
{
	prov_present_set(p, PROV_CROP_LEFT, crop[0]);
	prov_present_set(p, PROV_CROP_TOP, crop[1]);
	prov_present_set(p, PROV_CROP_RIGHT, crop[2]);
	prov_present_set(p, PROV_CROP_BOTTOM, crop[3]);
}

static void
present_turned(prov_present *p, double degrees, int flip)
{
	int64_t turn = (int64_t)(degrees + 720.5) % 360;

	/* A mirrored picture can be said in two ways: one is enough. */
	if (flip != 0 && turn >= 180) {
		turn -= 180;
		flip = 2;
	}
	prov_present_set(p, PROV_ROTATION, turn);
	prov_present_set(p, PROV_FLIP, flip);
}

/* Whether a matrix does more than turn and mirror: by over one percent. */
static bool
distorts(double u, double v, double x, double y)
{
	const double one = 65536.0 * 65536.0;
	double w = hypot(u, v) / one, h = hypot(x, y) / one;

	return (fabs(w - 1) > 0.01 || fabs(h - 1) > 0.01 ||
		fabs(u * x + v * y) > 0.01 * one * one);
}

/* What is no turning, no moving and no scaling of a flat picture. */
static bool
is_flat(const int32_t m[9])
{
	return (m[2] == 0 && m[5] == 0 && m[8] == 0x40000000);
}

/* The track's matrix, then the movie's: the first two rows and columns. */
static void
present_matrix(prov_present *p, const struct bmff *b,
    const struct bmff_track *t)
{
	const int32_t *m = t->matrix, *n = b->matrix;
	double u = (double)m[0] * n[0] + (double)m[1] * n[3];
	double v = (double)m[0] * n[1] + (double)m[1] * n[4];
	double x = (double)m[3] * n[0] + (double)m[4] * n[3];
	double y = (double)m[3] * n[1] + (double)m[4] * n[4];
	double pi = 3.14159265358979323846;

	if (distorts(u, v, x, y) || !is_flat(m) || !is_flat(n))
		prov_present_set(p, PROV_EDITED, 1);
	if (u == 0 && v == 0)
		return;
	if (u * y - v * x < 0)
		present_turned(p, atan2(-v, -u) * 180 / pi, 1);
	else
		present_turned(p, atan2(v, u) * 180 / pi, 0);
}

/* A fraction of "clap" to the nearest whole. */
static int64_t
nearest(double v)
{
	return ((int64_t)(v < 0 ? v - 0.5 : v + 0.5));
}

static void
crop_bmff(prov_present *p, const struct bmff_track *t, struct frame *f)
{
	double w, h, x, y;
	int64_t crop[4];

	f->w = t->coded_w;
	f->h = t->coded_h;
	if (!t->has_clap || t->clap[1] == 0 || t->clap[3] == 0 ||
	    t->clap[5] == 0 || t->clap[7] == 0)
		return;
	w = (double)t->clap[0] / t->clap[1];
	h = (double)t->clap[2] / t->clap[3];
	x = (double)(int32_t)t->clap[4] / t->clap[5];
	y = (double)(int32_t)t->clap[6] / t->clap[7];
	crop[0] = nearest(((double)f->w - w) / 2 + x);
	crop[1] = nearest(((double)f->h - h) / 2 + y);
	crop[2] = f->w - nearest(w) - crop[0];
	crop[3] = f->h - nearest(h) - crop[1];
	present_crop(p, crop);
	f->w = nearest(w);
	f->h = nearest(h);
}

/* Whether w by h has the ratio of f, perhaps turned, but for rounding. */
static bool
has_ratio(const struct frame *f, int64_t w, int64_t h, uint64_t num,
    uint64_t den)
{
	int64_t fw = (int64_t)(((uint64_t)f->w * num + den / 2) / den);
	int64_t slack = (w > h ? w : h) + (fw > f->h ? fw : f->h);
	int64_t d = w * f->h - h * fw, turned = h * f->h - w * fw;

	return ((d < 0 ? -d : d) <= slack ||
		(turned < 0 ? -turned : turned) <= slack);
}

/* QuickTime's aperture modes have sizes of their own. */
static void
aspect_clean(prov_present *p, const struct bmff_track *t, const struct frame *f)
{
	int64_t w = t->clean_w >> 16, h = t->clean_h >> 16;

	if (w <= 0 || h <= 0 || f->w <= 0 || f->h <= 0 || f->w > UINT16_MAX ||
	    f->h > UINT16_MAX)
		return;
	if (has_ratio(f, w, h, 1, 1) ||
	    (f->num >> 32 == 0 && f->num != 0 && f->den != 0 &&
		has_ratio(f, w, h, f->num, f->den)))
		return;
	prov_present_set(p, PROV_EDITED, 1);
}

/*
 * "pasp" decides, unless the track header's size has a ratio that is neither
 * that nor the coded picture's: some players stretch, so it is not nothing.
 */
static void
aspect_bmff(prov_present *p, const struct bmff_track *t, struct frame *f)
{
	int64_t w = t->width >> 16, h = t->height >> 16;
	bool pasp = t->has_pasp && t->pasp[0] >> 16 == 0;

	if (t->has_pasp) {
		f->num = t->pasp[0];
		f->den = t->pasp[1];
	}
	if (w > 0 && h > 0 && f->w > 0 && f->h > 0 && f->w <= UINT16_MAX &&
	    !has_ratio(f, w, h, 1, 1) &&
	    !(pasp && has_ratio(f, w, h, f->num, f->den))) {
		f->num = (uint64_t)(w * f->h);
		f->den = (uint64_t)(h * f->w);
	}
	present_aspect(p, f);
	aspect_clean(p, t, f);
}

/* A part of the file that is stated by its digest. */
struct blob {
	struct source *s;
	uint64_t at, len;
	const char *what;
};

static prov_status
blob_check(const struct blob *b, prov_err *err)
{
	if (b->len <= BLOB_MAX)
		return (PROV_OK);
	return (prov_fail(err, PROV_ELIMIT,
	    "limit.presentation: %s of more than %lu bytes", b->what,
	    BLOB_MAX));
}

/* Adds the part to h, if h is not NULL; says whether all of it is 0. */
static prov_status
blob_read(const struct blob *b, struct sha256 *h, bool *zero, prov_err *err)
{
	uint64_t at = b->at, left = b->len;
	uint8_t piece[4096];
	prov_status st;

	*zero = true;
	if ((st = blob_check(b, err)) != PROV_OK)
		return (st);
	while (left > 0) {
		size_t n = left < sizeof(piece) ? (size_t)left : sizeof(piece);

		if (source_read(b->s, at, piece, n) != n)
			return (prov_fail(err, PROV_EFORMAT, "%s ends early",
			    b->what));
		for (size_t i = 0; i < n; i++)
			*zero &= piece[i] == 0;
		if (h != NULL)
			sha256_add(h, piece, n);
		at += n;
		left -= n;
	}
	return (PROV_OK);
}

static prov_status
icc_bmff(prov_present *p, const struct bmff *b, const struct bmff_track *t,
    prov_err *err)
{
	const struct blob icc = { b->s, t->icc_at, t->icc_len,
		"a colour profile" };
	AUTO_SHA256 *h = NULL;
	uint8_t digest[SHA256_LEN];
	prov_status st;
	bool zero;

	if (!t->has_icc)
		return (PROV_OK);
	if ((st = sha256_new(&h, err)) != PROV_OK)
		return (st);
	sha256_init(h);
	if ((st = blob_read(&icc, h, &zero, err)) != PROV_OK ||
	    (st = sha256_done(h, digest, err)) != PROV_OK)
		return (st);
	prov_present_set(p, PROV_ICC, digest63(digest));
	return (PROV_OK);
}

/*
 * Where the viewer looks first, what of the sphere there is, and what Apple
 * says of the eyes. All 0 is nothing said.
 */
static prov_status
present_sphere(prov_present *p, const int32_t pose[3], const struct blob *data,
    const struct blob *eyes, prov_err *err)
{
	AUTO_SHA256 *h = NULL;
	uint8_t head[12], digest[SHA256_LEN];
	prov_status st;
	bool no_data, no_eyes;

	if ((st = blob_read(data, NULL, &no_data, err)) != PROV_OK ||
	    (st = blob_read(eyes, NULL, &no_eyes, err)) != PROV_OK)
		return (st);
	if (no_data && no_eyes && pose[0] == 0 && pose[1] == 0 && pose[2] == 0)
		return (PROV_OK);
	if ((st = sha256_new(&h, err)) != PROV_OK)
		return (st);
	sha256_init(h);
	for (size_t i = 0; i < 3; i++)
		put_be32(head + 4 * i, (uint32_t)pose[i]);
	sha256_add(h, head, sizeof(head));
	if ((!no_data && (st = blob_read(data, h, &no_data, err)) != PROV_OK) ||
	    (!no_eyes && (st = blob_read(eyes, h, &no_eyes, err)) != PROV_OK) ||
	    (st = sha256_done(h, digest, err)) != PROV_OK)
		return (st);
	prov_present_set(p, PROV_SPHERE, digest63(digest));
	return (PROV_OK);
}

static prov_status
present_dovi(prov_present *p, const uint8_t config[24], prov_err *err)
{
	uint8_t digest[SHA256_LEN];
	prov_status st;

	if ((st = sha256_of(digest, span(config, 24), err)) == PROV_OK)
		prov_present_set(p, PROV_DOVI, digest63(digest));
	return (st);
}

static prov_status
present_mastering(prov_present *p, const uint8_t volume[24], prov_err *err)
{
	uint8_t digest[SHA256_LEN];
	prov_status st;

	if ((st = sha256_of(digest, span(volume, 24), err)) == PROV_OK)
		prov_present_set(p, PROV_MASTERING, digest63(digest));
	return (st);
}

static void
present_colours(prov_present *p, int64_t primaries, int64_t transfer,
    int64_t matrix)
{
	/* Unspecified leaves the word to the bitstream. */
	if (primaries != 2)
		prov_present_set(p, PROV_PRIMARIES, primaries);
	if (transfer != 2)
		prov_present_set(p, PROV_TRANSFER, transfer);
	if (matrix != 2)
		prov_present_set(p, PROV_MATRIX, matrix);
}

static prov_status
colour_bmff(prov_present *p, const struct bmff *b, const struct bmff_track *t,
    prov_err *err)
{
	prov_status st;

	if (t->has_nclx)
		present_colours(p, t->nclx[0], t->nclx[1], t->nclx[2]);
	if (t->has_range)
		prov_present_set(p, PROV_RANGE, t->full_range ? 2 : 1);
	if (t->has_clli)
		prov_present_set(p, PROV_LIGHT, be32(t->clli));
	if (t->has_mdcv && (st = present_mastering(p, t->mdcv, err)) != PROV_OK)
		return (st);
	return (icc_bmff(p, b, t, err));
}

static prov_status
space_bmff(prov_present *p, const struct bmff *b, const struct bmff_space *x,
    prov_err *err)
{
	const struct blob data = { b->s, x->at, x->len, "a projection" };
	const struct blob eyes = { b->s, x->eyes_at, x->eyes_len, "stereo" };

	if (x->stereo != 0)
		prov_present_set(p, PROV_STEREO, x->stereo - 1);
	if (x->projection != 0)
		prov_present_set(p, PROV_PROJECTION, x->projection);
	return (present_sphere(p, x->pose, &data, &eyes, err));
}

static prov_status
picture_bmff(prov_present *p, const struct bmff *b, const struct bmff_track *t,
    bool in_stream, prov_err *err)
{
	struct frame f = { 0 };
	prov_status st;

	crop_bmff(p, t, &f);
	aspect_bmff(p, t, &f);
	present_matrix(p, b, t);
	if (t->has_fields && !in_stream)
		present_fields(p, t->fields[0] == 1 ? 0 : t->fields[1]);
	if (t->has_dovi && (st = present_dovi(p, t->dovi, err)) != PROV_OK)
		return (st);
	if ((st = space_bmff(p, b, &t->space, err)) != PROV_OK)
		return (st);
	return (colour_bmff(p, b, t, err));
}

/* Whether the edit list keeps something from being presented. */
static bool
hides(const struct bmff *b, const struct bmff_track *t, bool picture)
{
	const struct bmff_edits *e = &t->edits;
	int64_t slack = picture ? ROUNDED_NS : HIDDEN_NS;
	int64_t from = ticks_ns(e->from, t->timescale), to;

	if (!t->span.known)
		return (false);
	if (from - ticks_ns(t->span.first, t->timescale) > slack)
		return (true);
	if (e->duration == 0 || b->timescale == 0)
		return (false);
	to = from + ticks_ns(e->duration, b->timescale);
	if (!picture)
		return (ticks_ns(t->span.end, t->timescale) - to > slack);
	/* The last picture begins before the end, but for rounding. */
	return (ticks_ns(t->span.last, t->timescale) >=
		    to + NS / b->timescale / 2 &&
		t->span.last > t->span.first);
}

/*
 * Whether a header says that the track is shorter than what is shown of it:
 * some players stop there.
 */
static bool
ends_early(const struct bmff *b, const struct bmff_track *t)
{
	int64_t end, said;
	uint64_t least = t->duration;

	if (b->fragmented || b->timescale == 0 || !t->span.known ||
	    t->timescale == 0)
		return (false);
	if (least == 0 || (b->duration != 0 && b->duration < least))
		least = b->duration;
	if (least == 0)
		return (false);
	end = ticks_ns(t->span.end, t->timescale);
	if (t->edits.present && !t->edits.odd) {
		end -= ticks_ns(t->edits.from, t->timescale);
		if (t->edits.duration > 0 &&
		    ticks_ns(t->edits.duration, b->timescale) < end)
			end = ticks_ns(t->edits.duration, b->timescale);
		end += ticks_ns(t->edits.empty, b->timescale);
	}
	said = ticks_ns(least, b->timescale);
	return (said < end && end - said > HIDDEN_NS);
}

/* Whether players take another track in its place, or none. */
static bool
left_out(const struct bmff *b, const struct bmff_track *t)
{
	if (!t->disabled)
		return (false);
	for (size_t i = 0; i < b->n; i++)
		if (b->tracks[i].handler == t->handler &&
		    !b->tracks[i].disabled)
			return (false);
	return (true);
}

/* Pictures over or beside pictures: where they lie is not signed. */
static bool
is_placed(const struct bmff *b, const struct bmff_track *t)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->tracks[i].handler == HANDLER_VIDEO &&
		     !b->tracks[i].disabled && !b->tracks[i].chapters;
	return (
	    n > 1 && (t->layer != 0 || t->matrix[6] != 0 || t->matrix[7] != 0));
}

/* Whether a picture is shown otherwise than a plain reader has it. */
static bool
shows_otherwise(const struct bmff *b, const struct bmff_track *t)
{
	return (b->cut_out || t->cut_out || t->width == 0 || t->height == 0 ||
		is_placed(b, t));
}

static bool
plays_otherwise(const struct bmff *b, const struct bmff_track *t,
    prov_kind kind)
{
	if (b->odd_rate || left_out(b, t))
		return (true);
	if (kind == PROV_VIDEO)
		return (shows_otherwise(b, t));
	/* Players of fragments are known to leave the movie's unset. */
	return (kind == PROV_AUDIO &&
		(t->quiet || (b->odd_volume && !b->fragmented)));
}

static void
edits_bmff(prov_config *c, const struct bmff *b, const struct bmff_track *t)
{
	const struct bmff_edits *e = &t->edits;
	int64_t empty;

	if (plays_otherwise(b, t, c->kind) || ends_early(b, t))
		prov_present_set(&c->present, PROV_EDITED, 1);
	if (!e->present || t->timescale == 0)
		return;
	empty = b->timescale == 0 ? 0 : ticks_ns(e->empty, b->timescale);
	if (e->open)
		c->shift_ns = empty - ticks_ns(e->from, t->timescale);
	/* Without fragments, no duration is all of it or nothing of it. */
	if (e->odd || e->clockless || (e->duration == 0 && !b->fragmented))
		prov_present_set(&c->present, PROV_EDITED, 1);
	if (e->odd)
		return;
	if (hides(b, t, c->kind == PROV_VIDEO))
		prov_present_set(&c->present, PROV_EDITED,
		    c->present.v[PROV_EDITED] | 2);
	prov_present_set(&c->present, PROV_SHOWN_FROM, empty);
	if (e->duration > 0 && b->timescale > 0)
		prov_present_set(&c->present, PROV_SHOWN_TO,
		    empty + ticks_ns(e->duration, b->timescale));
}

prov_status
present_bmff(prov_config *config, const struct bmff *b,
    const struct bmff_track *t, bool in_stream, prov_err *err)
{
	edits_bmff(config, b, t);
	if (config->kind != PROV_VIDEO)
		return (PROV_OK);
	/* No picture has no size: players take another from who knows where. */
	if (t->coded_w == 0 || t->coded_h == 0)
		prov_present_set(&config->present, PROV_EDITED, 1);
	config->coded_w = t->coded_w;
	config->coded_h = t->coded_h;
	return (picture_bmff(&config->present, b, t, in_stream, err));
}

/* Matroska states candelas and coordinates; the SEI counts small steps. */
static prov_status
mastering_ebml(prov_present *p, const struct ebml_track *t, prov_err *err)
{
	static const uint8_t order[] = { 2, 3, 4, 5, 0, 1, 6, 7 };
	uint8_t volume[24];

	for (size_t i = 0; i < 8; i++) {
		double v = t->mastering[order[i]] * 50000;
		uint16_t n = v > 0 && v < 65535 ? (uint16_t)(v + 0.5) : 0;

		volume[2 * i] = (uint8_t)(n >> 8);
		volume[2 * i + 1] = (uint8_t)n;
	}
	for (size_t i = 0; i < 2; i++) {
		double v = t->mastering[8 + i] * 10000;

		put_be32(volume + 16 + 4 * i,
		    v > 0 && v < 4e9 ? (uint32_t)(v + 0.5) : 0);
	}
	return (present_mastering(p, volume, err));
}

static void
size_ebml(prov_present *p, const struct ebml_track *t)
{
	struct frame f = { 0 };
	int64_t crop[4];

	for (size_t i = 0; i < 4; i++)
		crop[i] = bounded(t->crop[i], UINT16_MAX);
	if (t->has_crop)
		present_crop(p, crop);
	f.w = bounded(t->pixel_w, INT32_MAX) - crop[0] - crop[2];
	f.h = bounded(t->pixel_h, INT32_MAX) - crop[1] - crop[3];
	/* No unit: what players make of the numbers is not known. */
	if (t->has_display && t->display_unit > 3 &&
	    (t->display_w != (uint64_t)f.w || t->display_h != (uint64_t)f.h))
		prov_present_set(p, PROV_EDITED, 1);
	if (f.w <= 0 || f.h <= 0)
		return;
	/* Whatever the unit: only the ratio decides; square if not stated. */
	f.num = f.den = 1;
	if (t->has_display && t->display_w != 0 && t->display_h != 0) {
		f.num = (uint64_t)(bounded(t->display_w, INT32_MAX) * f.h);
		f.den = (uint64_t)(bounded(t->display_h, INT32_MAX) * f.w);
	}
	present_aspect(p, &f);
}

/* Degrees as MP4 has them; what is no angle is none that could be meant. */
static int32_t
degrees(double v)
{
	return (isfinite(v) && fabs(v) <= 360 ? (int32_t)lrint(v * 65536)
					      : INT32_MAX);
}

/* A flat picture may be turned by this, too: a roll, mirrored at yaw 180. */
static void
turn_ebml(prov_present *p, const struct ebml_track *t)
{
	double yaw = fabs(t->yaw);

	/* Counter-clockwise, as RFC 9559 5.1.4.1.28.46 has it. */
	if (isfinite(t->roll))
		present_turned(p, -fmod(t->roll, 360), yaw > 179.5 ? 1 : 0);
	else
		prov_present_set(p, PROV_EDITED, 1);
	if (!(fabs(t->pitch) < 0.5) || !(yaw < 0.5 || fabs(yaw - 180) < 0.5))
		prov_present_set(p, PROV_EDITED, 1);
}

static prov_status
space_ebml(prov_present *p, const struct ebml *e, const struct ebml_track *t,
    prov_err *err)
{
	const struct blob data = { e->s, t->sphere_at, t->sphere_len,
		"a projection" };
	const struct blob none = { e->s, 0, 0, "" };
	const int32_t pose[3] = { degrees(t->yaw), degrees(t->pitch),
		degrees(t->roll) };

	prov_present_set(p, PROV_PROJECTION, bounded(t->projection, 4));
	if (t->projection != 0)
		return (present_sphere(p, pose, &data, &none, err));
	turn_ebml(p, t);
	return (PROV_OK);
}

static prov_status
picture_ebml(prov_present *p, const struct ebml *e, const struct ebml_track *t,
    bool in_stream, prov_err *err)
{
	prov_status st;

	size_ebml(p, t);
	if (t->has_fields && !in_stream && t->interlaced != 0)
		present_fields(p, t->interlaced == 2 ? 0 : t->field_order);
	if (t->has_stereo)
		prov_present_set(p, PROV_STEREO, bounded(t->stereo, INT16_MAX));
	if (t->has_alpha)
		prov_present_set(p, PROV_ALPHA, t->alpha != 0);
	if (t->has_projection && (st = space_ebml(p, e, t, err)) != PROV_OK)
		return (st);
	if (t->has_dovi && (st = present_dovi(p, t->dovi, err)) != PROV_OK)
		return (st);
	if (t->has_colour)
		present_colours(p, bounded(t->primaries, INT16_MAX),
		    bounded(t->transfer, INT16_MAX),
		    bounded(t->matrix, INT16_MAX));
	if (t->has_range && (t->range == 1 || t->range == 2))
		prov_present_set(p, PROV_RANGE, (int64_t)t->range);
	if (t->has_light)
		prov_present_set(p, PROV_LIGHT,
		    bounded(t->max_cll, UINT16_MAX) << 16 |
			bounded(t->max_fall, UINT16_MAX));
	return (t->has_mastering ? mastering_ebml(p, t, err) : PROV_OK);
}

static void
sound_ebml(prov_present *p, const struct ebml_track *t, const char *codec)
{
	uint64_t rate = strcmp(codec, "opus") == 0 ? 48000 : t->rate;

	if (t->padding > HIDDEN_NS || t->codec_delay > NS)
		prov_present_set(p, PROV_EDITED, 1);
	if (rate == 0 || rate > UINT32_MAX || t->padding > NS ||
	    t->codec_delay > NS)
		return;
	if (t->codec_delay > 0)
		prov_present_set(p, PROV_DELAY,
		    (int64_t)((t->codec_delay * rate + NS / 2) / NS));
	if (t->padding > 0)
		prov_present_set(p, PROV_PADDING,
		    (int64_t)((t->padding * rate + NS / 2) / NS));
}

prov_status
present_ebml(prov_config *config, const struct ebml *e,
    const struct ebml_track *t, bool in_stream, prov_err *err)
{
	if (t->slowed || t->disabled || t->moved || t->combined)
		prov_present_set(&config->present, PROV_EDITED, 1);
	if (config->kind == PROV_AUDIO)
		sound_ebml(&config->present, t, config->codec);
	if (config->kind != PROV_VIDEO)
		return (PROV_OK);
	config->coded_w = (uint32_t)bounded(t->pixel_w, INT32_MAX);
	config->coded_h = (uint32_t)bounded(t->pixel_h, INT32_MAX);
	return (picture_ebml(&config->present, e, t, in_stream, err));
}
