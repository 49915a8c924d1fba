/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "carrier/xmp.h"

#define DMI "http://ns.useplus.org/ldf/vocab/DMI-"
#define DST "http://cv.iptc.org/newscodes/digitalsourcetype/"

/* Feeds a and then b, which are one file. */
static struct signals
scanned(prov_span a, prov_span b)
{
	struct signals out = { 0 };
	struct xmp_scan s;

	xmp_scan_begin(&s);
	xmp_scan_feed(&s, a);
	xmp_scan_feed(&s, b);
	xmp_scan_end(&s, &out);
	return (out);
}

static struct signals
scanned_text(const char *text)
{
	return (scanned(span(text, strlen(text)), span(NULL, 0)));
}

/* "cccn": a letter for each purpose, in their order. */
static void
uses_are(const struct signals *s, const char *want, const char *of)
{
	for (unsigned p = 0; p < PURPOSE_N; p++) {
		char got = ".acn"[s->use[SIGNAL_IPTC][p]];

		if (want[p] != got ||
		    signals_use(s, (enum purpose)p) != s->use[SIGNAL_IPTC][p])
			fail_msg("%s: purpose %u is %c", of, p, got);
	}
}

static const struct row {
	const char *text, *uses, *source;
} rows[] = {
	{ "", "....", "" },
	{ DMI "UNSPECIFIED", "....", "" },
	{ DMI "ALLOWED", "....", "" },
	{ DMI "PROHIBITED", "nnnn", "" },
	{ "DMI-PROHIBITED", "nnnn", "" },
	{ DMI "PROHIBITED-AIMLTRAINING", "..nn", "" },
	{ DMI "PROHIBITED-GENAIMLTRAINING", "...n", "" },
	{ DMI "PROHIBITED-EXCEPTSEARCHENGINEINDEXING", "nnnn", "" },
	{ DMI "PROHIBITED-SEECONSTRAINT", "cccc", "" },
	{ DMI "PROHIBITED-SEEEMBEDDEDRIGHTSEXPR", "cccc", "" },
	{ DMI "PROHIBITED-SEELINKEDRIGHTSEXPR", "cccc", "" },
	/* newer than this, or misspelt */
	{ DMI "PROHIBITED-QUANTUMTRAINING", "nnnn", "" },
	{ DMI "PROHIBTED", "nnnn", "" },
	/* words that random bytes make */
	{ "DMI-", "....", "" },
	{ "DMI-ABCDEFG", "....", "" },
	{ "DMI-ABCDEFGh", "....", "" },
	{ "dmi-prohibited", "....", "" },
	{ "D MI-PROHIBITED", "....", "" },
	{ "ADDMI-PROHIBITED<", "nnnn", "" },
	/* of several, the most restrictive */
	{ DMI "ALLOWED " DMI "PROHIBITED-GENAIMLTRAINING", "...n", "" },
	{ DMI "PROHIBITED-SEECONSTRAINT\"" DMI "PROHIBITED-GENAIMLTRAINING\"",
	    "cccn", "" },
	{ DST "digitalCapture", "....", "digitalCapture" },
	{ DST "trainedAlgorithmicMedia", "....", "trainedAlgorithmicMedia" },
	{ DST "trainedalgorithmicmedia<", "....", "trainedAlgorithmicMedia" },
	{ "https://cv.iptc.org/newscodes/digitalsourcetype/print'", "....",
	    "print" },
	{ "http://c2pa.org/digitalsourcetype/trainedAlgorithmicData ", "....",
	    "trainedAlgorithmicData" },
	{ DST "compositeWithTrainedAlgorithmicMedia/", "....",
	    "compositeWithTrainedAlgorithmicMedia" },
	{ DST "newerThanThis", "....", "newerThanThis" },
	{ DST "trainedAlgorithmicMedia " DST "digitalCapture", "....",
	    "trainedAlgorithmicMedia" },
	{ DST "digitalCapture " DST "trainedAlgorithmicMedia", "....",
	    "trainedAlgorithmicMedia" },
	{ DST, "....", "" },
	{ DST "ab", "....", "" },
	{ DST "x12345678901234567890123456789012345678901234567890123456789012",
	    "....",
	    "x1234567890123456789012345678901234567890123456789012345678901"
	    "2" },
	{ DST
	    "x123456789012345678901234567890123456789012345678901234567890123",
	    "....", "" },
	{ "digitalsourcetype=trainedAlgorithmicMedia", "....", "" },
};

static void
words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct signals s = scanned_text(rows[i].text);

		uses_are(&s, rows[i].uses, rows[i].text);
		assert_string_equal(rows[i].source, s.source_type);
		assert_string_equal("", s.license);
	}
}

/* Text in the middle of other bytes; wide 1: little-endian, 2: big-endian. */
static void
put_wide(struct buf *b, const char *text, int wide)
{
	for (; *text != '\0'; text++) {
		if (wide == 2)
			buf_put_byte(b, 0);
		buf_put_byte(b, (uint8_t)*text);
		if (wide == 1)
			buf_put_byte(b, 0);
	}
}

static void
put_noise(struct buf *b, size_t n)
{
	uint32_t x = 1;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		buf_put_byte(b, (uint8_t)(x >> 24));
	}
}

/* Whatever is around it, and wherever the pieces end. */
static void
borders(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int wide = 0; wide < 3; wide++) {
			AUTO_BUF b = { 0 };

			put_noise(&b, 301);
			put_wide(&b, " ", wide);
			put_wide(&b, rows[i].text, wide);
			put_wide(&b, "\"", wide);
			put_noise(&b, 201);
			assert_false(b.failed);
			for (size_t at = 0; at <= b.len; at++) {
				struct signals s = scanned(span(b.p, at),
				    span(b.p + at, b.len - at));

				uses_are(&s, rows[i].uses, rows[i].text);
				assert_string_equal(rows[i].source,
				    s.source_type);
			}
		}
}

/* One byte after the other, and to the very end of the file. */
static void
bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int wide = 0; wide < 3; wide++) {
			struct signals out = { 0 };
			struct xmp_scan s;
			AUTO_BUF b = { 0 };

			put_wide(&b, rows[i].text, wide);
			xmp_scan_begin(&s);
			for (size_t at = 0; at < b.len; at++)
				xmp_scan_feed(&s, span(b.p + at, 1));
			xmp_scan_end(&s, &out);
			uses_are(&out, rows[i].uses, rows[i].text);
			assert_string_equal(rows[i].source, out.source_type);
		}
}

/* Each place in a block of 64, and in the one that it borders on. */
static void
places(void **state)
{
	uint8_t file[400];

	(void)state;
	for (size_t at = 0; at + 14 <= sizeof(file); at++) {
		struct signals s;

		memset(file, ' ', sizeof(file));
		memcpy(file + at, "DMI-PROHIBITED", 14);
		s = scanned(span(file, sizeof(file)), span(NULL, 0));
		uses_are(&s, "nnnn", "at a place");
	}
}

/* What was found before stays. */
static void
joined(void **state)
{
	struct signals out = { 0 };
	struct xmp_scan s;

	(void)state;
	signals_forbid(&out, SIGNAL_TDMREP);
	memcpy(out.source_type, "trainedAlgorithmicMedia", 24);
	xmp_scan_begin(&s);
	xmp_scan_feed(&s, span(DST "print", strlen(DST "print")));
	xmp_scan_end(&s, &out);
	assert_int_equal(USE_NOT_ALLOWED,
	    signals_use(&out, PURPOSE_AI_TRAINING));
	assert_string_equal("trainedAlgorithmicMedia", out.source_type);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(borders),
		cmocka_unit_test(bytes),
		cmocka_unit_test(places),
		cmocka_unit_test(joined),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
