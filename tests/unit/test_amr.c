/* SPDX-License-Identifier: ISC */
#include "sound.h"

/* Types 0, 8 (comfort noise) and 15 (nothing) of AMR; 160 samples each. */
static void
make_frames(uint8_t out[20], unsigned salt)
{
	memset(out, (int)salt, 20);
	out[0] = 0x04;
	out[13] = 0x44;
	out[19] = 0x7c;
}

static void
open_amr(struct sound *s, const char *codec, uint32_t channels)
{
	prov_config config = sound_config(codec, 8000, channels);

	sound_open(s, &config);
}

static void
leaf_is_as_documented(void **state)
{
	AUTO_BUF want = { 0 };
	const struct stream *got;
	uint8_t frames[20];
	struct sound s;

	(void)state;
	make_frames(frames, 1);
	open_amr(&s, "amr_nb", 1);
	sound_put(&s, frames, 20, 0);
	got = sound_done(&s);
	assert_string_equal("", got->refused);
	assert_string_equal("amr/1", got->canon);
	assert_string_equal("cdc/1", got->rule);
	assert_int_equal(3, got->frames);
	assert_int_equal(480, got->samples);
	assert_int_equal(8000, got->rate);
	want_leaf(&want, "amr/1", span("amr_nb", 6));
	want_record(&want, 0x10, span(frames, 13));
	want_record(&want, 0x10, span(frames + 13, 6));
	want_record(&want, 0x10, span(frames + 19, 1));
	assert_leaf(got, &want);
	sound_close(&s);
}

/* Ten frames in a packet, or one: the same segments and samples. */
static void
packets_do_not_matter(void **state)
{
	uint8_t root[32], bytes[600];
	const struct stream *got;
	struct sound s;

	(void)state;
	for (unsigned i = 0; i < 30; i++)
		make_frames(bytes + (size_t)20 * i, i + 1);
	for (int apart = 0; apart < 2; apart++) {
		open_amr(&s, "amr_nb", 1);
		for (unsigned i = 0; i < 30; i++) {
			const uint8_t *p = bytes + (size_t)20 * i;

			if (apart) {
				sound_put(&s, p, 13, (int64_t)i * 480);
				sound_put(&s, p + 13, 6, PROV_NO_TIME);
				sound_put(&s, p + 19, 1, PROV_NO_TIME);
			} else if (i % 10 == 0) {
				sound_put(&s, p, 200, (int64_t)i * 480);
			}
		}
		got = sound_done(&s);
		assert_string_equal("", got->refused);
		assert_int_equal(90, got->frames);
		if (apart)
			assert_memory_equal(root, got->root, 32);
		memcpy(root, got->root, 32);
		sound_close(&s);
	}
}

static void
wide_frames_have_other_sizes(void **state)
{
	static const uint8_t sizes[] = { 18, 24, 33, 37, 41, 47, 51, 59, 61,
		6 };
	const struct stream *got;
	struct sound s;

	(void)state;
	for (uint8_t type = 0; type < sizeof(sizes); type++) {
		uint8_t frame[64] = { (uint8_t)(type << 3) };
		prov_config config = sound_config("amr_wb", 16000, 1);

		sound_open(&s, &config);
		sound_put(&s, frame, sizes[type], 0);
		got = sound_done(&s);
		assert_string_equal("", got->refused);
		assert_int_equal(320, got->samples);
		assert_int_equal(16000, got->rate);
		sound_close(&s);
	}
}

/* Cut off, of a reserved type, with padding bits; two channels: no form. */
static void
odd_frames_are_refused(void **state)
{
	static const uint8_t rows[][20] = { { 0x04 }, { 0x4c }, { 0x85 } };
	static const size_t lens[] = { 12, 1, 13 };
	struct sound s;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		open_amr(&s, "amr_nb", 1);
		sound_put(&s, rows[i], lens[i], 0);
		assert_string_equal("essence.noncanonical",
		    sound_done(&s)->refused);
		sound_close(&s);
	}
	open_amr(&s, "amr_nb", 2);
	sound_put(&s, rows[0], 13, 0);
	assert_string_equal("raw/1", sound_done(&s)->canon);
	sound_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaf_is_as_documented),
		cmocka_unit_test(packets_do_not_matter),
		cmocka_unit_test(wide_frames_have_other_sizes),
		cmocka_unit_test(odd_frames_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
