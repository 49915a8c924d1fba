/* SPDX-License-Identifier: ISC */
#include "sound.h"

#define UNIT_LEN 48

/*
 * An access unit of 24 words: check nibble 5, length, timing. With a major
 * sync: its code, the format, signature, flags, and how many substreams.
 */
static prov_span
unit_of(uint8_t out[UNIT_LEN], const char *format, unsigned i)
{
	fill(out, UNIT_LEN, i);
	(void)from_hex(out, "5018 0000 00000000");
	if (format == NULL)
		return (span(out, UNIT_LEN));
	(void)from_hex(out + 4, format);
	(void)from_hex(out + 12, "b752 0000 0000 8000 20");
	return (span(out, UNIT_LEN));
}

static void
open_as(struct sound *s, const char *codec)
{
	prov_config config = sound_config(codec, 48000, 2);

	sound_open(s, &config);
}

/* TrueHD: 48 kHz, both presentations stereo. */
#define STEREO "f8726fba 00008001"

static void
leaf_is_as_documented(void **state)
{
	uint8_t two[2 * UNIT_LEN], config[16];
	/* code || format || substreams */
	prov_span head = from_hex(config, STEREO "02");
	AUTO_BUF want = { 0 };
	const struct stream *got;
	struct sound s;

	(void)state;
	open_as(&s, "truehd");
	want_leaf(&want, "truehd/1", head);
	want_record(&want, 0x10, unit_of(two, STEREO, 1));
	want_record(&want, 0x10, unit_of(two + UNIT_LEN, NULL, 2));
	sound_put(&s, two, sizeof(two), 0);
	got = sound_done(&s);
	assert_string_equal("", got->refused);
	assert_leaf(got, &want);
	assert_head(got, "head", head);
	assert_int_equal(80, got->samples);
	assert_present(got, PROV_CHANNELS, 2);
	sound_close(&s);
}

static void
formats(void **state)
{
	static const struct {
		const char *codec, *format;
		uint32_t rate, samples, channels; /* rate 0: refused */
	} rows[] = {
		{ "truehd", STEREO, 48000, 40, 2 },
		{ "truehd", "f8726fba 10078000", 96000, 80, 6 },
		{ "truehd", "f8726fba 2007804f", 192000, 160, 8 },
		{ "truehd", "f8726fba 80008001", 44100, 40, 2 },
		{ "truehd", "f8726fba 90008001", 88200, 80, 2 },
		{ "truehd", "f8726fba f0008001", 0, 0, 0 },
		{ "truehd", "f8726fba 30008001", 0, 0, 0 },
		{ "mlp", "f8726fbb 000f0001", 48000, 40, 2 },
		{ "mlp", "f8726fbb 001f000c", 96000, 80, 6 },
		{ "mlp", "f8726fbb 008f0000", 44100, 40, 1 },
		{ "mlp", "f8726fbb 00ff0001", 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t unit[UNIT_LEN];
		const struct stream *got;
		struct sound s;

		(void)unit_of(unit, rows[i].format, 1);
		open_as(&s, rows[i].codec);
		sound_put(&s, unit, sizeof(unit), 0);
		got = sound_done(&s);
		if (rows[i].rate == 0)
			assert_string_equal("config.unresolved", got->refused);
		else if (got->refused[0] != '\0' || got->rate != rows[i].rate ||
			 got->samples != rows[i].samples ||
			 !present_is(got, PROV_CHANNELS, rows[i].channels))
			fail_msg("row %zu: %llu samples at %u", i,
			    (unsigned long long)got->samples, got->rate);
		sound_close(&s);
	}
}

static const struct stream *
many(struct sound *s, unsigned per_packet, const char *format)
{
	uint8_t packet[4 * UNIT_LEN];
	size_t len = 0;

	open_as(s, "truehd");
	for (unsigned i = 0; i < 6000; i++) {
		(void)unit_of(packet + len, i % 64 == 0 ? format : NULL, i);
		len += UNIT_LEN;
		if ((i + 1) % per_packet != 0)
			continue;
		sound_put(s, packet, len, (int64_t)(i + 1 - per_packet) * 40);
		len = 0;
	}
	return (sound_done(s));
}

static void
packets_do_not_matter(void **state)
{
	struct sound a, b, c;
	const struct stream *want = many(&a, 1, STEREO), *got, *other;

	(void)state;
	assert_int_equal(6000, want->frames);
	assert_true(want->segments > 3);
	got = many(&b, 4, STEREO);
	assert_same_essence(want, got);
	assert_memory_equal(want->timeline, got->timeline, 32);
	/* Mono that is said to be stereo. */
	other = many(&c, 4, "f8726fba 00010002");
	assert_memory_not_equal(want->config, other->config, 32);
	sound_close(&a);
	sound_close(&b);
	sound_close(&c);
}

static void
refused(void **state)
{
	static const char *const rows[] = {
		"5018 0000 00000000", /* nothing to decode from */
		"5001 0000 00000000", /* shorter than its header */
		"5000 0000 00000000", /* of none */
		"50",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t unit[UNIT_LEN] = { 0 };
		prov_span in = from_hex(unit, rows[i]);
		struct sound s;

		open_as(&s, "truehd");
		sound_put(&s, in.p, in.len, 0);
		if (strcmp(sound_done(&s)->refused, "essence.noncanonical"))
			fail_msg("row %zu passed", i);
		sound_close(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaf_is_as_documented),
		cmocka_unit_test(formats),
		cmocka_unit_test(packets_do_not_matter),
		cmocka_unit_test(refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
