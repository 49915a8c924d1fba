/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/bytes.h"

static void
puts_in_order(void **state)
{
	static const uint8_t want[] = { 'a', 'b', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
		11, 12, 13, 14, 15, '-', '7', 'x', 'y' };
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	(void)state;
	buf_put_str(&b, "ab");
	buf_put_byte(&b, 1);
	buf_put_be16(&b, 0x0203);
	buf_put_be32(&b, 0x04050607);
	buf_put_be64(&b, 0x08090a0b0c0d0e0f);
	buf_printf(&b, "%d", -7);
	buf_put_span(&b, span("xy", 2));
	buf_put(&b, NULL, 0);
	assert_int_equal(PROV_OK, buf_done(&b, &err));
	assert_int_equal(sizeof(want), b.len);
	assert_memory_equal(want, b.p, sizeof(want));
	assert_int_equal(0x0203, be16(b.p + 3));
	assert_int_equal(0x04050607, be32(b.p + 5));
	assert_true(be64(b.p + 9) == 0x08090a0b0c0d0e0f);
	assert_int_equal(0x0302, le16(b.p + 3));
	assert_int_equal(0x07060504, le32(b.p + 5));
}

/* Every size around the powers of two, a byte and a piece at a time. */
static void
grows(void **state)
{
	AUTO_BUF bytes = { 0 };
	AUTO_BUF pieces = { 0 };

	(void)state;
	for (size_t i = 0; i < 5000; i++)
		buf_put_byte(&bytes, (uint8_t)(i * 7));
	for (size_t at = 0, n = 0; at < 5000; at += n, n = (n + 1) % 97) {
		size_t len = n < 5000 - at ? n : 5000 - at;

		buf_put(&pieces, bytes.p + at, len);
		n = len;
	}
	assert_int_equal(5000, bytes.len);
	assert_true(span_eq(buf_span(&bytes), buf_span(&pieces)));
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal((uint8_t)(i * 7), bytes.p[i]);
}

static void
limit_sticks(void **state)
{
	AUTO_BUF b = { .max = 4 };
	prov_err err = { 0 };

	(void)state;
	buf_put_str(&b, "abcd");
	assert_int_equal(PROV_OK, buf_done(&b, &err));
	buf_put_byte(&b, 'e');
	assert_int_equal(4, b.len);
	assert_int_equal(PROV_ELIMIT, buf_done(&b, &err));
	assert_string_equal("more than 4 bytes", err.msg);
	b.len = 0;
	buf_put_byte(&b, 'f');
	assert_int_equal(0, b.len);
	assert_null(buf_grow(&b, 0));
	buf_printf(&b, "%s", "g");
	assert_int_equal(PROV_ELIMIT, buf_done(&b, NULL));
	buf_free(&b);
	buf_put_str(&b, "abcd");
	assert_int_equal(PROV_OK, buf_done(&b, NULL));
	buf_printf(&b, "%s", "e");
	assert_int_equal(PROV_ELIMIT, buf_done(&b, NULL));
}

static void
huge_lengths_do_not_wrap(void **state)
{
	AUTO_BUF b = { 0 };

	(void)state;
	buf_put_str(&b, "x");
	assert_null(buf_grow(&b, SIZE_MAX));
	assert_int_equal(1, b.len);
	assert_int_equal(PROV_ELIMIT, buf_done(&b, NULL));
}

static void
take_ends_with_nul(void **state)
{
	AUTO_BUF b = { .max = 3 };
	prov_err err = { 0 };
	uint8_t *p = NULL;
	char *s = NULL;
	size_t len = 9;

	(void)state;
	assert_int_equal(PROV_OK, buf_take(&b, &p, &len, &err));
	assert_non_null(p);
	assert_int_equal(0, len);
	assert_int_equal(0, p[0]);
	free(p);
	buf_put_str(&b, "abc");
	assert_int_equal(PROV_OK, buf_take_str(&b, &s, &err));
	assert_string_equal("abc", s);
	free(s);
	assert_null(b.p);
	assert_int_equal(0, b.len);
	buf_put_str(&b, "abcd");
	s = NULL;
	assert_int_equal(PROV_ELIMIT, buf_take_str(&b, &s, &err));
	assert_null(s);
}

static void
spans_compare(void **state)
{
	(void)state;
	assert_true(span_eq(span(NULL, 0), span("", 0)));
	assert_true(span_eq(span("ab", 2), span("ab", 2)));
	assert_false(span_eq(span("ab", 2), span("ac", 2)));
	assert_false(span_eq(span("ab", 2), span("abc", 3)));
}

/* The deepest reason wins; wrapping says where. */
static void
errors_keep_the_first(void **state)
{
	prov_err err = { 0 };
	char what[600];

	(void)state;
	assert_int_equal(PROV_EFORMAT,
	    prov_fail(&err, PROV_EFORMAT, "box %d", 3));
	assert_int_equal(PROV_EIO, prov_fail(&err, PROV_EIO, "later"));
	assert_int_equal(PROV_EFORMAT, prov_wrap(&err, PROV_EFORMAT, "f.mp4"));
	assert_string_equal("f.mp4: box 3", err.msg);
	assert_int_equal(PROV_EFORMAT, err.status);
	memset(what, 'w', sizeof(what));
	what[sizeof(what) - 1] = '\0';
	(void)prov_wrap(&err, PROV_EFORMAT, what);
	assert_int_equal(sizeof(err.msg) - 1, strlen(err.msg));
	prov_err_clear(&err);
	assert_string_equal("", err.msg);
	(void)prov_wrap(&err, PROV_EIO, "nothing to wrap");
	assert_string_equal("", err.msg);
	errno = 2;
	assert_int_equal(PROV_EOPEN, prov_fail_errno(&err, PROV_EOPEN, "x"));
	assert_string_equal("x: No such file or directory", err.msg);
	assert_int_equal(PROV_EARG, prov_fail(NULL, PROV_EARG, "nobody asks"));
	for (int st = PROV_EUNSUPPORTED - 1; st <= 1; st++)
		assert_non_null(prov_strstatus((prov_status)st));
	assert_string_equal("unknown status", prov_strstatus((prov_status)1));
	assert_string_equal("unknown status",
	    prov_strstatus((prov_status)(PROV_EUNSUPPORTED - 1)));
	for (int st = PROV_EUNSUPPORTED; st <= 0; st++)
		assert_string_not_equal("unknown status",
		    prov_strstatus((prov_status)st));
	assert_non_null(strchr(prov_version(), '.'));
	prov_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_in_order),
		cmocka_unit_test(grows),
		cmocka_unit_test(limit_sticks),
		cmocka_unit_test(huge_lengths_do_not_wrap),
		cmocka_unit_test(take_ends_with_nul),
		cmocka_unit_test(spans_compare),
		cmocka_unit_test(errors_keep_the_first),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
