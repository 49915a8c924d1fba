/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "hash/pool.h"

#define JOBS 300 /* more than a pool has room for */

static uint8_t bytes[200000];

static size_t
len_of(size_t i)
{
	return (i * 7919 % sizeof(bytes));
}

/* Each digest is that of its own head and data, whoever makes it. */
static void
digests_are_right(void **state)
{
	static uint8_t out[JOBS][32], want[32];
	atomic_uint waited, held[JOBS];
	atomic_bool failed;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 31 >> 3);
	for (unsigned n = 0; n <= 4; n++) {
		struct pool *p;

		atomic_init(&waited, 0);
		atomic_init(&failed, false);
		assert_int_equal(PROV_OK, pool_new(&p, n, NULL));
		assert_int_equal(n, pool_threads(p));
		memset(out, 0, sizeof(out));
		for (size_t i = 0; i < JOBS; i++) {
			struct pool_job j = { .data = span(bytes, len_of(i)),
				.head = { (uint8_t)i, 1, 2 },
				.head_len = i % 4,
				.out = out[i],
				.waited = &waited,
				.held = i % 3 == 0 ? NULL : &held[i],
				.failed = &failed };

			atomic_init(&held[i], 0);
			pool_add(p, &j);
		}
		pool_wait(p, &held[1]);
		pool_wait(p, &waited);
		for (size_t i = 0; i < JOBS; i++) {
			struct sha256 *h;
			uint8_t head[3] = { (uint8_t)i, 1, 2 };

			assert_int_equal(0, atomic_load(&held[i]));
			assert_int_equal(PROV_OK, sha256_new(&h, NULL));
			sha256_add(h, head, i % 4);
			sha256_add(h, bytes, len_of(i));
			assert_int_equal(PROV_OK, sha256_done(h, want, NULL));
			sha256_free(h);
			assert_memory_equal(want, out[i], 32);
		}
		assert_false(atomic_load(&failed));
		pool_free(p);
	}
}

static void
more_threads_than_there_may_be(void **state)
{
	struct pool *p;

	(void)state;
	assert_int_equal(PROV_OK, pool_new(&p, 1000, NULL));
	assert_int_equal(POOL_THREADS_MAX, pool_threads(p));
	pool_free(p);
	pool_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_are_right),
		cmocka_unit_test(more_threads_than_there_may_be),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests_name("pool", tests, NULL, NULL));
}
