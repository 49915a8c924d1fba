/* SPDX-License-Identifier: ISC */
#include "sound.h"

/*
 * A core frame of 96 bytes: sync; ftype 1, short 31, no CRC, 16 blocks, size
 * 96, amode 2 (stereo), rate code 13 (48 kHz), bit rate 5, flags, no LFE;
 * predictor, filter, version 7, copies, PCMR 0.
 *   1 11111 0 0001111 00000001011111 000010 1101 00101
 *   00000 000 00 00 0 0 0111 00 000
 */
#define CORE "7ffe8001 fc3c05f0 b4a00038 00"

static prov_span
core_of(uint8_t out[96], unsigned i)
{
	fill(out, 96, i);
	(void)from_hex(out, CORE);
	return (span(out, 96));
}

/*
 * user 0, index, 0, header 16 - 1 in 8 bits, length 32 - 1 in 16, static
 * fields: clock 2 (48 kHz), duration code 1 (1024 samples).
 *   00000000 ii 0 00001111 0000000000011111 1 10 001
 */
static prov_span
ext_of(uint8_t out[32], unsigned index, bool fixed, unsigned i)
{
	fill(out, 32, i);
	(void)from_hex(out, "64582025 00 01e003 00");
	out[5] |= (uint8_t)(index << 6);
	out[8] = fixed ? 0xf8 : 0xe0;
	out[9] = fixed ? 0x80 : 0;
	return (span(out, 32));
}

static void
open_dts(struct sound *s)
{
	prov_config config = sound_config("dts", 48000, 2);

	sound_open(s, &config);
}

static void
leaf_is_as_documented(void **state)
{
	/* core || amode 2 || no LFE || PCMR 0 || 48000 */
	static const uint8_t config[] = { 1, 2, 0, 0, 0, 0, 0xbb, 0x80 };
	uint8_t packet[2 * (96 + 32)];
	AUTO_BUF want = { 0 };
	const struct stream *got;
	struct sound s;

	(void)state;
	open_dts(&s);
	want_leaf(&want, "dts/1", span(config, sizeof(config)));
	for (unsigned i = 0; i < 2; i++) {
		want_record(&want, 0x10, core_of(packet + i * 128, i));
		want_record(&want, 0x10,
		    ext_of(packet + i * 128 + 96, 0, false, i));
	}
	sound_put(&s, packet, sizeof(packet), 0);
	got = sound_done(&s);
	assert_string_equal("", got->refused);
	assert_leaf(got, &want);
	assert_head(got, "head", span(config, sizeof(config)));
	assert_int_equal(2, got->frames);
	assert_int_equal(2 * 512, got->samples);
	assert_present(got, PROV_RATE, 48000);
	assert_present(got, PROV_CHANNELS, 2);
	sound_close(&s);
}

/* Without a core the first extension substream counts. */
static void
extensions_alone(void **state)
{
	static const uint8_t config[] = { 2, 0, 0, 0, 0, 0, 0xbb, 0x80 };
	uint8_t a[32], b[32], c[32];
	AUTO_BUF want = { 0 };
	const struct stream *got;
	struct sound s;

	(void)state;
	open_dts(&s);
	want_leaf(&want, "dts/1", span(config, sizeof(config)));
	want_record(&want, 0x10, ext_of(a, 0, true, 1));
	want_record(&want, 0x10, ext_of(b, 1, true, 2));
	want_record(&want, 0x10, ext_of(c, 0, false, 3));
	sound_put(&s, a, 32, 0);
	sound_put(&s, b, 32, 0);
	sound_put(&s, c, 32, 1024);
	got = sound_done(&s);
	assert_string_equal("", got->refused);
	assert_leaf(got, &want);
	assert_int_equal(2 * 1024, got->samples);
	sound_close(&s);
}

static const struct stream *
many(struct sound *s, bool swapped, bool five)
{
	uint8_t frame[96];

	open_dts(s);
	for (unsigned i = 0; i < 700; i++) {
		(void)core_of(frame, i);
		/* amode 9: five channels */
		frame[7] = five ? 0xf2 : 0xf0;
		frame[8] = five ? 0x74 : 0xb4;
		for (size_t k = 0; swapped && k < 96; k += 2) {
			uint8_t tmp = frame[k];

			frame[k] = frame[k + 1];
			frame[k + 1] = tmp;
		}
		sound_put(s, frame, 96, (int64_t)i * 512);
	}
	return (sound_done(s));
}

static void
order_of_bytes_does_not_matter(void **state)
{
	struct sound a, b, c;
	const struct stream *want = many(&a, false, false), *got, *other;

	(void)state;
	got = many(&b, true, false);
	assert_true(want->segments > 3);
	assert_same_essence(want, got);
	other = many(&c, false, true);
	assert_memory_not_equal(want->config, other->config, 32);
	sound_close(&a);
	sound_close(&b);
	sound_close(&c);
}

static void
refused(void **state)
{
	static const char *const rows[] = {
		"1fffe800 07f0", /* 14 bits in 16 */
		"ff1f00e8 f007",
		"7ffe8001 fc3c05f0 80a00038 00", /* reserved rate */
		"7ffe8001 fc0c05f0 b4a00038 00", /* 4 blocks */
		"7ffe8001 fc3c0050 b4a00038 00", /* 6 bytes */
		"64582025 0003e001 f880",        /* shorter than its header */
		"64582025 0001e003 e000",        /* no rate ever */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t frame[96] = { 0 };
		struct sound s;

		(void)from_hex(frame, rows[i]);
		open_dts(&s);
		sound_put(&s, frame, sizeof(frame), 0);
		if (strcmp(sound_done(&s)->refused, "essence.noncanonical"))
			fail_msg("%s passed", rows[i]);
		sound_close(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaf_is_as_documented),
		cmocka_unit_test(extensions_alone),
		cmocka_unit_test(order_of_bytes_does_not_matter),
		cmocka_unit_test(refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
