/* SPDX-License-Identifier: ISC */
#include "sound.h"

#define FRAME_MAX 4096

/* A frame that begins with these bytes. */
static size_t
frame_of(uint8_t *out, const char *hex, size_t len, unsigned i)
{
	fill(out, len, i);
	(void)from_hex(out, hex);
	return (len);
}

static void
open_as(struct sound *s, const char *codec)
{
	prov_config config = sound_config(codec, 48000, 2);

	sound_open(s, &config);
}

/* The length is right if a second frame is found behind the first. */
static void
headers(void **state)
{
	static const struct {
		const char *codec, *hex;
		size_t len;
		uint32_t rate, samples, channels, layout;
	} rows[] = {
		/* sync, CRC, fscod and frmsizecod, bsid, acmod ... */
		{ "ac3", "0b770000004040", 128, 48000, 1536, 2, 0x3 },
		{ "ac3", "0b770000014020", 128, 48000, 1536, 1, 0x4 },
		{ "ac3", "0b7700001e40e1", 1792, 48000, 1536, 6, 0x60f },
		{ "ac3", "0b770000404040", 138, 44100, 1536, 2, 0x3 },
		{ "ac3", "0b770000414040", 140, 44100, 1536, 2, 0x3 },
		{ "ac3", "0b770000654040", 2788, 44100, 1536, 2, 0x3 },
		{ "ac3", "0b770000804060", 192, 32000, 1536, 3, 0x7 },
		{ "ac3", "0b770000004860", 128, 24000, 1536, 3, 0x7 },
		{ "ac3", "0b770000004000", 128, 48000, 1536, 2, 0x3 },
		/* sync, strmtyp, id and frmsiz, fscod ... lfeon, bsid */
		{ "eac3", "0b77001f3480", 64, 48000, 1536, 2, 0x3 },
		{ "eac3", "0b77003f3f80", 128, 48000, 1536, 6, 0x60f },
		{ "eac3", "0b77003f0480", 128, 48000, 256, 2, 0x3 },
		{ "eac3", "0b77003f5480", 128, 44100, 512, 2, 0x3 },
		{ "eac3", "0b77003fa480", 128, 32000, 768, 2, 0x3 },
		{ "eac3", "0b77003fd480", 128, 22050, 1536, 2, 0x3 },
		{ "eac3", "0b7787ff3480", 4096, 48000, 1536, 2, 0x3 },
		{ "eac3", "0b770000004040", 128, 48000, 1536, 2, 0x3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t two[2 * FRAME_MAX];
		const struct stream *got;
		struct sound s;

		frame_of(two, rows[i].hex, rows[i].len, 1);
		frame_of(two + rows[i].len, rows[i].hex, rows[i].len, 2);
		open_as(&s, rows[i].codec);
		sound_put(&s, two, 2 * rows[i].len, 0);
		got = sound_done(&s);
		if (got->frames != 2 || got->refused[0] != '\0' ||
		    got->rate != rows[i].rate ||
		    got->samples != 2 * rows[i].samples ||
		    !present_is(got, PROV_RATE, rows[i].rate) ||
		    !present_is(got, PROV_CHANNELS, rows[i].channels) ||
		    !present_is(got, PROV_LAYOUT, rows[i].layout))
			fail_msg("row %zu: %llu frames, %llu samples at %u, %s",
			    i, (unsigned long long)got->frames,
			    (unsigned long long)got->samples, got->rate,
			    got->refused);
		sound_close(&s);
	}
}

static void
not_frames(void **state)
{
	static const char *const rows[] = {
		"0b76000000404000", /* sync */
		"0b770000c0404000", /* reserved rate */
		"0b77000026404000", /* reserved size */
		"0b77000000884000", /* bsid 17 */
		"0b77c03f34800000", /* reserved stream type */
		"0b77003ff4800000", /* reserved half rate */
		"0b7700013480",     /* a frame shorter than its header */
		"0b77000000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t frame[8];
		prov_span in = from_hex(frame, rows[i]);
		struct sound s;

		open_as(&s, "eac3");
		sound_put(&s, in.p, in.len, 0);
		if (strcmp(sound_done(&s)->refused, "essence.noncanonical"))
			fail_msg("%s passed", rows[i]);
		sound_close(&s);
	}
}

/* Two AC-3 frames, and what comes of them record by record. */
static void
leaf_is_as_documented(void **state)
{
	/* AC-3 || acmod 7 || lfeon || 48000 */
	static const uint8_t config[] = { 0, 7, 1, 0, 0, 0xbb, 0x80 };
	uint8_t frames[2 * 128];
	AUTO_BUF want = { 0 };
	const struct stream *got;
	struct sound s;

	(void)state;
	frame_of(frames, "0b7700000040e1", 128, 1);
	frame_of(frames + 128, "0b7700000040e1", 128, 2);
	open_as(&s, "ac3");
	sound_put(&s, frames, sizeof(frames), 0);
	got = sound_done(&s);
	want_leaf(&want, "ac3/1", span(config, sizeof(config)));
	want_record(&want, 0x10, span(frames, 128));
	want_record(&want, 0x10, span(frames + 128, 128));
	assert_leaf(got, &want);
	assert_head(got, "head", span(config, sizeof(config)));
	sound_close(&s);
}

/* Substreams stay with the access unit that they belong to. */
static void
substreams(void **state)
{
	static const char *const heads[] = {
		"0b77001f3480", /* independent 0 */
		"0b77401f3480", /* dependent 0 */
		"0b77081f3480", /* independent 1 */
	};
	static const uint8_t config[] = { 1, 2, 0, 0, 0, 0xbb, 0x80 };
	uint8_t unit[6 * 64];
	AUTO_BUF want = { 0 };
	const struct stream *got;
	struct sound a, b;

	(void)state;
	open_as(&a, "eac3");
	want_leaf(&want, "eac3/1", span(config, sizeof(config)));
	for (unsigned i = 0; i < 6; i++) {
		frame_of(unit + i * 64, heads[i % 3], 64, i);
		want_record(&want, 0x10, span(unit + i * 64, 64));
		sound_put(&a, unit + i * 64, 64, (int64_t)(i / 3) * 1536);
	}
	got = sound_done(&a);
	assert_leaf(got, &want);
	assert_int_equal(2, got->frames);
	assert_int_equal(2 * 1536, got->samples);
	open_as(&b, "eac3");
	sound_put(&b, unit, sizeof(unit), 0);
	assert_same_essence(got, sound_done(&b));
	sound_close(&a);
	sound_close(&b);
}

static const struct stream *
many(struct sound *s, unsigned per_packet, bool swapped, const char *head)
{
	uint8_t packet[4 * 128];
	size_t len = 0;

	open_as(s, "ac3");
	for (unsigned i = 0; i < 400; i++) {
		frame_of(packet + len, head, 128, i);
		len += 128;
		if ((i + 1) % per_packet != 0)
			continue;
		for (size_t k = 0; swapped && k < len; k += 2) {
			uint8_t tmp = packet[k];

			packet[k] = packet[k + 1];
			packet[k + 1] = tmp;
		}
		sound_put(s, packet, len, (int64_t)(i + 1 - per_packet) * 1536);
		len = 0;
	}
	return (sound_done(s));
}

static void
framing_does_not_matter(void **state)
{
	struct sound a, b;
	const struct stream *want = many(&a, 1, false, "0b770000004040");
	const struct stream *got;

	(void)state;
	assert_true(want->segments > 3);
	for (unsigned n = 1; n <= 4; n *= 2)
		for (int swapped = 0; swapped < 2; swapped++) {
			got = many(&b, n, swapped, "0b770000004040");
			assert_same_essence(want, got);
			assert_memory_equal(want->timeline, got->timeline, 32);
			sound_close(&b);
		}
	sound_close(&a);
}

/* Stereo that is said to be dual mono, or another rate: never equal. */
static void
patched_headers(void **state)
{
	static const char *const rows[] = { "0b770000004000", "0b770000004044",
		"0b770000004840", "0b770000004020" };
	struct sound a, b;
	const struct stream *want = many(&a, 1, false, "0b770000004040");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct stream *got = many(&b, 1, false, rows[i]);

		assert_memory_not_equal(want->config, got->config, 32);
		assert_memory_not_equal(want->root, got->root, 32);
		sound_close(&b);
	}
	sound_close(&a);
}

/* A change is recorded in place; one of the rate is refused. */
static void
changes(void **state)
{
	static const struct {
		const char *hex, *refused;
	} rows[] = {
		{ "0b7700000040e1", "" },
		{ "0b770000804040", "config.changed" },
	};
	static const uint8_t first[] = { 0, 2, 0, 0, 0, 0xbb, 0x80 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint8_t frame[192];
		const struct stream *got;
		struct sound s;

		open_as(&s, "ac3");
		frame_of(frame, "0b770000004040", 128, 1);
		sound_put(&s, frame, 128, 0);
		frame_of(frame, rows[i].hex, i == 0 ? 128 : 192, 2);
		sound_put(&s, frame, i == 0 ? 128 : 192, 1536);
		got = sound_done(&s);
		assert_string_equal(rows[i].refused, got->refused);
		assert_head(got, "head", span(first, sizeof(first)));
		sound_close(&s);
	}
}

/* A dependent substream that nothing began, and a packet that ends early. */
static void
edges(void **state)
{
	uint8_t frame[64];
	const struct stream *got;
	struct sound s;

	(void)state;
	frame_of(frame, "0b77401f3480", 64, 1);
	open_as(&s, "eac3");
	sound_put(&s, frame, 64, 0);
	assert_string_equal("essence.noncanonical", sound_done(&s)->refused);
	sound_close(&s);
	frame_of(frame, "0b77001f3480", 64, 1);
	open_as(&s, "eac3");
	sound_put(&s, frame, 40, 0);
	got = sound_done(&s);
	assert_string_equal("", got->refused);
	assert_int_equal(1536, got->samples);
	sound_close(&s);
}

/* What containers fill up with is no sound; anything else may be. */
static void
filled_up(void **state)
{
	uint8_t packet[64 + 6] = { 0 };
	const struct stream *want;
	struct sound a, b;

	(void)state;
	frame_of(packet, "0b77001f3480", 64, 1);
	open_as(&a, "eac3");
	sound_put(&a, packet, 64, 0);
	want = sound_done(&a);
	open_as(&b, "eac3");
	sound_put(&b, packet, sizeof(packet), 0);
	assert_same_essence(want, sound_done(&b));
	sound_close(&b);
	packet[69] = 1;
	open_as(&b, "eac3");
	sound_put(&b, packet, sizeof(packet), 0);
	assert_string_equal("essence.noncanonical", sound_done(&b)->refused);
	sound_close(&a);
	sound_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(not_frames),
		cmocka_unit_test(leaf_is_as_documented),
		cmocka_unit_test(substreams),
		cmocka_unit_test(framing_does_not_matter),
		cmocka_unit_test(patched_headers),
		cmocka_unit_test(changes),
		cmocka_unit_test(edges),
		cmocka_unit_test(filled_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
