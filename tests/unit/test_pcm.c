/* SPDX-License-Identifier: ISC */
#include "sound.h"

#define RATE    8000
#define SECONDS 20
#define FRAMES  (SECONDS * RATE)

/* Packets of step bytes, whatever that cuts apart. */
static const struct stream *
pcm(struct sound *s, const char *codec, uint32_t channels, const uint8_t *p,
    size_t len, size_t step)
{
	prov_config config = sound_config(codec, RATE, channels);

	sound_open(s, &config);
	for (size_t at = 0; at < len; at += step)
		sound_put(s, p + at, step < len - at ? step : len - at,
		    at == 0 ? 0 : PROV_NO_TIME);
	return (sound_done(s));
}

static void
packets_do_not_matter(void **state)
{
	static uint8_t sound[FRAMES * 4];
	static const size_t steps[] = { 4, 13, 1000, 4096, 16384, 65537 };
	const struct stream *want, *got;
	struct sound a, b;

	(void)state;
	fill(sound, sizeof(sound), 1);
	want = pcm(&a, "pcm_s16le", 2, sound, sizeof(sound), sizeof(sound));
	assert_string_equal("pcm/1", want->canon);
	assert_string_equal("pcm_s16", want->codec);
	assert_int_equal(FRAMES, want->samples);
	assert_int_equal(FRAMES, want->frames);
	assert_true(want->segments > SECONDS / 4);
	assert_present(want, PROV_RATE, RATE);
	assert_present(want, PROV_CHANNELS, 2);
	assert_present(want, PROV_BITS, 16);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		got = pcm(&b, "pcm_s16le", 2, sound, sizeof(sound), steps[i]);
		assert_same_essence(want, got);
		assert_memory_equal(want->timeline, got->timeline, 32);
		sound_close(&b);
	}
	sound_close(&a);
}

/* The samples of p in the other byte order. */
static void
turned(uint8_t *out, const uint8_t *p, size_t len, size_t bytes)
{
	for (size_t i = 0; i < len; i++)
		out[i] = p[i / bytes * bytes + bytes - 1 - i % bytes];
}

static void
byte_order_does_not_matter(void **state)
{
	static const struct {
		const char *little, *big;
		size_t bytes;
	} rows[] = {
		{ "pcm_s16le", "pcm_s16be", 2 },
		{ "pcm_u16le", "pcm_u16be", 2 },
		{ "pcm_s24le", "pcm_s24be", 3 },
		{ "pcm_u24le", "pcm_u24be", 3 },
		{ "pcm_s32le", "pcm_s32be", 4 },
		{ "pcm_u32le", "pcm_u32be", 4 },
		{ "pcm_f32le", "pcm_f32be", 4 },
		{ "pcm_f64le", "pcm_f64be", 8 },
	};
	static uint8_t little[RATE * 5 * 8], big[RATE * 5 * 8];

	(void)state;
	fill(little, sizeof(little), 2);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = RATE * 5 * rows[i].bytes;
		const struct stream *want, *got;
		struct sound a, b;

		turned(big, little, len, rows[i].bytes);
		want = pcm(&a, rows[i].little, 1, little, len, 4096);
		got = pcm(&b, rows[i].big, 1, big, len, 999);
		assert_string_equal("pcm/1", want->canon);
		assert_same_essence(want, got);
		assert_present(got, PROV_BITS, (int64_t)rows[i].bytes * 8);
		sound_close(&b);
		got = pcm(&b, rows[i].big, 1, little, len, 999);
		assert_memory_not_equal(want->root, got->root, 32);
		sound_close(&b);
		sound_close(&a);
	}
}

/* One sound under different names is not the same sound. */
static void
types_differ(void **state)
{
	static const char *const codecs[] = { "pcm_s8", "pcm_u8", "pcm_alaw",
		"pcm_mulaw" };
	static uint8_t sound[FRAMES];
	uint8_t roots[4][32];

	(void)state;
	fill(sound, sizeof(sound), 3);
	for (size_t i = 0; i < 4; i++) {
		struct sound s;
		const struct stream *got =
		    pcm(&s, codecs[i], 1, sound, sizeof(sound), 100);

		assert_string_equal("pcm/1", got->canon);
		assert_string_equal(codecs[i], got->codec);
		memcpy(roots[i], got->root, 32);
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(roots[k], roots[i], 32);
		sound_close(&s);
	}
}

/* Leaves of a trimmed copy are found in the original, but the edges. */
static void
trims_find_back(void **state)
{
	static uint8_t sound[FRAMES * 2];
	const size_t from = 2 * (3 * RATE + 5), to = 2 * (17 * RATE + 1);
	const struct stream *whole, *part;
	struct sound a, b;
	uint64_t found = 0;

	(void)state;
	fill(sound, sizeof(sound), 4);
	whole = pcm(&a, "pcm_s16le", 1, sound, sizeof(sound), 4096);
	part = pcm(&b, "pcm_s16le", 1, sound + from, to - from, 1024);
	for (uint64_t i = 0; i < part->segments; i++)
		for (uint64_t k = 0; k < whole->segments; k++)
			found += memcmp(part->tl->leaves + 32 * i,
				     whole->tl->leaves + 32 * k, 32) == 0;
	assert_true(found + 5 >= part->segments && found > 5);
	sound_close(&b);
	sound_close(&a);
}

/* Part of a sample frame at the end cannot be heard. */
static void
rests_are_left_out(void **state)
{
	static uint8_t sound[4 * RATE + 3];
	const struct stream *want, *got;
	struct sound a, b;

	(void)state;
	fill(sound, sizeof(sound), 5);
	want = pcm(&a, "pcm_s16le", 2, sound, 4 * RATE, 4096);
	got = pcm(&b, "pcm_s16le", 2, sound, 4 * RATE + 3, 4096);
	assert_same_essence(want, got);
	sound_close(&b);
	got = pcm(&b, "pcm_s16le", 2, sound, 3, 1);
	assert_int_equal(0, got->samples);
	sound_close(&b);
	sound_close(&a);
}

/* Every single sample is bound, and only its segment changes. */
static void
flips_show(void **state)
{
	static uint8_t sound[FRAMES];
	const struct stream *want, *got;
	struct sound a, b;

	(void)state;
	fill(sound, sizeof(sound), 6);
	want = pcm(&a, "pcm_u8", 1, sound, sizeof(sound), 4096);
	for (size_t at = 0; at < sizeof(sound); at += 7919) {
		uint64_t same = 0;

		sound[at] ^= 0x10;
		got = pcm(&b, "pcm_u8", 1, sound, sizeof(sound), 4096);
		sound[at] ^= 0x10;
		assert_memory_not_equal(want->root, got->root, 32);
		for (uint64_t i = 0; i < got->segments; i++)
			for (uint64_t k = 0; k < want->segments; k++)
				same += memcmp(got->tl->leaves + 32 * i,
					    want->tl->leaves + 32 * k, 32) == 0;
		assert_true(same < want->segments);
		assert_true(same + 4 >= want->segments);
		sound_close(&b);
	}
	sound_close(&a);
}

static void
others_are_raw(void **state)
{
	static const struct {
		const char *codec;
		uint32_t rate, channels;
	} rows[] = {
		{ "pcm_s16le", 0, 2 },
		{ "pcm_s16le", RATE, 0 },
		{ "pcm_s16le", RATE, 65 },
		{ "pcm_s16le_planar", RATE, 2 },
		{ "pcm_bluray", RATE, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_config config =
		    sound_config(rows[i].codec, rows[i].rate, rows[i].channels);
		struct sound s;

		sound_open(&s, &config);
		sound_put(&s, "1234", 4, 0);
		assert_string_equal("raw/1", sound_done(&s)->canon);
		sound_close(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_do_not_matter),
		cmocka_unit_test(byte_order_does_not_matter),
		cmocka_unit_test(types_differ),
		cmocka_unit_test(trims_find_back),
		cmocka_unit_test(rests_are_left_out),
		cmocka_unit_test(flips_show),
		cmocka_unit_test(others_are_raw),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
