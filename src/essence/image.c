/* SPDX-License-Identifier: ISC */
#include "essence/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "essence/exif.h"
#include "essence/parts.h"
#include "essence/track.h"
#include "hash/tree.h"

prov_status
image_begin(struct image *im, const char *format, const uint8_t config[32],
    prov_err *err)
{
	struct stream *s = &im->s;
	prov_status st;

	if ((st = leaves_new(&im->leaf, false, err)) != PROV_OK)
		return (st);
	im->format = format;
	s->kind = PROV_IMAGE;
	snprintf(s->codec, sizeof(s->codec), "%s", format);
	snprintf(s->canon, sizeof(s->canon), "%s/1", format);
	snprintf(s->rule, sizeof(s->rule), "one/1");
	memcpy(im->config, config, sizeof(im->config));
	leaves_open(im->leaf, s->canon, im->config);
	return (PROV_OK);
}

void
image_clear(struct image *im)
{
	leaves_free(im->leaf);
	stream_clear(&im->s);
	*im = (struct image){ 0 };
}

void
image_record_begin(struct image *im, uint8_t type, uint32_t len)
{
	leaves_begin(im->leaf, type, len);
}

void
image_record_add(struct image *im, prov_span data)
{
	leaves_add(im->leaf, data);
}

void
image_record(struct image *im, uint8_t type, prov_span data)
{
	leaves_record(im->leaf, type, data);
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

/* The timeline of one leaf, its blob's digest and its times. */
static prov_status
seal_timeline(struct stream *s, prov_err *err)
{
	AUTO_BUF blob = { 0 };
	prov_status st;

	if ((s->tl = calloc(1, sizeof(*s->tl))) == NULL ||
	    (s->tl->leaves = malloc(SHA256_LEN)) == NULL ||
	    (s->tl->units = malloc(sizeof(*s->tl->units))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "timeline"));
	memcpy(s->tl->leaves, s->root, SHA256_LEN);
	s->tl->units[0] = 1;
	s->tl->n = 1;
	s->tl->total = 1;
	s->tl->untimed = true;
	if ((st = timeline_index(s->tl, err)) != PROV_OK)
		return (st);
	timeline_encode(&blob, s->tl);
	if ((st = buf_done(&blob, err)) != PROV_OK ||
	    (st = sha256_of(s->timeline, buf_span(&blob), err)) != PROV_OK)
		return (st);
	timeline_encode_times(&s->times, s->tl);
	return (buf_done(&s->times, err));
}

static prov_status
seal(struct image *im, prov_err *err)
{
	AUTO_FREE uint8_t *leaf = NULL;
	AUTO_FREE uint8_t *frames = NULL;
	struct stream *s = &im->s;
	prov_status st;

	if (leaves_owed(im->leaf) != 0)
		return (prov_fail(err, PROV_EINTERNAL,
		    "%s: a record lacks %u bytes", im->format,
		    leaves_owed(im->leaf)));
	present_turned(im);
	s->segments = 1;
	s->frames = 1;
	if ((st = leaves_close(im->leaf, err)) != PROV_OK ||
	    (st = leaves_take(im->leaf, &leaf, &frames, err)) != PROV_OK ||
	    (st = tree_root(s->root, leaf, 1, err)) != PROV_OK ||
	    (st = parts_digest(s->config, s->parts, s->n_parts, err)) !=
		PROV_OK)
		return (st);
	return (seal_timeline(s, err));
}

prov_status
image_finish(struct image *im, size_t uncovered, prov_identity **out,
    prov_err *err)
{
	AUTO(prov_identity) *id = NULL;
	struct stream *s;
	prov_status st;

	if ((st = seal(im, err)) != PROV_OK ||
	    (st = identity_new(&id, im->format, err)) != PROV_OK ||
	    (st = identity_add(id, &s, err)) != PROV_OK)
		return (st);
	id->uncovered = (int64_t)uncovered;
	*s = im->s;
	im->s = (struct stream){ 0 };
	*out = TAKE(id);
	return (PROV_OK);
}
