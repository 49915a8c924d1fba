/* SPDX-License-Identifier: ISC */
#include "sound.h"

#include "base/bytes.h"

#define MP3_LEN 417 /* 128 kbit/s at 44.1 kHz, without padding */
#define FRAMES  300

static void
frame_of(uint8_t *out, uint32_t header, size_t len, unsigned i)
{
	fill(out, len, i);
	put_be32(out, header);
}

static void
open_as(struct sound *s, const char *codec)
{
	prov_config config = sound_config(codec, 44100, 2);

	sound_open(s, &config);
}

/* The length is right if a second frame is found behind the first. */
static void
headers(void **state)
{
	static const struct {
		uint32_t header;
		size_t len;
		uint32_t rate, samples, channels;
	} rows[] = {
		{ 0xfffb9000, 417, 44100, 1152, 2 },
		{ 0xfffb9200, 418, 44100, 1152, 2 },
		{ 0xfffbe0c0, 1044, 44100, 1152, 1 },
		{ 0xfffae400, 960, 48000, 1152, 2 }, /* with CRC */
		{ 0xfffd8400, 384, 48000, 1152, 2 }, /* layer II */
		{ 0xfffdea00, 1729, 32000, 1152, 2 },
		{ 0xffffc000, 416, 44100, 384, 2 }, /* layer I */
		{ 0xffffc200, 420, 44100, 384, 2 },
		{ 0xfff380c0, 208, 22050, 576, 1 }, /* MPEG-2 */
		{ 0xfff58400, 384, 24000, 1152, 2 },
		{ 0xfff7e400, 512, 24000, 384, 2 },
		{ 0xffe328c0, 144, 8000, 576, 1 }, /* MPEG-2.5 */
		{ 0xffe5e8c0, 2880, 8000, 1152, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t two[2 * 2881];
		const struct stream *got;
		struct sound s;

		frame_of(two, rows[i].header, rows[i].len, 1);
		frame_of(two + rows[i].len, rows[i].header, rows[i].len, 2);
		open_as(&s, "mp3");
		sound_put(&s, two, 2 * rows[i].len, 0);
		got = sound_done(&s);
		if (got->frames != 2 || got->refused[0] != '\0' ||
		    got->rate != rows[i].rate ||
		    got->samples != 2 * rows[i].samples ||
		    !present_is(got, PROV_CHANNELS, rows[i].channels))
			fail_msg("%08x: %llu frames at %u, %s", rows[i].header,
			    (unsigned long long)got->frames, got->rate,
			    got->refused);
		sound_close(&s);
	}
}

static void
not_frames(void **state)
{
	static const uint32_t rows[] = { 0xfffbf000, /* bit rate 15 */
		0xfffb9c00,                          /* reserved rate */
		0xffeb9000,                          /* reserved version */
		0xfff99000,                          /* reserved layer */
		0x7ffb9000, 0xffdb9000, 0x54414700 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t frame[MP3_LEN];
		struct sound s;

		frame_of(frame, rows[i], MP3_LEN, 1);
		open_as(&s, "mp3");
		sound_put(&s, frame, MP3_LEN, 0);
		if (strcmp(sound_done(&s)->refused, "essence.noncanonical"))
			fail_msg("%08x passed", rows[i]);
		sound_close(&s);
	}
}

/* Free format: a frame ends where the next one begins, or the packet. */
static void
free_format(void **state)
{
	static const uint8_t config[] = { 3, 3, 2, 0, 0, 0xac, 0x44 };
	uint8_t two[300] = { 0xff, 0xfb, 0x00, 0x00, [5] = 7, [150] = 0xff,
		0xfb, 0x02, 0x40, [299] = 9 };
	AUTO_BUF want = { 0 };
	const struct stream *got;
	struct sound a, b;

	(void)state;
	open_as(&a, "mp3");
	sound_put(&a, two, sizeof(two), 0);
	got = sound_done(&a);
	assert_string_equal("", got->refused);
	assert_int_equal(2 * 1152, got->samples);
	want_leaf(&want, "mpeg-audio/1", span(config, sizeof(config)));
	want_record(&want, 0x10, span(two, 150));
	want_record(&want, 0x10, span(two + 150, 150));
	assert_leaf(got, &want);
	open_as(&b, "mp3");
	sound_put(&b, two, 150, 0);
	sound_put(&b, two + 150, 150, 1152);
	assert_same_essence(got, sound_done(&b));
	sound_close(&a);
	sound_close(&b);
}

/* What a container fills up with is left out. */
static void
filled_up(void **state)
{
	uint8_t packet[MP3_LEN + 3] = { 0 };
	const struct stream *want;
	struct sound a, b;

	(void)state;
	frame_of(packet, 0xfffb9000, MP3_LEN, 1);
	open_as(&a, "mp3");
	sound_put(&a, packet, MP3_LEN, 0);
	want = sound_done(&a);
	open_as(&b, "mp3");
	sound_put(&b, packet, sizeof(packet), 0);
	assert_same_essence(want, sound_done(&b));
	sound_close(&a);
	sound_close(&b);
}

/* A first frame about the others; tag stands at at. */
static void
info_of(uint8_t frame[MP3_LEN], uint32_t header, size_t at, const char *tag)
{
	memset(frame, 0, MP3_LEN);
	put_be32(frame, header);
	memcpy(frame + at, tag, 4);
}

static const struct stream *
mp3(struct sound *s, const uint8_t *info, unsigned per_packet)
{
	uint8_t packet[4 * MP3_LEN];
	size_t len = 0;

	open_as(s, "mp3");
	if (info != NULL)
		sound_put(s, info, MP3_LEN, -1152);
	for (unsigned i = 0; i < FRAMES; i++) {
		frame_of(packet + len, 0xfffb9000, MP3_LEN, i);
		len += MP3_LEN;
		if ((i + 1) % per_packet != 0)
			continue;
		sound_put(s, packet, len, (int64_t)(i + 1 - per_packet) * 1152);
		len = 0;
	}
	return (sound_done(s));
}

static void
packets_do_not_matter(void **state)
{
	struct sound a, b;
	const struct stream *want = mp3(&a, NULL, 1), *got;

	(void)state;
	assert_string_equal("mpeg-audio/1", want->canon);
	assert_string_equal("mpeg-audio", want->codec);
	assert_int_equal(FRAMES, want->frames);
	assert_true(want->segments > 3);
	for (unsigned n = 2; n <= 4; n++) {
		got = mp3(&b, NULL, n);
		assert_same_essence(want, got);
		assert_memory_equal(want->timeline, got->timeline, 32);
		sound_close(&b);
	}
	sound_close(&a);
}

static void
info_is_dropped(void **state)
{
	static const struct {
		uint32_t header;
		size_t at;
		const char *tag;
		bool dropped;
	} rows[] = {
		{ 0xfffb9000, 36, "Xing", true },
		{ 0xfffb9000, 36, "Info", true },
		{ 0xfffb90c0, 21, "Info", true }, /* mono */
		{ 0xfffa9000, 38, "Xing", true }, /* behind a CRC */
		{ 0xfffa9000, 36, "Xing", true },
		{ 0xfffb9000, 36, "VBRI", true },
		{ 0xfffb90c0, 36, "VBRI", true },
		{ 0xfffb9000, 37, "Xing", false },
		{ 0xfffb9000, 38, "Xing", false },
		{ 0xfffb9000, 36, "Zing", false },
	};
	struct sound a, b;
	const struct stream *want = mp3(&a, NULL, 1), *got;

	(void)state;
	assert_absent(want, PROV_DELAY);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t info[MP3_LEN];

		info_of(info, rows[i].header, rows[i].at, rows[i].tag);
		got = mp3(&b, info, 1);
		if (rows[i].dropped != (got->frames == FRAMES))
			fail_msg("%zu: %s at %zu", i, rows[i].tag, rows[i].at);
		if (rows[i].dropped) {
			assert_same_essence(want, got);
			assert_memory_equal(want->timeline, got->timeline, 32);
		}
		sound_close(&b);
	}
	sound_close(&a);
}

/* Only a first frame is about the others. */
static void
later_info_stays(void **state)
{
	uint8_t frame[MP3_LEN], info[MP3_LEN];
	struct sound s;

	(void)state;
	open_as(&s, "mp3");
	frame_of(frame, 0xfffb9000, MP3_LEN, 1);
	info_of(info, 0xfffb9000, 36, "Info");
	sound_put(&s, frame, MP3_LEN, 0);
	sound_put(&s, info, MP3_LEN, 1152);
	assert_int_equal(2, sound_done(&s)->frames);
	sound_close(&s);
}

static void
lame_delay(void **state)
{
	uint8_t info[MP3_LEN];
	const struct stream *got;
	struct sound s;

	(void)state;
	info_of(info, 0xfffb9000, 36, "Info");
	info[43] = 15; /* frames, bytes, table, quality */
	memcpy(info + 36 + 8 + 112, "LAME3.100", 9);
	/* 576 and 1000, 12 bits each */
	memcpy(info + 36 + 8 + 112 + 21, "\x24\x03\xe8", 3);
	got = mp3(&s, info, 1);
	assert_present(got, PROV_DELAY, 576 + 529);
	assert_present(got, PROV_PADDING, 1000 - 529);
	sound_close(&s);
	info[43] = 1; /* no table: no tag where it should be */
	got = mp3(&s, info, 1);
	assert_absent(got, PROV_DELAY);
	sound_close(&s);
}

/* The last frame of a recording. */
static void
cut_short(void **state)
{
	uint8_t frame[MP3_LEN];
	struct sound s;
	const struct stream *got;

	(void)state;
	frame_of(frame, 0xfffb9000, MP3_LEN, 1);
	for (size_t len = 0; len < MP3_LEN; len++) {
		open_as(&s, "mp2");
		sound_put(&s, frame, MP3_LEN, 0);
		sound_put(&s, frame, len, 1152);
		got = sound_done(&s);
		assert_int_equal(len < 4 && len > 0, got->refused[0] != '\0');
		assert_int_equal(len == 0 ? 1 : 2, got->frames);
		sound_close(&s);
	}
}

static void
rates_do_not_mix(void **state)
{
	uint8_t frame[MP3_LEN];
	struct sound s;

	(void)state;
	open_as(&s, "mp3");
	frame_of(frame, 0xfffb9000, MP3_LEN, 1);
	sound_put(&s, frame, MP3_LEN, 0);
	frame_of(frame, 0xfffb9400, 384, 1);
	sound_put(&s, frame, 384, 1152);
	assert_string_equal("config.changed", sound_done(&s)->refused);
	sound_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(not_frames),
		cmocka_unit_test(free_format),
		cmocka_unit_test(filled_up),
		cmocka_unit_test(packets_do_not_matter),
		cmocka_unit_test(info_is_dropped),
		cmocka_unit_test(later_info_stays),
		cmocka_unit_test(lame_delay),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(rates_do_not_mix),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
