/* SPDX-License-Identifier: ISC */
/*
 * jpeg/1 (ITU-T T.81, baseline, extended and progressive Huffman): the header
 * and the entropy-coded bytes of each scan, under a configuration that is the
 * frame header and the tables as they stand at that scan. Fill bytes before
 * markers say nothing and are left out; bytes behind EOI are uncovered.
 */
#include <string.h>

#include "essence/image.h"
#include "essence/jpegapp.h"
#include "essence/jpegtables.h"
#include "essence/parts.h"
#include "essence/track.h"
#include "hash/sha256.h"

#define RECORD_SCAN  0x11 /* a scan's header; its data is RECORD_DATA */
#define RECORD_OTHER 0x12 /* SHA-256 over other segments */

#define SOF0 0xc0
#define SOF2 0xc2
#define DHT  0xc4
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

struct jpeg {
	prov_span file;
	size_t at;
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
	uint8_t state[3 * SHA256_LEN + 2], config[SHA256_LEN];
	uint8_t *quant = state + SHA256_LEN;
	uint8_t *huffman = quant + SHA256_LEN;
	prov_status st;

	memcpy(state, j->frame, SHA256_LEN);
	st = jpeg_tables_use(&j->tables, quant, huffman, err);
	if (st != PROV_OK)
		return (st);
	state[sizeof(state) - 2] = (uint8_t)(j->tables.restart >> 8);
	state[sizeof(state) - 1] = (uint8_t)j->tables.restart;
	if ((st = sha256_of(config, span(state, sizeof(state)), err)) !=
	    PROV_OK)
		return (st);
	if (j->begun && memcmp(config, j->config, SHA256_LEN) == 0)
		return (PROV_OK);
	memcpy(j->config, config, SHA256_LEN);
	if ((st = chain(j->quant, quant, err)) != PROV_OK ||
	    (st = chain(j->huffman, huffman, err)) != PROV_OK)
		return (st);
	if (j->begun) {
		image_record(&j->im, RECORD_CONFIG, span(config, SHA256_LEN));
		return (PROV_OK);
	}
	j->begun = true;
	return (image_begin(&j->im, "jpeg", config, err));
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
	if (len > UINT32_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.image: a scan of %zu bytes", len));
	jpeg_app_scan(&j->app);
	image_record(&j->im, RECORD_SCAN, in);
	image_record(&j->im, RECORD_DATA, span(j->file.p + j->at, len));
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
	if (marker >= SOF0 && marker <= SOF2)
		return (read_frame(j, marker, in, err));
	switch (marker) {
	case DHT:
		return (jpeg_tables_dht(&j->tables, in, err));
	case DQT:
		return (jpeg_tables_dqt(&j->tables, in, err));
	case DRI:
		return (jpeg_tables_dri(&j->tables, in, err));
	case SOS:
		return (read_scan(j, in, err));
	default:
		/* Lossless, hierarchical, arithmetic, DNL, and what is no
		 * segment at all. */
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
finish(struct jpeg *j, prov_identity **out, prov_err *err)
{
	struct stream *s = &j->im.s;
	uint8_t other[SHA256_LEN];
	prov_status st;

	/* Tables behind the last scan decode nothing, but are there. */
	if ((st = configure(j, err)) != PROV_OK ||
	    (st = jpeg_app_finish(&j->app, j->ids, j->n, other, err)) !=
		PROV_OK ||
	    (st = parts_set(s, "dht", j->huffman, err)) != PROV_OK ||
	    (st = parts_set(s, "dqt", j->quant, err)) != PROV_OK ||
	    (st = parts_set(s, "sof", j->frame, err)) != PROV_OK)
		return (st);
	image_record(&j->im, RECORD_OTHER, span(other, sizeof(other)));
	return (image_finish(&j->im, j->file.len - j->at, out, err));
}

prov_status
jpeg_identify(prov_identity **out, prov_span file, prov_err *err)
{
	struct jpeg j = { .file = file, .at = 2 };
	prov_status st;

	if (file.len < 2 || file.p[0] != 0xff || file.p[1] != SOI)
		return (prov_fail(err, PROV_EFORMAT, "jpeg: no SOI"));
	st = jpeg_app_open(&j.app, &j.im, err);
	if (st == PROV_OK)
		st = walk(&j, err);
	if (st == PROV_OK)
		st = finish(&j, out, err);
	jpeg_app_clear(&j.app);
	image_clear(&j.im);
	return (st);
}
