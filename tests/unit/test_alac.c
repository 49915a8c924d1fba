/* SPDX-License-Identifier: ISC */
#include "sound.h"

/* 4096 samples, version 0, 16 bits, pb 40, mb 10, kb 14, 2 channels, 255 */
#define HEAD   "00001000 00 10 28 0a 0e 02 00ff"
#define PLAYER "00004000 00012345" /* largest frame, bit rate */
#define RATE   "0000ac44"
#define COOKIE HEAD PLAYER RATE
#define BOX    "00000024 616c6163 00000000"

/* A pair, of which the packet does not say how many samples it has. */
static prov_span
packet_of(uint8_t out[80], const char *hex, unsigned i)
{
	fill(out, 80, i);
	(void)from_hex(out, hex);
	return (span(out, 80));
}

static void
open_alac(struct sound *s, const char *cookie)
{
	prov_config config = sound_config("alac", 44100, 2);
	uint8_t bytes[256];

	config.extradata = from_hex(bytes, cookie);
	sound_open(s, &config);
}

static const struct stream *
many(struct sound *s, const char *cookie)
{
	uint8_t packet[80];

	open_alac(s, cookie);
	for (unsigned i = 0; i < 200; i++) {
		(void)packet_of(packet, "200000", i);
		sound_put(s, packet, 80, (int64_t)i * 4096);
	}
	/* The last one: 1000 samples. */
	(void)packet_of(packet, "200010 000007d0", 200);
	sound_put(s, packet, 80, 200 * 4096);
	return (sound_done(s));
}

static void
leaf_is_as_documented(void **state)
{
	uint8_t a[80], b[80], config[16];
	prov_span head =
	    from_hex(config, "00001000 00 10 02 28 0a 0e 00ff 0000ac44");
	AUTO_BUF want = { 0 };
	const struct stream *got;
	struct sound s;

	(void)state;
	open_alac(&s, COOKIE);
	want_leaf(&want, "alac/1", head);
	want_record(&want, 0x10, packet_of(a, "200000", 1));
	/* 1 pair, instance, unused, has a number: 1000 */
	want_record(&want, 0x10, packet_of(b, "200010 000007d0", 2));
	sound_put(&s, a, sizeof(a), 0);
	sound_put(&s, b, sizeof(b), 4096);
	got = sound_done(&s);
	assert_string_equal("", got->refused);
	assert_leaf(got, &want);
	assert_head(got, "head", head);
	assert_int_equal(4096 + 1000, got->samples);
	assert_present(got, PROV_RATE, 44100);
	assert_present(got, PROV_CHANNELS, 2);
	assert_present(got, PROV_BITS, 16);
	sound_close(&s);
}

/* Wrapped or not; what changes decoding is bound, what players use is not. */
static void
cookies(void **state)
{
	static const struct {
		const char *hex;
		bool same;
	} rows[] = {
		{ BOX COOKIE, true },
		{ "0000000c 66726d61 616c6163" BOX COOKIE, true },
		{ COOKIE "00000018 6368616e 00000000 00650002 00000000", true },
		{ HEAD "00000000 00000000" RATE, true },
		{ HEAD PLAYER "0000bb80", false },
		{ "00001000 00 10 28 0a 0e 01 00ff" PLAYER RATE, false },
		{ "00001000 00 18 28 0a 0e 02 00ff" PLAYER RATE, false },
		{ "00001000 00 10 29 0a 0e 02 00ff" PLAYER RATE, false },
		{ "00001000 00 10 28 0b 0e 02 00ff" PLAYER RATE, false },
		{ "00001000 00 10 28 0a 0d 02 00ff" PLAYER RATE, false },
		{ "00001000 01 10 28 0a 0e 02 00ff" PLAYER RATE, false },
		{ "00001000 00 10 28 0a 0e 02 00fe" PLAYER RATE, false },
		{ "00002000 00 10 28 0a 0e 02 00ff" PLAYER RATE, false },
	};
	struct sound a, b;
	const struct stream *want = many(&a, COOKIE);

	(void)state;
	assert_true(want->segments > 3);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct stream *got = many(&b, rows[i].hex);

		assert_string_equal("alac/1", got->canon);
		if (rows[i].same)
			assert_same_essence(want, got);
		else if (memcmp(want->root, got->root, 32) == 0 ||
			 memcmp(want->config, got->config, 32) == 0)
			fail_msg("row %zu is the same", i);
		sound_close(&b);
	}
	sound_close(&a);
}

static void
no_cookie_is_raw(void **state)
{
	static const char *const rows[] = { "", HEAD PLAYER, BOX HEAD PLAYER,
		"00000000 00 10 28 0a 0e 02 00ff" PLAYER RATE,
		"00200000 00 10 28 0a 0e 02 00ff" PLAYER RATE,
		HEAD PLAYER "00000000" };
	struct sound s;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp("raw/1", many(&s, rows[i])->canon) != 0)
			fail_msg("row %zu", i);
		sound_close(&s);
	}
}

static void
refused(void **state)
{
	static const char *const rows[] = {
		"400000",          /* a coupling channel */
		"e00000",          /* the end */
		"200010 00002002", /* 4097 samples */
		"200010 00000000", /* none */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t packet[80];
		struct sound s;

		(void)packet_of(packet, rows[i], 1);
		open_alac(&s, COOKIE);
		sound_put(&s, packet, sizeof(packet), 0);
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
		cmocka_unit_test(cookies),
		cmocka_unit_test(no_cookie_is_raw),
		cmocka_unit_test(refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
