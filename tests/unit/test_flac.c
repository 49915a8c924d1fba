/* SPDX-License-Identifier: ISC */
#include "sound.h"

#include "base/bytes.h"

#define FRAME_LEN 64

/* STREAMINFO: blocks of 4096, 44.1 kHz, 2 channels, 16 bits, no MD5. */
#define INFO                                       \
	"10001000 000000 000000 0ac442f0 00000000" \
	"00000000000000000000000000000000"

/* Bit by bit, as RFC 9639 defines them. */
static unsigned
crc(const uint8_t *p, size_t len, unsigned poly, unsigned bits)
{
	unsigned r = 0, top = 1U << (bits - 1);

	for (size_t i = 0; i < 8 * len; i++) {
		unsigned in = p[i / 8] >> (7 - i % 8) & 1;
		unsigned out = (r & top) != 0;

		r = (r << 1) & ((1U << bits) - 1);
		if (in != out)
			r ^= poly;
	}
	return (r);
}

/* A frame whose header, without its checksum, is this. */
static prov_span
frame_of(uint8_t out[FRAME_LEN], const char *hex, unsigned i)
{
	size_t n = strlen(hex) / 2;
	unsigned sum;

	fill(out, FRAME_LEN, i);
	(void)from_hex(out, hex);
	out[n] = (uint8_t)crc(out, n, 0x07, 8);
	sum = crc(out, FRAME_LEN - 2, 0x8005, 16);
	out[FRAME_LEN - 2] = (uint8_t)(sum >> 8);
	out[FRAME_LEN - 1] = (uint8_t)sum;
	return (span(out, FRAME_LEN));
}

static void
open_flac(struct sound *s, const char *info)
{
	prov_config config = sound_config("flac", 44100, 2);
	uint8_t bytes[256];

	config.extradata = from_hex(bytes, info);
	sound_open(s, &config);
}

static void
headers(void **state)
{
	static const struct {
		const char *hex;
		uint32_t rate, samples, channels, bits;
	} rows[] = {
		{ "fff8c91800", 44100, 4096, 2, 16 },
		{ "fff9c91800", 44100, 4096, 2, 16 },
		{ "fff819180b", 44100, 192, 2, 16 },
		{ "fff82918c280", 44100, 576, 2, 16 },
		{ "fff85918e08080", 44100, 4608, 2, 16 },
		{ "fff8fa0800", 48000, 32768, 1, 16 },
		{ "fff86a780005", 48000, 6, 8, 16 },
		{ "fff8791800ffff", 44100, 65536, 2, 16 },
		{ "fff88c180030", 48000, 256, 2, 16 },
		{ "fff88d18002b11", 11025, 256, 2, 16 },
		{ "fff88e18002b11", 110250, 256, 2, 16 },
		{ "fff8c982fe808080808080", 44100, 4096, 2, 8 },
		{ "fff8c9a400", 44100, 4096, 2, 12 },
		{ "fff8c91a00", 44100, 4096, 2, 20 },
		{ "fff8c91c00", 44100, 4096, 2, 24 },
		{ "fff8c91e00", 44100, 4096, 2, 32 },
		{ "fff8c01000", 44100, 4096, 2, 16 }, /* by STREAMINFO */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t two[2 * FRAME_LEN];
		const struct stream *got;
		struct sound s;
		bool stated = rows[i].rate == 44100 && rows[i].bits == 16 &&
		              rows[i].channels == 2;

		frame_of(two, rows[i].hex, 1);
		frame_of(two + FRAME_LEN, rows[i].hex, 2);
		open_flac(&s, stated ? INFO : "");
		sound_put(&s, two, sizeof(two), 0);
		got = sound_done(&s);
		if (got->frames != 2 || got->refused[0] != '\0' ||
		    got->rate != rows[i].rate ||
		    got->samples != 2 * (uint64_t)rows[i].samples ||
		    !present_is(got, PROV_CHANNELS, rows[i].channels) ||
		    !present_is(got, PROV_BITS, rows[i].bits))
			fail_msg("%s: %llu samples at %u, %s", rows[i].hex,
			    (unsigned long long)got->samples, got->rate,
			    got->refused);
		sound_close(&s);
	}
}

static void
not_frames(void **state)
{
	static const char *const rows[] = {
		"fffac91800", /* reserved bit */
		"fff8091800", /* reserved block size */
		"fff8cf1800", /* reserved rate */
		"fff8c9b800", /* reserved channels */
		"fff8c91600", /* reserved bits */
		"fff8c91900", /* reserved bit */
		"fff8c91880", /* a number that is none */
		"fff8c918ff", "fff8c918c200",
		"fff8c01000", /* left to a STREAMINFO that is not there */
	};
	uint8_t frame[FRAME_LEN];
	struct sound s;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_span in = frame_of(frame, rows[i], 1);

		open_flac(&s, "");
		sound_put(&s, in.p, in.len, 0);
		if (strcmp(sound_done(&s)->refused, "essence.noncanonical"))
			fail_msg("%s passed", rows[i]);
		sound_close(&s);
	}
	/* Checksums of the header and of all. */
	for (size_t at = 5; at < FRAME_LEN; at += 30) {
		frame_of(frame, "fff8c91800", 1);
		frame[at] ^= 1;
		open_flac(&s, "");
		sound_put(&s, frame, sizeof(frame), 0);
		assert_string_equal("essence.noncanonical",
		    sound_done(&s)->refused);
		sound_close(&s);
	}
}

static void
leaf_is_as_documented(void **state)
{
	/* channels || bits || rate, and with it wherever STREAMINFO stands */
	static const uint8_t config[] = { 2, 16, 0, 0, 0xac, 0x44 };
	static const char *const infos[] = { "", INFO, "664c6143 80000022" INFO,
		"664c6143 04000002 0000 00000022" INFO };
	uint8_t two[2 * FRAME_LEN];
	AUTO_BUF want = { 0 };

	(void)state;
	want_leaf(&want, "flac/1", span(config, sizeof(config)));
	want_record(&want, 0x10, frame_of(two, "fff8c91800", 1));
	want_record(&want, 0x10, frame_of(two + FRAME_LEN, "fff8c91801", 2));
	for (unsigned i = 0; i < 8; i++) {
		const struct stream *got;
		struct sound s;

		/* In one packet or two. */
		open_flac(&s, infos[i / 2]);
		if (i % 2 == 0) {
			sound_put(&s, two, sizeof(two), 0);
		} else {
			sound_put(&s, two, FRAME_LEN, 0);
			sound_put(&s, two + FRAME_LEN, FRAME_LEN, 4096);
		}
		got = sound_done(&s);
		assert_string_equal("", got->refused);
		assert_leaf(got, &want);
		assert_head(got, "head", span(config, sizeof(config)));
		sound_close(&s);
	}
}

/*
 * A checksum whose last byte is 0 holds without it, too: wherever packets end,
 * it is part of the frame.
 */
static void
checksum_ends_with_zero(void **state)
{
	uint8_t packet[3 * FRAME_LEN];
	const struct stream *want;
	struct sound a, b;
	unsigned i = 0;

	(void)state;
	for (unsigned n = 0; n < 3; n++, i++)
		do
			frame_of(packet + (size_t)n * FRAME_LEN, "fff8c91800",
			    i);
		while (packet[(n + 1) * FRAME_LEN - 1] != 0 && ++i < 100000);
	open_flac(&a, INFO);
	sound_put(&a, packet, sizeof(packet), 0);
	want = sound_done(&a);
	assert_int_equal(3, want->frames);
	open_flac(&b, INFO);
	for (unsigned n = 0; n < 3; n++)
		sound_put(&b, packet + (size_t)n * FRAME_LEN, FRAME_LEN,
		    n * INT64_C(4096));
	assert_same_essence(want, sound_done(&b));
	sound_close(&b);
	/* And one that lacks it is another. */
	open_flac(&b, INFO);
	for (unsigned n = 0; n < 3; n++)
		sound_put(&b, packet + (size_t)n * FRAME_LEN,
		    FRAME_LEN - (n == 2), n * INT64_C(4096));
	assert_memory_not_equal(want->root, sound_done(&b)->root, 32);
	sound_close(&a);
	sound_close(&b);
}

/* Frames that say other than STREAMINFO, or than frames before. */
static void
conflicts(void **state)
{
	static const struct {
		const char *info, *second, *refused;
	} rows[] = {
		{ INFO, "fff8ca1801", "config.conflict" },
		{ INFO, "fff8c90801", "config.conflict" },
		{ INFO, "fff8c91c01", "config.conflict" },
		{ "", "fff8ca1801", "config.changed" },
		{ "", "fff8c90801", "" },
		{ "00", "fff8c91801", "config.unresolved" },
		{ "664c6143 04000002 0000", "fff8c91801", "config.unresolved" },
		{ "664c6143 84ffffff 0000", "fff8c91801", "config.unresolved" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t frame[FRAME_LEN];
		struct sound s;

		open_flac(&s, rows[i].info);
		frame_of(frame, "fff8c91800", 1);
		sound_put(&s, frame, sizeof(frame), 0);
		frame_of(frame, rows[i].second, 2);
		sound_put(&s, frame, sizeof(frame), 4096);
		if (strcmp(sound_done(&s)->refused, rows[i].refused) != 0)
			fail_msg("row %zu", i);
		sound_close(&s);
	}
}

/* An unusual number of samples still adds up with the next packet's time. */
static void
times_continue(void **state)
{
	uint8_t frame[FRAME_LEN];
	const struct stream *got;
	struct sound s;

	(void)state;
	open_flac(&s, INFO);
	for (unsigned i = 0; i < 200; i++) {
		frame_of(frame, i < 199 ? "fff8c91800" : "fff87918000fa0", i);
		sound_put(&s, frame, sizeof(frame), (int64_t)i * 4096);
	}
	got = sound_done(&s);
	assert_int_equal(199 * 4096 + 4001, got->samples);
	assert_int_equal(1, got->tl->n_runs);
	assert_true(got->segments > 3);
	sound_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(not_frames),
		cmocka_unit_test(leaf_is_as_documented),
		cmocka_unit_test(conflicts),
		cmocka_unit_test(checksum_ends_with_zero),
		cmocka_unit_test(times_continue),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
