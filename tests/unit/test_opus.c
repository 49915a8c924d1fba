/* SPDX-License-Identifier: ISC */
#include "sound.h"

#define PACKETS 300

static const struct stream *
opus(struct sound *s, const void *head, size_t len)
{
	prov_config config = sound_config("opus", 48000, 2);
	uint8_t packet[160];

	config.extradata = span(head, len);
	sound_open(s, &config);
	for (unsigned i = 0; i < PACKETS; i++) {
		fill(packet, sizeof(packet), i);
		packet[0] = 0xfc; /* CELT, 20 ms, stereo, one frame */
		sound_put(s, packet, sizeof(packet), (int64_t)i * 960);
	}
	return (sound_done(s));
}

/* RFC 6716 table 2 and section 3.2. */
static void
durations(void **state)
{
	static const struct {
		const char *packet;
		size_t len;
		uint64_t samples; /* 0: refused */
	} rows[] = {
		{ "\x00", 1, 480 },
		{ "\x08", 1, 960 },
		{ "\x10", 1, 1920 },
		{ "\x58", 1, 2880 },
		{ "\x60", 1, 480 },
		{ "\x78", 1, 960 },
		{ "\x80", 1, 120 },
		{ "\xe8", 1, 240 },
		{ "\xf0", 1, 480 },
		{ "\xfc", 1, 960 },
		{ "\xfd", 1, 1920 },
		{ "\xfe", 1, 1920 },
		{ "\xff\x06", 2, 5760 },
		{ "\xff\xc3", 2, 2880 },
		{ "\x1b\x02", 2, 5760 },
		{ "\x83\x30", 2, 5760 },
		{ "\xff\x07", 2, 0 }, /* 140 ms */
		{ "\xff\x00", 2, 0 },
		{ "\xff", 1, 0 },
		{ "", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_config config = sound_config("opus", 48000, 2);
		const struct stream *got;
		struct sound s;

		config.extradata =
		    span("OpusHead\1\2\x38\1\x80\xbb\0\0\0\0\0", 19);
		sound_open(&s, &config);
		sound_put(&s, rows[i].packet, rows[i].len, 0);
		got = sound_done(&s);
		if (rows[i].samples == 0)
			assert_string_equal("essence.noncanonical",
			    got->refused);
		else if (got->samples != rows[i].samples ||
			 got->refused[0] != '\0')
			fail_msg("row %zu: %llu", i,
			    (unsigned long long)got->samples);
		sound_close(&s);
	}
}

static void
heads_agree(void **state)
{
	static const struct {
		const char *head;
		size_t len;
		bool same;
		int64_t gain, delay;
	} rows[] = {
		/* dOps: big endian */
		{ "\0\2\1\x38\0\0\xbb\x80\xff\0\0", 11, true, -256, 312 },
		/* family 1 that says what family 0 implies */
		{ "OpusHead\1\2\x38\1\x80\xbb\0\0\0\xff\1\1\1\0\1", 23, true,
		    -256, 312 },
		/* other gain and pre-skip: presentation */
		{ "OpusHead\1\2\0\2\x80\xbb\0\0\3\0\0", 19, true, 3, 512 },
		/* the input rate says nothing */
		{ "OpusHead\1\2\x38\1\x44\xac\0\0\0\xff\0", 19, true, -256,
		    312 },
		{ "OpusHead\1\1\x38\1\x80\xbb\0\0\0\xff\0", 19, false, -256,
		    312 },
		/* channels swapped; two mono streams; no layout */
		{ "OpusHead\1\2\x38\1\x80\xbb\0\0\0\xff\1\1\1\1\0", 23, false,
		    -256, 312 },
		{ "OpusHead\1\2\x38\1\x80\xbb\0\0\0\xff\1\2\0\0\1", 23, false,
		    -256, 312 },
		/* one of them silent; both the same */
		{ "OpusHead\1\2\x38\1\x80\xbb\0\0\0\xff\1\1\1\0\xff", 23, false,
		    -256, 312 },
		{ "OpusHead\1\2\x38\1\x80\xbb\0\0\0\xff\1\1\1\0\0", 23, false,
		    -256, 312 },
		{ "OpusHead\1\2\x38\1\x80\xbb\0\0\0\xff\xff\1\1\0\1", 23, false,
		    -256, 312 },
	};
	struct sound a, b;
	const struct stream *want =
	    opus(&a, "OpusHead\1\2\x38\1\x80\xbb\0\0\0\xff\0", 19);

	(void)state;
	assert_string_equal("opus/1", want->canon);
	assert_int_equal(PACKETS * 960, want->samples);
	assert_true(want->segments > 3);
	assert_present(want, PROV_RATE, 48000);
	assert_present(want, PROV_CHANNELS, 2);
	assert_present(want, PROV_GAIN, -256);
	assert_present(want, PROV_DELAY, 312);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct stream *got = opus(&b, rows[i].head, rows[i].len);

		assert_string_equal("opus/1", got->canon);
		if (rows[i].same != (memcmp(want->root, got->root, 32) == 0))
			fail_msg("row %zu", i);
		assert_present(got, PROV_GAIN, rows[i].gain);
		assert_present(got, PROV_DELAY, rows[i].delay);
		sound_close(&b);
	}
	sound_close(&a);
}

static void
no_head_is_raw(void **state)
{
	static const struct {
		const char *head;
		size_t len;
	} rows[] = {
		{ "", 0 },
		{ "OpusHead", 8 },
		{ "OpusHead\1\2\x38\1\x80\xbb\0\0\0\xff", 18 },
		{ "OpusHead\x10\2\x38\1\x80\xbb\0\0\0\xff\0", 19 },
		{ "OpusHead\1\3\x38\1\x80\xbb\0\0\0\xff\0", 19 },
		{ "OpusHead\1\0\x38\1\x80\xbb\0\0\0\xff\0", 19 },
		{ "OpusHead\1\2\x38\1\x80\xbb\0\0\0\xff\1\1\1\0", 22 },
		{ "OpusHead\1\2\x38\1\x80\xbb\0\0\0\xff\1\0\0\0\1", 23 },
		{ "OpusHead\1\2\x38\1\x80\xbb\0\0\0\xff\3\1\1\0\1", 23 },
		/* more pairs than streams; a channel that nothing decodes to */
		{ "OpusHead\1\2\x38\1\x80\xbb\0\0\0\xff\1\1\2\0\1", 23 },
		{ "OpusHead\1\2\x38\1\x80\xbb\0\0\0\xff\1\1\1\0\2", 23 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sound s;

		if (strcmp("raw/1",
			opus(&s, rows[i].head, rows[i].len)->canon) != 0)
			fail_msg("row %zu", i);
		sound_close(&s);
	}
}

/* A pre-skip of 0 is no declaration: MPEG-TS has none. */
static void
no_delay(void **state)
{
	struct sound s;

	(void)state;
	assert_absent(opus(&s, "OpusHead\1\2\0\0\x80\xbb\0\0\0\0\0", 19),
	    PROV_DELAY);
	sound_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(heads_agree),
		cmocka_unit_test(no_head_is_raw),
		cmocka_unit_test(no_delay),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
