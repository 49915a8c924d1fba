/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/checkpoint.h"
#include "logged.h"
#include "sign/note.h"

#define ROOT  "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=" /* 32 times ab */
#define EMPTY "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" /* SHA-256("") */

static prov_status
parse(const char *text, struct checkpoint *c)
{
	return (checkpoint_parse(c, span(text, strlen(text)), NULL));
}

static void
text_both_ways(void **state)
{
	struct checkpoint c = { .origin = "example.com/log", .size = 42 }, d;
	AUTO_BUF b = { 0 };

	(void)state;
	memset(c.root, 0xab, 32);
	checkpoint_text(&b, &c);
	buf_put_byte(&b, 0);
	assert_string_equal("example.com/log\n42\n" ROOT "\n", (char *)b.p);
	ok(checkpoint_parse(&d, span(b.p, b.len - 1), err));
	assert_string_equal(c.origin, d.origin);
	assert_int_equal(42, d.size);
	assert_memory_equal(c.root, d.root, 32);
}

static void
what_is_no_checkpoint(void **state)
{
	static const struct {
		const char *text;
		prov_status want;
	} rows[] = {
		{ "o\n42\n" ROOT "\n", PROV_OK },
		{ "o\n42\n" ROOT "\nextension\nanother\n", PROV_OK },
		{ "o with spaces\n42\n" ROOT "\n", PROV_OK },
		{ "o\n0\n" EMPTY "\n", PROV_OK },
		{ "o\n9223372036854775807\n" ROOT "\n", PROV_OK },
		{ "o\n0\n" ROOT "\n", PROV_EFORMAT },
		{ "o\n9223372036854775808\n" ROOT "\n", PROV_ELIMIT },
		{ "o\n18446744073709551616\n" ROOT "\n", PROV_EFORMAT },
		{ "", PROV_EFORMAT },
		{ "\n42\n" ROOT "\n", PROV_EFORMAT },
		{ "o", PROV_EFORMAT },
		{ "o\n", PROV_EFORMAT },
		{ "o\n42", PROV_EFORMAT },
		{ "o\n42\n", PROV_EFORMAT },
		{ "o\n42\n" ROOT, PROV_EFORMAT },
		{ "o\n042\n" ROOT "\n", PROV_EFORMAT },
		{ "o\n+42\n" ROOT "\n", PROV_EFORMAT },
		{ "o\n-1\n" ROOT "\n", PROV_EFORMAT },
		{ "o\n 42\n" ROOT "\n", PROV_EFORMAT },
		{ "o\n0x2\n" ROOT "\n", PROV_EFORMAT },
		{ "o\n\n" ROOT "\n", PROV_EFORMAT },
		{ "o\n42\nq6s=\n", PROV_EFORMAT },
		{ "o\n42\n" ROOT " \n", PROV_EFORMAT },
		{ "o\n42\n" ROOT "\r\n", PROV_EFORMAT },
		{ "o\n42\n" ROOT "\n\n", PROV_EFORMAT },
		{ "o\n42\n" ROOT "\nx", PROV_EFORMAT },
		{ "o\n42\n" ROOT "\nx\n\ny\n", PROV_EFORMAT },
		/* Padding bits that are not zero. */
		{ "o\n42\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6t=\n",
		    PROV_EFORMAT },
		{ "o\xff\n42\n" ROOT "\n", PROV_EFORMAT },
		{ "o\t\n42\n" ROOT "\n", PROV_EFORMAT },
	};
	struct checkpoint c;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (parse(rows[i].text, &c) != rows[i].want)
			fail_msg("row %zu: %s", i, rows[i].text);
}

static void
long_origins(void **state)
{
	struct checkpoint c;
	char text[400];

	(void)state;
	for (int n = PROV_NAME_MAX; n <= PROV_NAME_MAX + 1; n++) {
		memset(text, 'o', (size_t)n);
		snprintf(text + n, sizeof(text) - (size_t)n,
		    "\n42\n" ROOT "\n");
		assert_int_equal(n == PROV_NAME_MAX ? PROV_OK : PROV_ELIMIT,
		    parse(text, &c));
	}
}

static void
sign(struct buf *b, const prov_key *key, const char *origin)
{
	struct checkpoint c = { .size = 9 };
	AUTO_BUF text = { 0 };

	snprintf(c.origin, sizeof(c.origin), "%s", origin);
	checkpoint_text(&text, &c);
	ok(note_sign(b, key, buf_span(&text), err));
}

static void
only_the_log_signs(void **state)
{
	AUTO(prov_key) *log = logged_key(LOG_NAME, 1);
	AUTO(prov_key) *other = logged_key(LOG_NAME, 2);
	AUTO(prov_key) *owner = logged_key(OWNER_NAME, 3);
	AUTO_BUF good = { 0 }, foreign = { 0 }, misnamed = { 0 };
	struct checkpoint c;

	(void)state;
	sign(&good, log, LOG_NAME);
	ok(checkpoint_verify(&c, buf_span(&good), prov_key_public(log), err));
	assert_int_equal(9, c.size);
	assert_int_equal(PROV_EUNTRUSTED, checkpoint_verify(&c, buf_span(&good),
					      prov_key_public(other), NULL));
	assert_int_equal(PROV_EUNTRUSTED, checkpoint_verify(&c, buf_span(&good),
					      prov_key_public(owner), NULL));
	/* A key signs for the origin that is its name, and no other. */
	sign(&misnamed, owner, LOG_NAME);
	assert_int_equal(PROV_EUNTRUSTED,
	    checkpoint_verify(&c, buf_span(&misnamed), prov_key_public(owner),
		NULL));
	sign(&foreign, other, LOG_NAME);
	assert_int_equal(PROV_EUNTRUSTED,
	    checkpoint_verify(&c, buf_span(&foreign), prov_key_public(log),
		NULL));
}

static void
every_bit_counts(void **state)
{
	AUTO(prov_key) *log = logged_key(LOG_NAME, 1);
	AUTO_BUF b = { 0 };
	struct checkpoint c;

	(void)state;
	sign(&b, log, LOG_NAME);
	for (size_t bit = 0; bit < 8 * b.len; bit++) {
		b.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (checkpoint_verify(&c, buf_span(&b), prov_key_public(log),
			NULL) == PROV_OK)
			fail_msg("bit %zu", bit);
		b.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t len = 0; len < b.len; len++)
		assert_int_not_equal(PROV_OK,
		    checkpoint_verify(&c, span(b.p, len), prov_key_public(log),
			NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_both_ways),
		cmocka_unit_test(what_is_no_checkpoint),
		cmocka_unit_test(long_origins),
		cmocka_unit_test(only_the_log_signs),
		cmocka_unit_test(every_bit_counts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
