/* SPDX-License-Identifier: ISC */
#include "essence/image.h"

#include <string.h>

#include "essence/exif.h"
#include "hash/sha256.h"

/*
 * Image forms are not fed with packets: their walkers drive the track. They are
 * in no list that a container's stream could choose from.
 */
static prov_status
form_open(void **state, struct track *t, prov_err *err)
{
	(void)t, (void)err;
	*state = NULL;
	return (PROV_OK);
}

static prov_status
form_packet(void *state, const prov_packet *packet, prov_err *err)
{
	(void)state, (void)packet;
	return (prov_fail(err, PROV_EINTERNAL, "a packet of an image"));
}

static prov_status
form_finish(void *state, prov_err *err)
{
	(void)state, (void)err;
	return (PROV_OK);
}

static void
form_close(void *state)
{
	(void)state;
}

#define FORM(name)                                                             \
	{                                                                      \
		name "/1", "one/1", NULL, form_open, form_packet, form_finish, \
		    form_close                                                 \
	}

static const struct {
	const char *format;
	struct form_ops ops;
} forms[] = {
	{ "gif", FORM("gif") },
	{ "jpeg", FORM("jpeg") },
	{ "png", FORM("png") },
	{ "webp", FORM("webp") },
};

prov_status
image_open(struct image *im, const char *format, prov_kind kind, prov_err *err)
{
	prov_config config = { .kind = kind,
		.codec = format,
		.tb_num = 1,
		.tb_den = NS_PER_S };

	*im = (struct image){ .n_frames = 1 };
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(forms[i].format, format) == 0)
			return (track_open(&im->t, &config, &forms[i].ops,
			    false, err));
	return (prov_fail(err, PROV_EINTERNAL, "no form for %s", format));
}

void
image_clear(struct image *im)
{
	track_free(im->t);
	*im = (struct image){ 0 };
}

/* Whether to go on; what went wrong first is what is told. */
static bool
going(const struct image *im)
{
	return (im->failed == PROV_OK);
}

void
image_part(struct image *im, const char *name, const uint8_t digest[32])
{
	if (going(im))
		im->failed = track_part(im->t, name, digest, &im->why);
}

void
image_config(struct image *im, const uint8_t digest[32])
{
	if (going(im))
		im->failed = track_config(im->t, digest, &im->why);
}

void
image_record_begin(struct image *im, uint8_t type, size_t len)
{
	if (!going(im))
		return;
	if (len > UINT32_MAX)
		im->failed = prov_fail(&im->why, PROV_ELIMIT,
		    "limit.image: a picture of %zu bytes", len);
	else
		im->failed =
		    track_record_begin(im->t, type, (uint32_t)len, &im->why);
}

void
image_record_add(struct image *im, prov_span data)
{
	if (going(im))
		im->failed = track_record_add(im->t, data, &im->why);
}

void
image_record(struct image *im, uint8_t type, prov_span data)
{
	image_record_begin(im, type, data.len);
	image_record_add(im, data);
}

void
image_ancillary(struct image *im, prov_span data)
{
	if (going(im))
		im->failed = track_ancillary(im->t, data, &im->why);
}

void
image_frame(struct image *im, int64_t lasts_ns)
{
	if (!going(im))
		return;
	if (im->n_frames <= 1) {
		im->failed = track_frame(im->t, PROV_NO_TIME, 0, &im->why);
		return;
	}
	im->failed = track_frame(im->t, im->at_ns, lasts_ns, &im->why);
	im->lasts_ns = lasts_ns;
	if (going(im) &&
	    __builtin_add_overflow(im->at_ns, lasts_ns, &im->at_ns))
		im->failed = prov_fail(&im->why, PROV_EFORMAT,
		    "an animation without end");
}

void
image_cut(struct image *im)
{
	if (going(im))
		im->failed = track_cut(im->t, &im->why);
}

void
image_density(struct image *im, unsigned unit, uint32_t x, uint32_t y)
{
	if (unit == 0 && x == y)
		return;
	image_present(im, PROV_DENSITY_UNIT, unit);
	image_present(im, PROV_DENSITY_X, x);
	image_present(im, PROV_DENSITY_Y, y);
}

void
image_present_digest(struct image *im, prov_field f, prov_span data)
{
	uint8_t digest[SHA256_LEN];

	if (going(im))
		im->failed = sha256_of(digest, data, &im->why);
	if (going(im))
		image_present(im, f, digest63(digest));
}

prov_status
image_exif(struct image *im, prov_span tiff, prov_err *err)
{
	unsigned turned;
	prov_status st;

	if ((st = exif_orientation(&turned, tiff, err)) != PROV_OK)
		return (st);
	if (im->turned != 0 && im->turned != turned)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "EXIF: orientation %u and %u in one file", im->turned,
		    turned));
	im->turned = turned;
	return (PROV_OK);
}

/* EXIF orientation: a flip, then clockwise degrees. */
static void
present_turned(struct image *im)
{
	static const struct {
		int16_t rotation;
		int8_t flip;
	} rows[9] = { { 0, 0 }, { 0, 0 }, { 0, 1 }, { 180, 0 }, { 0, 2 },
		{ 270, 1 }, { 90, 0 }, { 90, 1 }, { 270, 0 } };

	image_present(im, PROV_ROTATION, rows[im->turned].rotation);
	image_present(im, PROV_FLIP, rows[im->turned].flip);
}

prov_status
image_seal(struct image *im, prov_identity *id, prov_err *err)
{
	struct stream *s;
	prov_status st;

	if (!going(im))
		return (prov_fail(err, im->failed, "%s", im->why.msg));
	present_turned(im);
	if (im->n_frames > 1)
		image_present(im, PROV_LASTS, im->lasts_ns);
	if ((st = track_end(im->t, err)) != PROV_OK ||
	    (st = identity_add(id, &s, err)) != PROV_OK ||
	    (st = track_seal(im->t, 0, s, err)) != PROV_OK)
		return (st);
	s->duration_ns = im->at_ns;
	return (PROV_OK);
}

prov_status
image_finish(struct image *im, const char *format, size_t len,
    prov_identity **out, prov_err *err)
{
	AUTO(prov_identity) *id = NULL;
	prov_status st;

	if ((st = identity_new(&id, format, err)) != PROV_OK ||
	    (st = image_seal(im, id, err)) != PROV_OK)
		return (st);
	id->uncovered = (int64_t)(len - im->covered);
	*out = TAKE(id);
	return (PROV_OK);
}
