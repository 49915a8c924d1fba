/* SPDX-License-Identifier: ISC */
/*
 * seeds_essence DIR: writes the inputs of DIR (testdata/fuzz) for the essence
 * stage. Run it again when a format changes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "essence/identity.h"

/* Units of 64x48 pixels, as tests/unit/test_h264.c and test_hevc.c make them.
 */
static const char *const h264[] = { "6742001eda11e4", "68c00020",
	"65888000000300000ef56df77c", "619a2000000300003bd5b7ddf0",
	"06900403e8019080", NULL };
static const char *const h264_high[] = { "09f0",
	"6764001eb6cb423e9cbff800180015b84880480000030004", "68c00020",
	"65888000000300000ef56df77c", NULL };
static const char *const hevc[] = { "40010fff000080",
	"42010110101010101010101010105da0192069a57949293c21", "4401e40001",
	"4e01050307070780", "2a01bb00000300abcd000180", "0201f80000055e68000c",
	NULL };
static const char *const hevc_rich[] = { "40010fff000080",
	"42010510101010101010101010105df00021212121212121212121212121212121"
	"2121212121212121a0192069a56d949293f55555555552ef4697da540cc39a8489"
	"04db400000030080",
	"4401e40001", "2a01bb00000300abcd000180", "7c01190809", NULL };

/* One packet of each other video form, as their unit tests make them. */
static const struct packet {
	const char *name, *hex;
	uint8_t codec;
} packets[] = {
	{ "essence/av1",
	    "12000a0b00000046643f0bdfffb8a42a060103e801908032041001020332"
	    "032006071a03300405220474696c65",
	    10 },
	{ "essence/vp8", "1002009d012a40003000aa", 11 },
	{ "essence/vp9", "824983424003f002f40c08", 12 },
	{ "essence/vp9-superframe", "84304050861020c10403c1", 12 },
	{ "essence/mpeg2",
	    "000001b30400301300fa2381000001b51484000101000001b52305060401"
	    "020187000001b800080040000001b2474139340300000100000ffff90000"
	    "01b581111181000001b53801020300000101220180000001000017fff900"
	    "0001b58111128100000101220280000001b7",
	    13 },
	{ "essence/mpeg4",
	    "000001b003000001b5891d40404040000001000000012000c4f818157fff"
	    "ffffffffffffffff90019c30204061d580000001b24c617663000001b300"
	    "1020000001b6110080",
	    2 },
	{ "essence/prores",
	    "000000306963706600140000746573740040003084140101012000000101"
	    "010101010101010101010101010101010101",
	    14 },
	{ "essence/theora", "3f0102", 16 },
	{ "essence/amr", "040101010101010101010101014401010101017c", 17 },
	{ "essence/mjpeg",
	    "ffd8ffe000104a46494600010200000400030000ffc00011080030004003"
	    "012200021101031101ffda000c03010002110311003f00010203ffd9",
	    15 },
};

static bool
put(const char *dir, const char *name, const struct buf *b)
{
	AUTO_FREE char *path = path_join(dir, name);

	return (path != NULL && buf_done(b, NULL) == PROV_OK &&
		file_write(path, buf_span(b), 0644, 0, NULL) == PROV_OK);
}

/* The units as one packet behind start codes, twice, as fuzz_essence reads. */
static bool
put_video(const char *dir, const char *name, uint8_t codec,
    const char *const *units)
{
	AUTO_BUF packet = { 0 }, b = { 0 };

	for (; *units != NULL; units++) {
		size_t len = strlen(*units) / 2;

		buf_put(&packet, "\0\0\0\1", 4);
		if (!hex_decode(buf_grow(&packet, len), len, *units, 2 * len))
			return (false);
	}
	buf_put_byte(&b, codec);
	buf_put_byte(&b, 0);
	for (int i = 0; i < 2; i++) {
		buf_put_byte(&b, 0x21);
		buf_put_be16(&b, (uint16_t)packet.len);
		buf_put_span(&b, buf_span(&packet));
	}
	return (put(dir, name, &b));
}

static bool
put_packets(const char *dir)
{
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		size_t len = strlen(packets[i].hex) / 2;
		AUTO_BUF packet = { 0 }, b = { 0 };

		if (!hex_decode(buf_grow(&packet, len), len, packets[i].hex,
			2 * len))
			return (false);
		buf_put_byte(&b, packets[i].codec);
		buf_put_byte(&b, 0);
		for (int k = 0; k < 2; k++) {
			buf_put_byte(&b, 0x21);
			buf_put_be16(&b, (uint16_t)packet.len);
			buf_put_span(&b, buf_span(&packet));
		}
		if (!put(dir, packets[i].name, &b))
			return (false);
	}
	return (true);
}

/* Packets of bytes that count up, for what has no framing to speak of. */
static bool
put_plain(const char *dir, const char *name, uint8_t codec)
{
	AUTO_BUF b = { 0 };

	buf_put_byte(&b, codec);
	buf_put_byte(&b, 2);
	buf_put_be16(&b, 0x1210);
	for (uint8_t i = 0; i < 5; i++) {
		buf_put_byte(&b, (uint8_t)(i << 4 | (i == 0)));
		buf_put_be16(&b, 24);
		for (uint8_t k = 0; k < 24; k++)
			buf_put_byte(&b, (uint8_t)(k * i));
	}
	return (put(dir, name, &b));
}

static bool
make_identity(prov_identity **id)
{
	static const prov_config configs[] = { { .kind = PROV_VIDEO,
						   .codec = "theora",
						   .tb_num = 1,
						   .tb_den = 1000 },
		{ .kind = PROV_AUDIO,
		    .codec = "wavpack",
		    .tb_num = 1,
		    .tb_den = 1000,
		    .rate = 48000 } };
	static const int64_t pts[] = { 0, 80, 40, 120, 333 };
	prov_essence *e = NULL;
	unsigned index;
	bool done = prov_essence_new(&e, "avi", NULL) == PROV_OK;

	for (size_t i = 0; i < 2 && done; i++)
		done = prov_essence_stream(e, &configs[i], &index, NULL) ==
		       PROV_OK;
	for (size_t i = 0; i < 10 && done; i++) {
		prov_packet p = { .data = span("data", 4),
			.pts = pts[i / 2],
			.duration = 32 };

		done = prov_essence_packet(e, i % 2, &p, NULL) == PROV_OK;
	}
	done = done && prov_essence_finish(e, id, NULL) == PROV_OK;
	prov_essence_free(e);
	return (done);
}

static bool
put_identity(const char *dir)
{
	AUTO(prov_identity) *id = NULL;
	AUTO_BUF whole = { 0 }, stream = { 0 }, blob = { 0 }, times = { 0 };
	AUTO_BUF framed = { 0 };
	struct timeline *tl;

	if (!make_identity(&id) || identity_encode(&whole, id, NULL) != PROV_OK)
		return (false);
	stream_encode(&stream, &id->streams[0]);
	timeline_encode(&blob, id->streams[0].tl);
	timeline_encode_times(&times, id->streams[1].tl);
	tl = id->streams[0].tl;
	tl->frames = calloc((size_t)tl->total + 1, TIMELINE_FRAME_LEN);
	if (tl->frames == NULL)
		return (false);
	timeline_encode(&framed, tl);
	return (put(dir, "identity/two", &whole) &&
		put(dir, "identity/stream", &stream) &&
		put(dir, "timeline/blob", &blob) &&
		put(dir, "timeline/frames", &framed) &&
		put(dir, "timeline/times", &times));
}

int
main(int argc, char **argv)
{
	static const char *const nouns[] = { "essence", "identity",
		"timeline" };

	if (argc != 2)
		return (2);
	for (size_t i = 0; i < sizeof(nouns) / sizeof(nouns[0]); i++) {
		AUTO_FREE char *sub = path_join(argv[1], nouns[i]);

		if (sub == NULL || dir_make(sub, NULL) != PROV_OK)
			return (1);
	}
	return (put_video(argv[1], "essence/h264", 0, h264) &&
			put_video(argv[1], "essence/h264-high", 0, h264_high) &&
			put_video(argv[1], "essence/hevc", 1, hevc) &&
			put_video(argv[1], "essence/hevc-rich", 1, hevc_rich) &&
			put_packets(argv[1]) &&
			put_plain(argv[1], "essence/raw", 16) &&
			put_plain(argv[1], "essence/pcm", 6) &&
			put_plain(argv[1], "essence/sound", 8) &&
			put_identity(argv[1])
		    ? 0
		    : 1);
}
