/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "essence/bits.h"

static void
reads_in_order(void **state)
{
	static const uint8_t in[] = { 0xa5, 0x0f, 0xff, 0x80, 0x01, 0x02 };
	struct bits b;

	(void)state;
	bits_init(&b, span(in, sizeof(in)), false);
	assert_int_equal(1, bits_u(&b, 1));
	assert_int_equal(0, bits_u(&b, 0));
	assert_int_equal(0x12, bits_u(&b, 6));
	assert_int_equal(0x10fff80, bits_u(&b, 25));
	bits_skip(&b, 8);
	assert_int_equal(2, bits_u(&b, 8));
	assert_false(b.over);
}

static void
past_the_end_is_zero_and_said(void **state)
{
	static const uint8_t in[] = { 0xff };
	struct bits b;

	(void)state;
	bits_init(&b, span(in, sizeof(in)), false);
	assert_int_equal(0xff00, bits_u(&b, 16));
	assert_true(b.over);
	bits_init(&b, span(NULL, 0), true);
	assert_int_equal(0, bits_u(&b, 32));
	assert_true(b.over);
}

static void
exp_golomb(void **state)
{
	/* 1 010 011 00100 00101 0001000: 0, 1, 2, 3, 4, 7. */
	static const uint8_t in[] = { 0xa6, 0x42, 0x88, 0x00 };
	static const int32_t sign[] = { 0, 1, -1, 2, -2, 4 };
	static const uint32_t plain[] = { 0, 1, 2, 3, 4, 7 };
	struct bits b, s;

	(void)state;
	bits_init(&b, span(in, sizeof(in)), false);
	bits_init(&s, span(in, sizeof(in)), false);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(plain[i], bits_ue(&b));
		assert_int_equal(sign[i], bits_se(&s));
	}
}

static void
exp_golomb_limits(void **state)
{
	/* 31 zeros, a one and 31 ones: the largest that 32 bits hold. */
	static const uint8_t most[] = { 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe };
	/* 32 zeros: more than that. */
	static const uint8_t over[] = { 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
		0xff };
	struct bits b;

	(void)state;
	bits_init(&b, span(most, sizeof(most)), false);
	assert_int_equal(UINT32_MAX - 1, bits_ue(&b));
	assert_false(b.over);
	bits_init(&b, span(most, sizeof(most)), false);
	assert_int_equal(-INT32_MAX, bits_se(&b));
	bits_init(&b, span(over, sizeof(over)), false);
	assert_int_equal(0, bits_ue(&b));
	assert_true(b.over);
}

static void
emulation_prevention(void **state)
{
	static const uint8_t in[] = { 0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 0, 3 };
	struct bits b;

	(void)state;
	bits_init(&b, span(in, sizeof(in)), true);
	assert_int_equal(0x000001, bits_u(&b, 24));
	assert_int_equal(0x00000000, bits_u(&b, 32));
	/* A 3 behind one zero is a 3. */
	assert_int_equal(0x0003, bits_u(&b, 16));
	assert_false(b.over);
	bits_init(&b, span(in, 4), false);
	assert_int_equal(0x00000301, bits_u(&b, 32));
	assert_false(b.over);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_in_order),
		cmocka_unit_test(past_the_end_is_zero_and_said),
		cmocka_unit_test(exp_golomb),
		cmocka_unit_test(exp_golomb_limits),
		cmocka_unit_test(emulation_prevention),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests_name("bits", tests, NULL, NULL));
}
