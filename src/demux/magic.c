/* SPDX-License-Identifier: ISC */
#include "demux/magic.h"

#include <string.h>

#include "base/bytes.h"

#define HEAD_LEN  1024  /* five TS packets; an EBML header is under 100 bytes */
#define TAGS_MAX  4     /* ID3v2 tags that stand one behind the other */
#define ZEROS_MAX 65536 /* padding that players skip before the first frame */

enum {
	MP4,
	MOV,
	MKV,
	WEBM,
	TS,
	WAV,
	AVI,
	MP3,
	AAC,
	AC3,
	EAC3,
	DTS,
	TRUEHD,
	MLP,
	LOAS,
	FLAC,
	OGG,
	FLV,
	NUT,
	ASF,
	AMR,
	CAF,
	AIFF,
	AU,
	W64,
	IVF,
	OBU,
	H264,
	HEVC,
	JPEG,
	PNG,
	WEBP,
	GIF
};

static const struct format formats[] = {
	[MP4] = { "mp4", "mov", READ_LAVF, LAYOUT_BMFF, false, false },
	[MOV] = { "mov", "mov", READ_LAVF, LAYOUT_BMFF, false, false },
	[MKV] = { "matroska", "matroska", READ_LAVF, LAYOUT_EBML, false,
	    false },
	[WEBM] = { "webm", "matroska", READ_LAVF, LAYOUT_EBML, false, false },
	[TS] = { "mpegts", "mpegts", READ_LAVF, LAYOUT_TS, true, false },
	[WAV] = { "wav", "wav", READ_LAVF, LAYOUT_RIFF, true, true },
	[AVI] = { "avi", "avi", READ_LAVF, LAYOUT_RIFF, true, false },
	[MP3] = { "mp3", "mp3", READ_LAVF, LAYOUT_OTHER, true, true },
	[AAC] = { "aac", "aac", READ_LAVF, LAYOUT_OTHER, true, true },
	[AC3] = { "ac3", "ac3", READ_LAVF, LAYOUT_OTHER, true, true },
	[EAC3] = { "eac3", "eac3", READ_LAVF, LAYOUT_OTHER, true, true },
	[DTS] = { "dts", "dts", READ_LAVF, LAYOUT_OTHER, true, true },
	[TRUEHD] = { "truehd", "truehd", READ_LAVF, LAYOUT_OTHER, true, true },
	[MLP] = { "mlp", "mlp", READ_LAVF, LAYOUT_OTHER, true, true },
	[LOAS] = { "loas", "loas", READ_LAVF, LAYOUT_OTHER, true, true },
	[FLAC] = { "flac", "flac", READ_LAVF, LAYOUT_OTHER, true, true },
	[OGG] = { "ogg", "ogg", READ_LAVF, LAYOUT_OGG, true, false },
	[FLV] = { "flv", "flv", READ_LAVF, LAYOUT_OTHER, false, false },
	[NUT] = { "nut", "nut", READ_LAVF, LAYOUT_OTHER, false, false },
	[ASF] = { "asf", "asf", READ_LAVF, LAYOUT_OTHER, false, false },
	[AMR] = { "amr", "amr", READ_LAVF, LAYOUT_OTHER, true, true },
	[CAF] = { "caf", "caf", READ_LAVF, LAYOUT_OTHER, false, true },
	[AIFF] = { "aiff", "aiff", READ_LAVF, LAYOUT_OTHER, false, true },
	[AU] = { "au", "au", READ_LAVF, LAYOUT_OTHER, false, true },
	[W64] = { "w64", "w64", READ_LAVF, LAYOUT_OTHER, true, true },
	[IVF] = { "ivf", "ivf", READ_LAVF, LAYOUT_OTHER, false, false },
	[OBU] = { "obu", "obu", READ_LAVF, LAYOUT_OTHER, false, false },
	[H264] = { "h264", "h264", READ_LAVF, LAYOUT_OTHER, true, false },
	[HEVC] = { "hevc", "hevc", READ_LAVF, LAYOUT_OTHER, true, false },
	[JPEG] = { "jpeg", NULL, READ_JPEG, LAYOUT_OTHER, false, false },
	[PNG] = { "png", NULL, READ_PNG, LAYOUT_OTHER, false, false },
	[WEBP] = { "webp", NULL, READ_WEBP, LAYOUT_OTHER, false, false },
	[GIF] = { "gif", NULL, READ_GIF, LAYOUT_OTHER, false, false },
};

static bool
has(prov_span h, size_t at, const void *p, size_t len)
{
	return (h.len >= at + len && memcmp(h.p + at, p, len) == 0);
}

/* Fixed bytes at fixed places. */
static int
by_signature(prov_span h)
{
	static const struct {
		int format;
		uint8_t len[2], at; /* the second part stands at "at" */
		const char *bytes[2];
	} rows[] = {
		{ JPEG, { 3, 0 }, 0, { "\xff\xd8\xff", "" } },
		{ PNG, { 8, 0 }, 0, { "\x89PNG\r\n\x1a\n", "" } },
		{ WEBP, { 4, 4 }, 8, { "RIFF", "WEBP" } },
		{ GIF, { 6, 0 }, 0, { "GIF87a", "" } },
		{ GIF, { 6, 0 }, 0, { "GIF89a", "" } },
		{ WAV, { 4, 4 }, 8, { "RIFF", "WAVE" } },
		{ WAV, { 4, 4 }, 8, { "RF64", "WAVE" } },
		{ WAV, { 4, 4 }, 8, { "BW64", "WAVE" } },
		{ AVI, { 4, 4 }, 8, { "RIFF", "AVI " } },
		{ FLAC, { 4, 0 }, 0, { "fLaC", "" } },
		{ OGG, { 5, 0 }, 0, { "OggS\0", "" } },
		/* Some readers find no tags behind a head of another length. */
		{ FLV, { 4, 4 }, 5, { "FLV\x01", "\0\0\0\x09" } },
		{ NUT, { 25, 0 }, 0, { "nut/multimedia container\0", "" } },
		{ ASF, { 16, 0 }, 0,
		    { "\x30\x26\xb2\x75\x8e\x66\xcf\x11"
		      "\xa6\xd9\x00\xaa\x00\x62\xce\x6c",
			"" } },
		{ AMR, { 5, 0 }, 0, { "#!AMR", "" } },
		{ CAF, { 4, 0 }, 0, { "caff", "" } },
		{ AIFF, { 4, 4 }, 8, { "FORM", "AIFF" } },
		{ AIFF, { 4, 4 }, 8, { "FORM", "AIFC" } },
		{ AU, { 4, 0 }, 0, { ".snd", "" } },
		{ W64, { 16, 0 }, 0,
		    { "riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0",
			"" } },
		{ DTS, { 4, 0 }, 0, { "\x7f\xfe\x80\x01", "" } },
		{ DTS, { 4, 0 }, 0, { "\xfe\x7f\x01\x80", "" } },
		{ DTS, { 5, 0 }, 0, { "\x1f\xff\xe8\0\x07", "" } },
		{ DTS, { 4, 0 }, 0, { "\xff\x1f\0\xe8", "" } },
		{ IVF, { 6, 0 }, 0, { "DKIF\0\0", "" } },
		/* A temporal delimiter, then a sequence header. */
		{ OBU, { 3, 0 }, 0, { "\x12\0\x0a", "" } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (has(h, 0, rows[i].bytes[0], rows[i].len[0]) &&
		    has(h, rows[i].at, rows[i].bytes[1], rows[i].len[1]))
			return (rows[i].format);
	return (-1);
}

/* Stills and image sequences have no form yet: exact only (ESSENCE 1). */
static bool
still_brand(const uint8_t *brand)
{
	static const char brands[][5] = { "heic", "heix", "heim", "heis",
		"hevc", "hevx", "hevm", "hevs", "mif1", "msf1", "mif2", "miaf",
		"avif", "avis", "avci", "avcs", "jpeg", "jpgs", "crx ",
		"vvic" };

	for (size_t i = 0; i < sizeof(brands) / sizeof(brands[0]); i++)
		if (memcmp(brand, brands[i], 4) == 0)
			return (true);
	return (false);
}

static int
by_box(prov_span h)
{
	static const char boxes[][5] = { "moov", "mdat", "free", "skip", "wide",
		"pnot" };
	static const char fragments[][5] = { "styp", "moof", "sidx" };

	if (h.len < 12)
		return (-1);
	if (has(h, 4, "ftyp", 4)) {
		if (still_brand(h.p + 8))
			return (-1);
		return (memcmp(h.p + 8, "qt  ", 4) == 0 ? MOV : MP4);
	}
	for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++)
		if (has(h, 4, boxes[i], 4))
			return (MOV);
	for (size_t i = 0; i < sizeof(fragments) / sizeof(fragments[0]); i++)
		if (has(h, 4, fragments[i], 4))
			return (MP4);
	return (-1);
}

/* Whether an EBML element's payload, size and all, is this text. */
static bool
is_text(prov_span h, size_t at, const char *text)
{
	size_t len = 1, want = strlen(text);
	uint64_t v;

	if (at >= h.len || h.p[at] == 0)
		return (false);
	while ((h.p[at] & 0x80 >> (len - 1)) == 0)
		len++;
	if (len + want > h.len - at)
		return (false);
	v = h.p[at] & (0xffU >> len);
	for (size_t i = 1; i < len; i++)
		v = v << 8 | h.p[at + i];
	return (v == want && memcmp(h.p + at + len, text, want) == 0);
}

/* The EBML header names its document type (RFC 8794 11.2.6). */
static int
by_doctype(prov_span h)
{
	size_t end = h.len < 128 ? h.len : 128;

	if (!has(h, 0, "\x1a\x45\xdf\xa3", 4))
		return (-1);
	for (size_t i = 5; i + 2 < end; i++) {
		if (!has(h, i, "\x42\x82", 2))
			continue;
		if (is_text(h, i + 2, "matroska"))
			return (MKV);
		if (is_text(h, i + 2, "webm"))
			return (WEBM);
	}
	return (-1);
}

/* Five sync bytes in a row, or as many as there are; at least two. */
static bool
is_ts(prov_span h)
{
	static const struct {
		uint8_t at, len;
	} shapes[] = { { 0, 188 }, { 4, 192 }, { 0, 204 } };

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		size_t n = 0, at = shapes[i].at;

		for (; at < h.len && n < 5 && h.p[at] == 0x47; n++)
			at += shapes[i].len;
		if (n >= 2 && (n == 5 || at >= h.len))
			return (true);
	}
	return (false);
}

/* Frame headers of sound that stands alone. */
static int
by_syncword(prov_span h)
{
	if (h.len < 8)
		return (-1);
	if (h.p[0] == 0x0b && h.p[1] == 0x77)
		return (h.p[5] >> 3 > 10 ? EAC3 : AC3);
	if (h.p[0] == 0x77 && h.p[1] == 0x0b)
		return (h.p[4] >> 3 > 10 ? EAC3 : AC3);
	if (memcmp(h.p + 4, "\xf8\x72\x6f\xba", 4) == 0)
		return (TRUEHD);
	if (memcmp(h.p + 4, "\xf8\x72\x6f\xbb", 4) == 0)
		return (MLP);
	if (h.p[0] == 0x56 && (h.p[1] & 0xe0) == 0xe0)
		return (LOAS);
	if (h.p[0] != 0xff || (h.p[1] & 0xe0) != 0xe0)
		return (-1);
	if ((h.p[1] & 0xf6) == 0xf0)
		return (AAC);
	/* Version, layer, bit rate and sample rate that are not reserved. */
	if ((h.p[1] & 0x18) == 0x08 || (h.p[1] & 0x06) == 0 ||
	    (h.p[2] & 0xf0) == 0xf0 || (h.p[2] & 0x0c) == 0x0c)
		return (-1);
	return (MP3);
}

/* Annex B: what a sequence begins with, behind its start code. */
static int
by_start_code(prov_span h)
{
	size_t at = has(h, 0, "\0\0\0\1", 4) ? 4
	            : has(h, 0, "\0\0\1", 3) ? 3
	                                     : 0;
	unsigned type;

	if (at == 0 || h.len < at + 2)
		return (-1);
	/* VPS, SPS, AUD or SEI of the base layer. */
	type = h.p[at] >> 1;
	if ((h.p[at] & 0x81) == 0 && h.p[at + 1] == 1 &&
	    (type == 32 || type == 33 || type == 35 || type == 39))
		return (HEVC);
	type = h.p[at] & 0x1f;
	if ((h.p[at] & 0x80) == 0 && (type == 7 || type == 9 || type == 6))
		return (H264);
	return (-1);
}

static int
by_head(prov_span h)
{
	static int (*const rules[])(prov_span) = { by_signature, by_doctype,
		by_box, by_syncword, by_start_code };

	if (is_ts(h))
		return (TS);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		int format = rules[i](h);

		if (format >= 0)
			return (format);
	}
	return (-1);
}

/* The length of an ID3v2 tag; 0 if there is none. */
static size_t
tag_len(prov_span h)
{
	size_t len;

	if (h.len < 10 || memcmp(h.p, "ID3", 3) != 0 || h.p[3] == 0xff ||
	    h.p[4] == 0xff || ((h.p[6] | h.p[7] | h.p[8] | h.p[9]) & 0x80) != 0)
		return (0);
	len = (size_t)h.p[6] << 21 | (size_t)h.p[7] << 14 |
	      (size_t)h.p[8] << 7 | h.p[9];
	return (len + (h.p[5] & 0x10 ? 20 : 10));
}

/* Encoders that cut reservoirs leave zeros before the first frame. */
static int
behind_zeros(struct source *s, uint64_t at)
{
	uint8_t head[8];
	uint64_t end = at + ZEROS_MAX;

	while (at < end && source_get(s, at, head, 1) && head[0] == 0)
		at++;
	if (!source_get(s, at, head, sizeof(head)) ||
	    by_syncword(span(head, sizeof(head))) != MP3)
		return (-1);
	return (MP3);
}

const struct format *
magic_format(struct source *s)
{
	uint8_t head[HEAD_LEN];
	uint64_t at = 0;
	int format;

	for (unsigned tags = 0;; tags++) {
		prov_span h = span(head, source_read(s, at, head, HEAD_LEN));
		size_t len = tag_len(h);

		if (len == 0) {
			format = by_head(h);
			if (format < 0 && h.len > 0 && h.p[0] == 0)
				format = behind_zeros(s, at);
			break;
		}
		if (tags == TAGS_MAX)
			return (NULL);
		at += len;
	}
	if (format < 0)
		return (NULL);
	/* Only these carry a tag in front; for others it is another file. */
	if (at > 0 && format != MP3 && format != AAC && format != FLAC &&
	    format != AC3 && format != EAC3)
		return (NULL);
	return (&formats[format]);
}
