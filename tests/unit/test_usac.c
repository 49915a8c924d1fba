/* SPDX-License-Identifier: ISC */
#include "sound.h"

static void
open_with(struct sound *s, const char *asc)
{
	prov_config config = sound_config("aac", 48000, 2);
	uint8_t bytes[64];

	config.extradata = from_hex(bytes, asc);
	sound_open(s, &config);
}

/*
 * 11111 001010: 42; 0011: 48 kHz; 0010: 2 channels. UsacConfig: 00011 48 kHz,
 * length code 011 (2048 samples), and what decoders need.
 *   11111001 01000110 01000011 011.....
 */
static void
leaf_is_as_documented(void **state)
{
	uint8_t bytes[8];
	prov_span asc = from_hex(bytes, "f946436012345678");
	AUTO_BUF want = { 0 };
	const struct stream *got;
	struct sound s;

	(void)state;
	open_with(&s, "f946436012345678");
	want_leaf(&want, "usac/1", asc);
	want_record(&want, 0x10, span("\1\2\3", 3));
	want_record(&want, 0x10, span("\xff\xf1\x4c\x80\1\x3f\xfc\0\0", 9));
	sound_put(&s, "\1\2\3", 3, 0);
	/* No ADTS: it is taken as it is. */
	sound_put(&s, "\xff\xf1\x4c\x80\1\x3f\xfc\0\0", 9, 2048);
	got = sound_done(&s);
	assert_string_equal("", got->refused);
	assert_leaf(got, &want);
	assert_head(got, "head", asc);
	assert_int_equal(2 * 2048, got->samples);
	assert_present(got, PROV_RATE, 48000);
	sound_close(&s);
}

static void
configs(void **state)
{
	static const struct {
		const char *hex;
		uint32_t rate, samples; /* 0: raw */
	} rows[] = {
		{ "f946430000", 48000, 768 }, { "f946432000", 48000, 1024 },
		{ "f946434000", 48000, 2048 }, { "f946438000", 48000, 4096 },
		{ "f94643a000", 0, 0 }, /* reserved length */
		{ "f9464d6000", 0, 0 }, /* reserved rate */
		{ "f9464f6000", 57600, 2048 }, { "f9464c8000", 7350, 4096 },
		{ "f9465f0017706000", 6000, 2048 }, { "f946", 0, 0 },
		{ "f926436000", 0, 0 }, /* 41 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct stream *got;
		struct sound s;

		open_with(&s, rows[i].hex);
		sound_put(&s, "\1\2\3", 3, 0);
		got = sound_done(&s);
		if (rows[i].rate == 0 ? strcmp(got->canon, "raw/1") != 0
				      : got->rate != rows[i].rate ||
					    got->samples != rows[i].samples)
			fail_msg("%s: %s, %llu at %u", rows[i].hex, got->canon,
			    (unsigned long long)got->samples, got->rate);
		sound_close(&s);
	}
}

/* Every bit of the configuration is bound. */
static void
bits_are_bound(void **state)
{
	uint8_t asc[8];
	struct sound a, b;
	const struct stream *want, *got;
	prov_config config = sound_config("aac", 48000, 2);

	(void)state;
	config.extradata = from_hex(asc, "f946436012345678");
	sound_open(&a, &config);
	sound_put(&a, "\1\2\3", 3, 0);
	want = sound_done(&a);
	for (unsigned bit = 0; bit < 64; bit++) {
		asc[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		sound_open(&b, &config);
		sound_put(&b, "\1\2\3", 3, 0);
		got = sound_done(&b);
		if (memcmp(want->root, got->root, 32) == 0 ||
		    memcmp(want->config, got->config, 32) == 0)
			fail_msg("bit %u is free", bit);
		sound_close(&b);
		asc[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	}
	sound_close(&a);
}

/* A new one is recorded in place; one that cannot be read is refused. */
static void
changes(void **state)
{
	uint8_t bytes[8];
	struct sound s;

	(void)state;
	open_with(&s, "f946436012345678");
	sound_put(&s, "\1\2\3", 3, 0);
	sound_put_extradata(&s, "\1\2", 2, from_hex(bytes, "f946436012345679"));
	assert_string_equal("", sound_done(&s)->refused);
	sound_close(&s);
	open_with(&s, "f946436012345678");
	sound_put(&s, "\1\2\3", 3, 0);
	sound_put_extradata(&s, "\1\2", 2, from_hex(bytes, "1190"));
	assert_string_equal("config.unresolved", sound_done(&s)->refused);
	sound_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaf_is_as_documented),
		cmocka_unit_test(configs),
		cmocka_unit_test(bits_are_bound),
		cmocka_unit_test(changes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
