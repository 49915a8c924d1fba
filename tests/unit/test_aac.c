/* SPDX-License-Identifier: ISC */
#include "sound.h"

#include "essence/asc.h"

#define FRAMES    300
#define FRAME_MAX 400

/* A coded frame that begins with a channel pair, not with a PCE. */
static size_t
frame_of(uint8_t frame[FRAME_MAX], unsigned i)
{
	uint64_t seed = i + 7;
	size_t len = 100 + next_number(&seed) % (FRAME_MAX - 100);

	fill(frame, len, i);
	frame[0] = 0x21;
	return (len);
}

/* LC, 48 kHz (index 3), of so many channels. */
static size_t
adts_of(uint8_t *out, unsigned layout, const uint8_t *p, size_t len, bool crc)
{
	size_t header = crc ? 9 : 7, whole = header + len;

	out[0] = 0xff;
	out[1] = crc ? 0xf0 : 0xf1;
	out[2] = (uint8_t)(1 << 6 | 3 << 2 | layout >> 2);
	out[3] = (uint8_t)((layout & 3) << 6 | whole >> 11);
	out[4] = (uint8_t)(whole >> 3);
	out[5] = (uint8_t)(whole << 5 | 0x1f);
	out[6] = 0xfc;
	if (crc)
		memset(out + 7, 0x55, 2);
	memcpy(out + header, p, len);
	return (whole);
}

static void
open_with(struct sound *s, const char *asc)
{
	prov_config config = sound_config("aac", 48000, 2);
	uint8_t bytes[512];

	config.extradata = from_hex(bytes, asc);
	sound_open(s, &config);
}

static const struct stream *
bare(struct sound *s, const char *asc)
{
	uint8_t frame[FRAME_MAX];

	open_with(s, asc);
	for (unsigned i = 0; i < FRAMES; i++) {
		size_t len = frame_of(frame, i);

		sound_put(s, frame, len, (int64_t)i * 1024);
	}
	return (sound_done(s));
}

static const struct stream *
framed(struct sound *s, unsigned per_packet, bool crc)
{
	uint8_t frame[FRAME_MAX], packet[4 * (FRAME_MAX + 9)];
	size_t len = 0;

	open_with(s, "");
	for (unsigned i = 0; i < FRAMES; i++) {
		size_t n = frame_of(frame, i);

		len += adts_of(packet + len, 2, frame, n, crc);
		if ((i + 1) % per_packet != 0)
			continue;
		sound_put(s, packet, len, (int64_t)(i + 1 - per_packet) * 1024);
		len = 0;
	}
	return (sound_done(s));
}

/* Explicit and implicit SBR and PS are one configuration; off shows. */
static void
configs(void **state)
{
	static const struct {
		const char *hex;
		uint32_t rate;
		unsigned aot, layout, len, off;
	} rows[] = {
		{ "1190", 48000, 2, 2, 1024, 0 },
		{ "1194", 48000, 2, 2, 960, 0 },
		{ "119056e500", 48000, 2, 2, 1024, 1 },
		{ "1310", 24000, 2, 2, 1024, 0 },
		{ "131056e59d4880", 24000, 2, 2, 1024, 0 },
		{ "2b118800", 24000, 2, 2, 1024, 0 },
		{ "eb098800", 24000, 2, 1, 1024, 0 },
		{ "1308", 24000, 2, 1, 1024, 0 },
		{ "130856e59d4800", 24000, 2, 1, 1024, 2 },
		{ "130856e59d4880", 24000, 2, 1, 1024, 0 },
		{ "17805dc010", 48000, 2, 2, 1024, 0 }, /* rate in 24 bits */
		{ "0990", 48000, 1, 2, 1024, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct asc asc = { 0 };
		uint8_t in[16];
		prov_err err = { 0 };

		if (asc_parse(&asc, from_hex(in, rows[i].hex), &err))
			fail_msg("%s: %s", rows[i].hex, err.msg);
		if (asc.rate != rows[i].rate || asc.aot != rows[i].aot ||
		    asc.layout != rows[i].layout ||
		    asc.frame_len != rows[i].len ||
		    asc.sbr_off + 2U * asc.ps_off != rows[i].off)
			fail_msg("%s: rate %u aot %u layout %u", rows[i].hex,
			    asc.rate, asc.aot, asc.layout);
	}
}

static void
configs_refused(void **state)
{
	static const struct {
		const char *hex;
		prov_status want;
	} rows[] = {
		{ "", PROV_EUNSUPPORTED },
		{ "11", PROV_EFORMAT },          /* cut short */
		{ "1690", PROV_EFORMAT },        /* reserved rate 13 */
		{ "1180", PROV_EFORMAT },        /* a PCE that is not there */
		{ "f94e60", PROV_EUNSUPPORTED }, /* 42, USAC */
		{ "8990", PROV_EUNSUPPORTED },   /* 17, error resilient */
		{ "1192", PROV_EUNSUPPORTED },   /* depends on a core coder */
		{ "1191", PROV_EUNSUPPORTED },   /* extension flag */
		{ "2b11f94e60", PROV_EUNSUPPORTED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct asc asc;
		uint8_t in[16];

		if (asc_parse(&asc, from_hex(in, rows[i].hex), NULL) !=
		    rows[i].want)
			fail_msg("%s", rows[i].hex);
	}
}

static void
adts_is_framing(void **state)
{
	struct sound a, b;
	const struct stream *want = bare(&a, "1190"), *got;
	static const unsigned per_packet[] = { 1, 2, 3, 4 };

	(void)state;
	assert_string_equal("aac/1", want->canon);
	assert_int_equal(FRAMES, want->frames);
	assert_int_equal(FRAMES * 1024, want->samples);
	assert_true(want->segments > 3);
	assert_present(want, PROV_RATE, 48000);
	assert_present(want, PROV_CHANNELS, 2);
	for (unsigned i = 0; i < 8; i++) {
		got = framed(&b, per_packet[i % 4], i >= 4);
		assert_same_essence(want, got);
		assert_int_equal(FRAMES, got->frames);
		assert_memory_equal(want->timeline, got->timeline, 32);
		assert_absent(got, PROV_SBR);
		assert_present(got, PROV_RATE, 48000);
		assert_present(got, PROV_CHANNELS, 2);
		sound_close(&b);
	}
	sound_close(&a);
}

/* One leaf set for what decodes the same core. */
static void
sbr_is_presentation(void **state)
{
	static const struct {
		const char *asc;
		bool same;
		int64_t sbr;
	} rows[] = {
		{ "131056e59d4880", true, 0 }, { "2b118800", true, 0 },
		{ "131056e500", true, 1 }, { "1314", false, 0 }, /* 960 */
		{ "1308", false, 0 },                            /* mono */
		{ "1290", false, 0 },                            /* 32 kHz */
		{ "0b10", false, 0 },                            /* Main */
	};
	struct sound a, b;
	const struct stream *want = bare(&a, "1310"), *got;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		got = bare(&b, rows[i].asc);
		if (rows[i].same) {
			assert_same_essence(want, got);
			assert_true(want->present.v[PROV_RATE] ==
				    got->present.v[PROV_RATE]);
		} else {
			assert_memory_not_equal(want->root, got->root, 32);
			assert_memory_not_equal(want->config, got->config, 32);
		}
		assert_present(got, PROV_SBR, rows[i].sbr);
		sound_close(&b);
	}
	sound_close(&a);
}

static void
others_are_raw(void **state)
{
	struct sound s;

	(void)state;
	assert_string_equal("raw/1", bare(&s, "f94e60")->canon);
	sound_close(&s);
}

/*
 * PCE: tag 0, LC, 48 kHz, one front pair, one front single, one LFE, no
 * comment. In a configuration it is aligned as in a raw data block, three bits
 * later: "00011 0011 0000 000" before it, "101" in a block.
 */
#define PCE_BITS \
	"0000"   \
	"01"     \
	"0011"   \
	"0010"   \
	"0000"   \
	"0000"   \
	"01"     \
	"000"    \
	"0000"   \
	"0"      \
	"0"      \
	"0"      \
	"00000"  \
	"10000"  \
	"0000"

static size_t
bits_of(uint8_t *out, const char *bits)
{
	size_t n = strlen(bits);

	memset(out, 0, (n + 7) / 8);
	for (size_t i = 0; i < n; i++)
		if (bits[i] == '1')
			out[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return ((n + 7) / 8);
}

/* extra: the PCE stands before so many blocks, from the first on. */
static const struct stream *
with_pce(struct sound *s, bool adts, unsigned extra)
{
	uint8_t asc[64], pce[64], frame[64 + FRAME_MAX], packet[1024];
	prov_config config = sound_config("aac", 48000, 3);
	size_t pce_len = bits_of(pce, "101" PCE_BITS);

	pce[pce_len++] = 2; /* the comment's length */
	pce[pce_len++] = 'h';
	pce[pce_len++] = 'i';
	if (!adts) {
		size_t n = bits_of(asc, "00010"
					"0011"
					"0000"
					"000" PCE_BITS);

		memcpy(asc + n, "\2hi", 3);
		config.extradata = span(asc, n + 3);
	}
	sound_open(s, &config);
	for (unsigned i = 0; i < FRAMES; i++) {
		size_t at = i < extra ? pce_len : 0, len;

		memcpy(frame, pce, pce_len);
		len = at + frame_of(frame + at, i);
		if (adts) {
			len = adts_of(packet, 0, frame, len, false);
			sound_put(s, packet, len, (int64_t)i * 1024);
		} else {
			sound_put(s, frame, len, (int64_t)i * 1024);
		}
	}
	return (sound_done(s));
}

static void
pce_is_configuration(void **state)
{
	struct sound a, b;
	const struct stream *want = with_pce(&a, false, 0), *got;

	(void)state;
	assert_string_equal("aac/1", want->canon);
	assert_present(want, PROV_CHANNELS, 4);
	for (unsigned extra = 1; extra < 4; extra++) {
		got = with_pce(&b, true, extra);
		assert_same_essence(want, got);
		assert_present(got, PROV_CHANNELS, 4);
		sound_close(&b);
		got = with_pce(&b, false, extra);
		assert_same_essence(want, got);
		sound_close(&b);
	}
	got = with_pce(&b, true, 0);
	assert_string_equal("config.unresolved", got->refused);
	sound_close(&b);
	sound_close(&a);
}

static void
changes_are_recorded(void **state)
{
	static const struct {
		const char *next, *refused;
		bool same;
	} rows[] = {
		{ "1190", "", true },
		{ "1188", "", false },
		{ "1310", "config.changed", false },
		{ "119056e500", "config.changed", true },
		{ "f94e60", "config.unresolved", true },
	};
	struct sound a, b;
	const struct stream *want = bare(&a, "1190"), *got;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t frame[FRAME_MAX], asc[16];

		open_with(&b, "1190");
		for (unsigned k = 0; k < FRAMES; k++) {
			size_t len = frame_of(frame, k);
			prov_span extra = { 0 };

			if (k == 200)
				extra = from_hex(asc, rows[i].next);
			sound_put_extradata(&b, frame, len, extra);
		}
		got = sound_done(&b);
		assert_string_equal(rows[i].refused, got->refused);
		assert_true(
		    rows[i].same == (memcmp(want->root, got->root, 32) == 0));
		/* Segments before the change are the same. */
		assert_memory_equal(want->tl->leaves, got->tl->leaves, 32);
		sound_close(&b);
	}
	sound_close(&a);
}

static void
broken_frames(void **state)
{
	static const struct {
		const char *hex, *refused;
	} rows[] = {
		{ "fff14c80013ffc21", "" }, /* cut short */
		{ "fff14c80011ffc21ff", "essence.noncanonical" }, /* a rest */
		{ "fff14c80011ffc210000", "" }, /* filled up */
		{ "21000000", "config.unresolved" },
		{ "fff154", "config.unresolved" },
		/* two blocks: no room for where they stand, backwards, behind
		 */
		{ "fff04c80013ffd5555", "config.unresolved" },
		{ "fff04c8001bffd 0001 5555 21 5555", "config.unresolved" },
		{ "fff04c8001bffd 0009 5555 21 5555", "config.unresolved" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_span in;
		struct sound s;
		uint8_t bytes[32];

		open_with(&s, "");
		in = from_hex(bytes, rows[i].hex);
		sound_put(&s, in.p, in.len, 0);
		sound_put(&s, NULL, 0, 0);
		assert_string_equal(rows[i].refused, sound_done(&s)->refused);
		sound_close(&s);
	}
}

/* Blocks with CRCs behind them, their places in front: all of one frame. */
static size_t
adts_blocks_of(uint8_t *out, unsigned n, unsigned first)
{
	uint8_t block[FRAME_MAX], body[4 * (FRAME_MAX + 2)];
	size_t len = 0, header = 7 + 2 * (size_t)n, whole;

	for (unsigned i = 0; i < n; i++) {
		size_t block_len = frame_of(block, first + i);

		if (i > 0) {
			out[7 + 2 * (i - 1)] = (uint8_t)(len >> 8);
			out[8 + 2 * (i - 1)] = (uint8_t)len;
		}
		memcpy(body + len, block, block_len);
		memset(body + len + block_len, 0x77, 2);
		len += block_len + 2;
	}
	memset(out + header - 2, 0x55, 2);
	memcpy(out + header, body, len);
	whole = header + len;
	memcpy(out, "\xff\xf0\x4c", 3);
	out[3] = (uint8_t)(2 << 6 | whole >> 11);
	out[4] = (uint8_t)(whole >> 3);
	out[5] = (uint8_t)(whole << 5 | 0x1f);
	out[6] = (uint8_t)(0xfc | (n - 1));
	return (whole);
}

static void
blocks_with_crc_are_split(void **state)
{
	uint8_t packet[4 * (FRAME_MAX + 4) + 16];
	struct sound a, b;
	const struct stream *want = bare(&a, "1190"), *got;

	(void)state;
	for (unsigned n = 2; n <= 4; n++) {
		open_with(&b, "");
		for (unsigned i = 0; i < FRAMES; i += n) {
			size_t len = adts_blocks_of(packet, n, i);

			sound_put(&b, packet, len, (int64_t)i * 1024);
		}
		got = sound_done(&b);
		assert_same_essence(want, got);
		assert_memory_equal(want->timeline, got->timeline, 32);
		sound_close(&b);
	}
	sound_close(&a);
}

/* Bits of a LOAS frame, most significant first. */
struct loas {
	uint8_t p[4 * FRAME_MAX + 64];
	size_t n;
};

static void
put(struct loas *l, unsigned n, uint32_t v)
{
	while (n-- > 0) {
		assert_true(l->n / 8 < sizeof(l->p));
		if (v >> n & 1)
			l->p[l->n / 8] |= (uint8_t)(0x80 >> l->n % 8);
		l->n++;
	}
}

static void
put_bytes(struct loas *l, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(l, 8, p[i]);
}

/*
 * StreamMuxConfig. odd says what is out of the ordinary: 'v' version 1, 't'
 * several framings, 'p' programs, 'l' layers, 'f' a fixed frame length, 'd'
 * other data, 'a' version A.
 */
static void
put_mux(struct loas *l, unsigned subframes, const char *asc, char odd)
{
	uint8_t bytes[64];
	prov_span in = from_hex(bytes, asc);
	bool sized = odd == 'v' || odd == 'a';

	put(l, 1, sized);
	if (sized) {
		put(l, 1, odd == 'a');
		put(l, 2, 1);
		put(l, 16, 0xffff); /* taraBufferFullness */
	}
	put(l, 1, odd != 't');
	put(l, 6, subframes - 1);
	put(l, 4, odd == 'p');
	put(l, 3, odd == 'l');
	if (sized) {
		put(l, 2, 0);
		put(l, 8, (uint32_t)(8 * in.len));
	}
	put_bytes(l, in.p, in.len);
	put(l, 3, odd == 'f');
	put(l, 8, 0xff);
	put(l, 1, odd == 'd');
	if (odd == 'd')
		put(l, 9, 8);
	put(l, 1, 1); /* CRC */
	put(l, 8, 0xa5);
}

static void
put_loas(struct sound *s, struct loas *l, int64_t pts)
{
	size_t len = (l->n + 7) / 8 - 3;

	l->p[0] = 0x56;
	l->p[1] = (uint8_t)(0xe0 | len >> 8);
	l->p[2] = (uint8_t)len;
	sound_put(s, l->p, len + 3, pts);
}

static const struct stream *
latm(struct sound *s, unsigned subframes, const char *asc, char odd)
{
	prov_config config = sound_config("aac_latm", 48000, 2);
	uint8_t block[FRAME_MAX];

	sound_open(s, &config);
	for (unsigned i = 0; i < FRAMES; i += subframes) {
		struct loas l = { .n = 24 };

		put(&l, 1, i % 8 != 0);
		if (i % 8 == 0)
			put_mux(&l, subframes, asc, odd);
		for (unsigned k = 0; k < subframes; k++) {
			size_t len = frame_of(block, i + k);

			for (size_t left = len; left >= 255; left -= 255)
				put(&l, 8, 255);
			put(&l, 8, (uint32_t)(len % 255));
			put_bytes(&l, block, len);
		}
		put_loas(s, &l, (int64_t)i * 1024);
	}
	return (sound_done(s));
}

static void
latm_is_framing(void **state)
{
	static const char odd[] = { 0, 'v' };
	struct sound a, b;
	const struct stream *want = bare(&a, "1190"), *got;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		got = latm(&b, 1U << i / 2, "1190", odd[i % 2]);
		assert_same_essence(want, got);
		assert_int_equal(FRAMES, got->frames);
		assert_memory_equal(want->timeline, got->timeline, 32);
		sound_close(&b);
	}
	/* Another layout, 960 samples, another type: another configuration. */
	got = latm(&b, 1, "1188", 0);
	assert_memory_not_equal(want->config, got->config, 32);
	sound_close(&b);
	got = latm(&b, 1, "1194", 0);
	assert_memory_not_equal(want->config, got->config, 32);
	sound_close(&b);
	sound_close(&a);
	/* SBR that is off can be said with a length, and then is known. */
	got = latm(&b, 1, "119056e500", 'v');
	assert_present(got, PROV_SBR, 1);
	sound_close(&b);
}

static void
latm_refused(void **state)
{
	static const char odd[] = "atplfd";
	struct sound s;

	(void)state;
	for (size_t i = 0; odd[i] != '\0'; i++) {
		const struct stream *got = latm(&s, 1, "1190", odd[i]);

		if (strcmp(got->refused, "essence.noncanonical") != 0)
			fail_msg("%c: %s", odd[i], got->refused);
		assert_int_equal(FRAMES, got->frames);
		sound_close(&s);
	}
	/* USAC in LATM; and a frame that ends inside a payload. */
	assert_string_equal("essence.noncanonical",
	    latm(&s, 1, "f94e60", 0)->refused);
	sound_close(&s);
}

/* LOAS in a container that says it is bare AAC is no LATM to its players. */
static void
loas_only_as_stated(void **state)
{
	struct loas l = { .n = 24 };
	struct sound a, b;
	const struct stream *want, *got;
	prov_config config = sound_config("aac_latm", 48000, 2);

	(void)state;
	put(&l, 1, 0);
	put_mux(&l, 1, "1190", 0);
	put(&l, 8, 4);
	put(&l, 32, 0x21001122);
	sound_open(&a, &config);
	put_loas(&a, &l, 0);
	want = sound_done(&a);
	assert_string_equal("", want->refused);
	open_with(&b, "1190");
	put_loas(&b, &l, 0);
	got = sound_done(&b);
	assert_memory_equal(want->config, got->config, 32);
	assert_memory_not_equal(want->root, got->root, 32);
	sound_close(&a);
	sound_close(&b);
}

/* Each way to end early: none may be read beyond. */
static void
latm_cut_short(void **state)
{
	struct loas l = { .n = 24 };

	(void)state;
	put(&l, 1, 0);
	put_mux(&l, 2, "1190", 'v');
	put(&l, 8, 4);
	put(&l, 32, 0x21001122);
	put(&l, 8, 4);
	put(&l, 32, 0x21003344);
	for (size_t bytes = 4; bytes <= l.n / 8 + 1; bytes++) {
		prov_config config = sound_config("aac_latm", 48000, 2);
		struct loas cut = l;
		struct sound s;
		bool whole = 8 * bytes >= l.n;

		cut.n = 8 * bytes;
		sound_open(&s, &config);
		put_loas(&s, &cut, 0);
		assert_string_equal(whole ? "" : "essence.noncanonical",
		    sound_done(&s)->refused);
		sound_close(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configs),
		cmocka_unit_test(configs_refused),
		cmocka_unit_test(adts_is_framing),
		cmocka_unit_test(sbr_is_presentation),
		cmocka_unit_test(others_are_raw),
		cmocka_unit_test(pce_is_configuration),
		cmocka_unit_test(changes_are_recorded),
		cmocka_unit_test(broken_frames),
		cmocka_unit_test(blocks_with_crc_are_split),
		cmocka_unit_test(latm_is_framing),
		cmocka_unit_test(latm_refused),
		cmocka_unit_test(loas_only_as_stated),
		cmocka_unit_test(latm_cut_short),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
