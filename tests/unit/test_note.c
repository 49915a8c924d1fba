/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"
#include "sign/note.h"

#define DASH "\xe2\x80\x94 "
#define TEXT "This is an example message.\n"
#define SIG                                                                \
	"Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYj" \
	"OBH3mFXmRKuwHjG1Yu72IneyaQM="
#define GOLDEN  TEXT "\n" DASH "example.com/foo " SIG "\n"
#define UNKNOWN DASH "example.org/witness AAAAAAECAwQ=\n"

static prov_pubkey
golden_key(void)
{
	prov_pubkey k;

	assert_int_equal(PROV_OK,
	    prov_vkey_parse(&k,
		"example.com/foo+530d903a+"
		"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		NULL));
	return (k);
}

static prov_status
verify(const char *note)
{
	prov_pubkey k = golden_key();
	prov_span text;

	return (note_verify(&text, span(note, strlen(note)), &k, NULL));
}

static void
golden(void **state)
{
	prov_pubkey k = golden_key();
	prov_span text = { 0 };

	(void)state;
	assert_int_equal(PROV_OK,
	    note_verify(&text, span(GOLDEN, sizeof(GOLDEN) - 1), &k, NULL));
	assert_true(span_eq(text, span(TEXT, sizeof(TEXT) - 1)));
	assert_int_equal(PROV_OK,
	    note_parse(&text, span(GOLDEN, sizeof(GOLDEN) - 1), NULL));
	assert_true(span_eq(text, span(TEXT, sizeof(TEXT) - 1)));
}

/* Keys that are not known, even of the same name, are passed over. */
static void
unknown_keys(void **state)
{
	(void)state;
	assert_int_equal(PROV_OK, verify(GOLDEN UNKNOWN));
	assert_int_equal(PROV_OK,
	    verify(TEXT "\n" UNKNOWN DASH "example.com/foo " SIG "\n"));
	assert_int_equal(PROV_OK,
	    verify(GOLDEN DASH "example.com/foo AAAAAAECAwQ=\n"));
	assert_int_equal(PROV_EUNTRUSTED, verify(TEXT "\n" UNKNOWN));
	/* The known ID under another name is another key. */
	assert_int_equal(PROV_EUNTRUSTED,
	    verify(TEXT "\n" DASH "example.com/bar " SIG "\n"));
}

/* A signature of the known key that fails refuses the whole note. */
static void
known_key_fails(void **state)
{
	static const char bad[] = DASH
	    "example.com/foo "
	    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYj"
	    "OBH3mFXmRKuwHjG1Yu72IneyaQQ=\n";
	static const char brief[] = DASH "example.com/foo Uw2QOgE=\n";
	char note[1024];

	(void)state;
	(void)snprintf(note, sizeof(note), "%s%s", GOLDEN, bad);
	assert_int_equal(PROV_EUNTRUSTED, verify(note));
	(void)snprintf(note, sizeof(note), "%s\n%s%s example.com/foo %s\n",
	    TEXT, bad, "\xe2\x80\x94", SIG);
	assert_int_equal(PROV_EUNTRUSTED, verify(note));
	(void)snprintf(note, sizeof(note), "%s%s", GOLDEN, brief);
	assert_int_equal(PROV_EUNTRUSTED, verify(note));
}

static void
malformed(void **state)
{
	static const char *const rows[] = { "", "\n", "\n\n", TEXT, TEXT "\n",
		TEXT "\n\n", TEXT DASH "example.com/foo " SIG "\n",
		TEXT "\n" DASH "example.com/foo " SIG, /* no newline */
		TEXT "\n" DASH "example.com/foo " SIG "\n\n",
		TEXT "\n" DASH "example.com/foo  " SIG "\n",
		TEXT "\n" DASH "example.com/foo " SIG " \n",
		TEXT "\n" DASH "example.com/foo " SIG "\r\n",
		TEXT "\n" DASH " " SIG "\n", TEXT "\n" DASH SIG "\n",
		TEXT "\n- example.com/foo " SIG "\n",
		TEXT "\n\xe2\x80\x93 example.com/foo " SIG "\n",
		TEXT "\n" DASH "example.com+foo " SIG "\n",
		TEXT "\n" DASH "example.com\xc2\xa0"
		     "foo " SIG "\n",
		TEXT "\n" DASH "example.com\xe2\x80\x83"
		     "foo " SIG "\n",
		TEXT "\n" DASH "example.com\xe3\x80\x80"
		     "foo " SIG "\n",
		"a\tb\n\n" DASH "example.com/foo " SIG "\n",
		"a\x1b[1mb\n\n" DASH "example.com/foo " SIG "\n",
		"a\xff"
		"b\n\n" DASH "example.com/foo " SIG "\n",
		"a\xed\xa0\x80\n\n" DASH "example.com/foo " SIG "\n",
		TEXT "\n" DASH "example.com/foo AAAA\n", /* ID alone, short */
		TEXT "\n" DASH "example.com/foo AAAAAB\n",
		TEXT "\n" DASH "example.com/foo AAAAAAF=\n",
		GOLDEN "\n" UNKNOWN "x\n" };
	prov_span text;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_err err = { 0 };

		if (note_parse(&text, span(rows[i], strlen(rows[i])), &err) ==
		    PROV_OK)
			fail_msg("row %zu accepted", i);
		assert_int_equal(PROV_EFORMAT, err.status);
		assert_int_not_equal(PROV_OK, verify(rows[i]));
	}
	assert_int_equal(PROV_EFORMAT,
	    note_parse(&text, span("a\0b\n\n" UNKNOWN, 5 + sizeof(UNKNOWN)),
		NULL));
}

/* The last blank line separates: text may hold blank lines itself. */
static void
blank_lines(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	static const char t[] = "one\n\ntwo\n\n\nthree\n\n";
	AUTO_BUF b = { 0 };
	prov_span text;

	(void)state;
	assert_int_equal(PROV_OK,
	    note_sign(&b, k, span(t, sizeof(t) - 1), NULL));
	assert_int_equal(PROV_OK,
	    note_verify(&text, buf_span(&b), prov_key_public(k), NULL));
	assert_true(span_eq(text, span(t, sizeof(t) - 1)));
}

static void
sign_refuses(void **state)
{
	static const char *const rows[] = { "", "no newline", "a\tb\n",
		"a\xff\n", "\xe2\x80\x94 forged line\r\n" };
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_BUF b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (note_sign(&b, k, span(rows[i], strlen(rows[i])), NULL) ==
		    PROV_OK)
			fail_msg("row %zu signed", i);
		assert_int_equal(0, b.len);
	}
}

static void
sign_is_deterministic(void **state)
{
	AUTO(prov_key) *k = sample_key("example.com/foo");
	AUTO_BUF a = { 0 }, b = { 0 };

	(void)state;
	assert_int_equal(PROV_OK, note_sign(&a, k, span(TEXT, 28), NULL));
	assert_int_equal(PROV_OK, note_sign(&b, k, span(TEXT, 28), NULL));
	assert_true(span_eq(buf_span(&a), buf_span(&b)));
	/* Another key of the same name is not this one. */
	assert_int_equal(PROV_EUNTRUSTED,
	    verify((buf_put_byte(&a, 0), (const char *)a.p)));
}

static void
limits(void **state)
{
	AUTO_BUF b = { 0 };
	prov_span text;

	(void)state;
	buf_put_str(&b, GOLDEN);
	for (size_t i = 1; i < NOTE_SIGS_MAX; i++)
		buf_put_str(&b, UNKNOWN);
	assert_int_equal(PROV_OK, note_parse(&text, buf_span(&b), NULL));
	buf_put_str(&b, UNKNOWN);
	assert_int_equal(PROV_ELIMIT, note_parse(&text, buf_span(&b), NULL));
	b.len = 0;
	while (b.len <= NOTE_MAX)
		buf_put_str(&b, TEXT);
	buf_put_str(&b, "\n" UNKNOWN);
	assert_int_equal(PROV_ELIMIT, note_parse(&text, buf_span(&b), NULL));
}

static void
flips(void **state)
{
	uint8_t note[] = GOLDEN;
	const size_t len = sizeof(note) - 1;
	prov_pubkey k = golden_key();
	prov_span text;

	(void)state;
	for (size_t i = 0; i < len * 8; i++) {
		note[i / 8] ^= (uint8_t)(1U << (i % 8));
		if (note_verify(&text, span(note, len), &k, NULL) == PROV_OK)
			fail_msg("bit %zu", i);
		note[i / 8] ^= (uint8_t)(1U << (i % 8));
	}
	assert_int_equal(PROV_OK,
	    note_verify(&text, span(note, len), &k, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),
		cmocka_unit_test(unknown_keys),
		cmocka_unit_test(known_key_fails),
		cmocka_unit_test(malformed),
		cmocka_unit_test(blank_lines),
		cmocka_unit_test(sign_refuses),
		cmocka_unit_test(sign_is_deterministic),
		cmocka_unit_test(limits),
		cmocka_unit_test(flips),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
