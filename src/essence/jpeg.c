/* SPDX-License-Identifier: ISC */
/*
 * jpeg/1 (ITU-T T.81, baseline, extended and progressive, Huffman or
 * arithmetic): the header and the entropy-coded bytes of each scan, under a
 * configuration that is the frame header and the tables as they stand at that
 * scan. Fill bytes before markers say nothing and are left out. Images that an
 * MPF index names, such as gain maps, are streams of their own.
 */
#include <string.h>

#include "essence/jpegapp.h"
#include "essence/jpegtables.h"
#include "essence/motion.h"

#define RECORD_SCAN 0x11 /* a scan's header; its data is RECORD_DATA */

#define SOF0 0xc0
#define SOF2 0xc2
#define DHT  0xc4
#define SOF9 0xc9
#define SOFA 0xca /* SOF10 */
#define DAC  0xcc
#define RST0 0xd0
#define RST7 0xd7
#define SOI  0xd8
#define EOI  0xd9
#define SOS  0xda
#define DQT  0xdb
#define DRI  0xdd
#define APP0 0xe0
#define APPF 0xef
#define COM  0xfe

#define COMPONENTS_MAX 4
#define GAP_MAX        4096 /* zeros between two images: alignment */

struct jpeg {
	prov_span file;
	size_t from, at;
	bool framed, begun, ended;
	uint8_t n; /* components */
	uint8_t ids[COMPONENTS_MAX];
	uint8_t sampling[COMPONENTS_MAX];
	uint8_t frame[SHA256_LEN]; /* over SOF */
	uint8_t config[SHA256_LEN];
	uint8_t quant[SHA256_LEN]; /* over all states, chained */
	uint8_t huffman[SHA256_LEN];
	struct jpeg_tables tables;
	struct jpeg_app app;
	struct image im;
};

static prov_status
malformed(prov_err *err, const char *what, size_t at)
{
	return (prov_fail(err, PROV_EFORMAT, "jpeg: %s at byte %zu", what, at));
}

/* The next marker, fill bytes skipped; at stands behind it. */
static prov_status
next_marker(struct jpeg *j, uint8_t *marker, prov_err *err)
{
	const uint8_t *p = j->file.p;

	if (j->at < j->file.len && p[j->at] != 0xff)
		return (malformed(err, "no marker", j->at));
	while (j->at < j->file.len && p[j->at] == 0xff)
		j->at++;
	if (j->at == j->file.len)
		return (
		    malformed(err, "no end of image before the end", j->at));
	*marker = p[j->at++];
	return (PROV_OK);
}

/* What follows a segment's length; at stands behind it. */
static prov_status
segment(struct jpeg *j, prov_span *in, prov_err *err)
{
	size_t left = j->file.len - j->at, len;

	if (left < 2)
		return (malformed(err, "a segment is cut short", j->at));
	len = be16(j->file.p + j->at);
	if (len < 2 || len > left)
		return (malformed(err, "a segment is cut short", j->at));
	*in = span(j->file.p + j->at + 2, len - 2);
	j->at += len;
	return (PROV_OK);
}

/* Grey, 4:2:0, 4:2:2 or 4:4:4; -1 for other samplings. */
static int
chroma(const struct jpeg *j)
{
	const uint8_t *s = j->sampling;

	if (j->n == 1)
		return (0);
	if (j->n != 3 || s[1] != 0x11 || s[2] != 0x11)
		return (-1);
	return (s[0] == 0x22 ? 1 : s[0] == 0x21 ? 2 : s[0] == 0x11 ? 3 : -1);
}

static void
present_frame(struct jpeg *j, const uint8_t *p)
{
	image_present(&j->im, PROV_BITS, p[0]);
	image_present(&j->im, PROV_HEIGHT, be16(p + 1));
	image_present(&j->im, PROV_WIDTH, be16(p + 3));
	if (chroma(j) >= 0)
		image_present(&j->im, PROV_CHROMA, chroma(j));
}

static prov_status
read_components(struct jpeg *j, const uint8_t *p, prov_err *err)
{
	for (unsigned i = 0; i < j->n; i++, p += 3) {
		uint8_t h = p[1] >> 4, v = p[1] & 15;

		if (h < 1 || h > 4 || v < 1 || v > 4 || p[2] > 3)
			return (malformed(err, "SOF is malformed", j->at));
		j->ids[i] = p[0];
		j->sampling[i] = p[1];
	}
	return (PROV_OK);
}

static prov_status
read_frame(struct jpeg *j, uint8_t marker, prov_span in, prov_err *err)
{
	AUTO_BUF b = { 0 };
	prov_status st;

	if (j->framed)
		return (malformed(err, "a second SOF", j->at));
	if (in.len < 6 || (in.p[0] != 8 && in.p[0] != 12) ||
	    be16(in.p + 3) == 0 || in.p[5] < 1 || in.p[5] > COMPONENTS_MAX ||
	    in.len != 6 + 3 * (size_t)in.p[5])
		return (malformed(err, "SOF is malformed", j->at));
	if (be16(in.p + 1) == 0)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "jpeg: the height is in a DNL segment"));
	j->n = in.p[5];
	if ((st = read_components(j, in.p + 6, err)) != PROV_OK)
		return (st);
	present_frame(j, in.p);
	j->framed = true;
	buf_put_byte(&b, marker);
	buf_put_span(&b, in);
	if ((st = buf_done(&b, err)) != PROV_OK)
		return (st);
	return (sha256_of(j->frame, buf_span(&b), err));
}

/* digest = SHA-256(digest || state): the order of states has one name. */
static prov_status
chain(uint8_t digest[SHA256_LEN], const uint8_t state[SHA256_LEN],
    prov_err *err)
{
	uint8_t both[2 * SHA256_LEN];

	memcpy(both, digest, SHA256_LEN);
	memcpy(both + SHA256_LEN, state, SHA256_LEN);
	return (sha256_of(digest, span(both, sizeof(both)), err));
}

/* Records the configuration as it stands now, where it is new. */
static prov_status
configure(struct jpeg *j, prov_err *err)
{
	uint8_t state[3 * SHA256_LEN + 2 + JPEG_DAC_N], config[SHA256_LEN];
	uint8_t *quant = state + SHA256_LEN;
	uint8_t *huffman = quant + SHA256_LEN;
	prov_status st;

	memcpy(state, j->frame, SHA256_LEN);
	st = jpeg_tables_use(&j->tables, quant, huffman, err);
	if (st != PROV_OK)
		return (st);
	huffman[SHA256_LEN] = (uint8_t)(j->tables.restart >> 8);
	huffman[SHA256_LEN + 1] = (uint8_t)j->tables.restart;
	memcpy(huffman + SHA256_LEN + 2, j->tables.dac, JPEG_DAC_N);
	if ((st = sha256_of(config, span(state, sizeof(state)), err)) !=
	    PROV_OK)
		return (st);
	if (j->begun && memcmp(config, j->config, SHA256_LEN) == 0)
		return (PROV_OK);
	memcpy(j->config, config, SHA256_LEN);
	if ((st = chain(j->quant, quant, err)) != PROV_OK ||
	    (st = chain(j->huffman, huffman, err)) != PROV_OK)
		return (st);
	j->begun = true;
	image_config(&j->im, config);
	return (PROV_OK);
}

/* ITU-T T.81 B.2.3. */
static prov_status
check_scan(const struct jpeg *j, prov_span in, prov_err *err)
{
	size_t n = in.len > 0 ? in.p[0] : 0;

	if (!j->framed)
		return (malformed(err, "SOS stands before SOF", j->at));
	if (n < 1 || n > j->n || in.len != 4 + 2 * n)
		return (malformed(err, "SOS is malformed", j->at));
	for (size_t i = 0; i < n; i++) {
		const uint8_t *c = in.p + 1 + 2 * i;

		if (memchr(j->ids, c[0], j->n) == NULL || c[1] >> 4 > 3 ||
		    (c[1] & 15) > 3)
			return (malformed(err, "SOS is malformed", j->at));
	}
	return (PROV_OK);
}

/* Where the entropy-coded bytes at at end: before a marker that is no RST. */
static prov_status
scan_end(const struct jpeg *j, size_t *end, prov_err *err)
{
	const uint8_t *p = j->file.p + j->at;
	const uint8_t *stop = j->file.p + j->file.len;

	while (p < stop) {
		const uint8_t *ff = memchr(p, 0xff, (size_t)(stop - p));
		const uint8_t *next = ff;

		if (ff == NULL)
			break;
		while (next < stop && *next == 0xff)
			next++;
		if (next == stop)
			break;
		if (*next != 0 && (*next < RST0 || *next > RST7)) {
			*end = (size_t)(ff - j->file.p);
			return (PROV_OK);
		}
		p = next + 1;
	}
	return (malformed(err, "no end of image before the end", j->file.len));
}

static prov_status
read_scan(struct jpeg *j, prov_span in, prov_err *err)
{
	size_t end = 0, len;
	prov_status st;

	if ((st = check_scan(j, in, err)) != PROV_OK ||
	    (st = scan_end(j, &end, err)) != PROV_OK ||
	    (st = configure(j, err)) != PROV_OK)
		return (st);
	len = end - j->at;
	jpeg_app_scan(&j->app);
	image_record(&j->im, RECORD_SCAN, in);
	image_record(&j->im, RECORD_DATA, span(j->file.p + j->at, len));
	j->im.covered += len;
	j->at = end;
	return (PROV_OK);
}

static prov_status
read_segment(struct jpeg *j, uint8_t marker, prov_err *err)
{
	prov_span in = { 0 };
	prov_status st;

	if ((st = segment(j, &in, err)) != PROV_OK)
		return (st);
	if ((marker >= APP0 && marker <= APPF) || marker == COM)
		return (jpeg_app_take(&j->app, marker, in, err));
	j->im.covered += in.len + 4;
	if ((marker >= SOF0 && marker <= SOF2) || marker == SOF9 ||
	    marker == SOFA)
		return (read_frame(j, marker, in, err));
	switch (marker) {
	case DHT:
		return (jpeg_tables_dht(&j->tables, in, err));
	case DQT:
		return (jpeg_tables_dqt(&j->tables, in, err));
	case DAC:
		return (jpeg_tables_dac(&j->tables, in, err));
	case DRI:
		return (jpeg_tables_dri(&j->tables, in, err));
	case SOS:
		return (read_scan(j, in, err));
	default:
		/* Lossless, hierarchical, DNL, and what is no segment. */
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "jpeg: marker %02x before byte %zu", marker, j->at));
	}
}

static prov_status
walk(struct jpeg *j, prov_err *err)
{
	uint8_t marker = 0;
	prov_status st;

	while (!j->ended) {
		if ((st = next_marker(j, &marker, err)) != PROV_OK)
			return (st);
		if (marker == EOI)
			j->ended = true;
		else if ((st = read_segment(j, marker, err)) != PROV_OK)
			return (st);
	}
	if (!j->begun)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "jpeg: no scan, tables only"));
	return (PROV_OK);
}

static prov_status
finish(struct jpeg *j, prov_identity *id, prov_err *err)
{
	prov_status st;

	/* Tables behind the last scan decode nothing, but are there. */
	if ((st = configure(j, err)) != PROV_OK ||
	    (st = jpeg_app_finish(&j->app, j->ids, j->n, err)) != PROV_OK)
		return (st);
	image_frame(&j->im, 0);
	image_part(&j->im, "dht", j->huffman);
	image_part(&j->im, "dqt", j->quant);
	image_part(&j->im, "sof", j->frame);
	j->im.covered += 4; /* SOI and EOI */
	return (image_seal(&j->im, id, err));
}

/* Where an image begins. */
static bool
is_image(prov_span file, size_t at)
{
	return (at < file.len && file.len - at >= 3 && file.p[at] == 0xff &&
		file.p[at + 1] == SOI && file.p[at + 2] == 0xff);
}

static void
clear(struct jpeg *j)
{
	jpeg_app_clear(&j->app);
	image_clear(&j->im);
}

/*
 * The image that begins at j->from. as: what an index says that it is, NULL for
 * the first of a file, whose kind is its own.
 */
static prov_status
read_image(struct jpeg *j, const struct mpf_image *as, prov_identity *id,
    prov_err *err)
{
	bool preview = as != NULL && mpf_is_preview(as);
	uint8_t type[4], digest[SHA256_LEN];
	prov_status st;

	if ((st = image_open(&j->im, "jpeg", preview ? PROV_DATA : PROV_IMAGE,
		 err)) != PROV_OK)
		return (st);
	j->at = j->from + 2;
	j->app.im = &j->im;
	if (as != NULL) {
		put_be32(type, as->type);
		st = sha256_of(digest, span(type, sizeof(type)), err);
		if (st != PROV_OK)
			return (st);
		image_part(&j->im, "mpf", digest);
	}
	if ((st = walk(j, err)) != PROV_OK)
		return (st);
	return (finish(j, id, err));
}

/* Where the image of an entry is: there, or next behind the last one. */
static size_t
place(const struct jpeg *first, const struct mpf_image *entry, size_t end)
{
	size_t gap = end, at = entry->offset;

	if (at != 0) {
		at += (size_t)(first->app.mpf_at - first->file.p);
		if (is_image(first->file, at))
			return (at);
	}
	while (gap - end < GAP_MAX && gap < first->file.len &&
	       first->file.p[gap] == 0)
		gap++;
	return (is_image(first->file, gap) ? gap : 0);
}

/* The images behind the first one; *end is where they end. */
static prov_status
read_others(const struct jpeg *first, size_t *end, prov_identity *id,
    prov_err *err)
{
	static const struct mpf lone = { .n = 2 };
	const struct mpf *m = &first->app.mpf;

	/* Decoders look for a gain map without an index, too. */
	if (m->n == 0 && first->app.gainmap.len > 0)
		m = &lone;
	for (size_t i = 1; i < m->n; i++) {
		struct jpeg j = { .file = first->file };
		prov_status st;

		if ((j.from = place(first, &m->images[i], *end)) == 0)
			continue;
		if (j.from < *end)
			return (prov_fail(err, PROV_EUNSUPPORTED,
			    "jpeg: image %zu begins inside another", i));
		st = read_image(&j, &m->images[i], id, err);
		if (st == PROV_OK) {
			*end = j.at;
			id->uncovered -= (int64_t)j.im.covered;
		}
		clear(&j);
		if (st != PROV_OK)
			return (prov_wrap(err, st, "a further image"));
	}
	return (PROV_OK);
}

static prov_status
identify(prov_identity *id, struct jpeg *j, prov_err *err)
{
	size_t end;
	prov_status st;

	if ((st = read_image(j, NULL, id, err)) != PROV_OK)
		return (st);
	id->uncovered = (int64_t)(j->file.len - j->im.covered);
	end = j->at;
	if ((st = read_others(j, &end, id, err)) != PROV_OK)
		return (st);
	motion_find(j->file, end, &id->inner_at, &id->inner_len);
	return (PROV_OK);
}

prov_status
jpeg_identify(prov_identity **out, prov_span file, prov_err *err)
{
	AUTO(prov_identity) *id = NULL;
	struct jpeg j = { .file = file };
	prov_status st;

	if (file.len < 2 || file.p[0] != 0xff || file.p[1] != SOI)
		return (prov_fail(err, PROV_EFORMAT, "jpeg: no SOI"));
	if ((st = identity_new(&id, "jpeg", err)) == PROV_OK)
		st = identify(id, &j, err);
	clear(&j);
	if (st == PROV_OK)
		*out = TAKE(id);
	return (st);
}
