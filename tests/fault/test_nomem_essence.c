/* SPDX-License-Identifier: ISC */
/*
 * Fails the first allocation of identifying a small asset, then the second,
 * and so on, until all is done: each must be told as such, and none may leave
 * an identity behind.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "essence/identity.h"
#include "essence/leaves.h"
#include "hash/pool.h"

#define SITES_MIN 40 /* fewer would mean that nothing was counted */

static long fail_at; /* 0: never */

static bool
fails(void)
{
	return (fail_at > 0 && --fail_at == 0);
}

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
char *__real_strdup(const char *);
char *__real_strndup(const char *, size_t);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
char *__wrap_strdup(const char *);
char *__wrap_strndup(const char *, size_t);

void *
__wrap_malloc(size_t n)
{
	return (fails() ? NULL : __real_malloc(n));
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return (fails() ? NULL : __real_calloc(n, size));
}

void *
__wrap_realloc(void *p, size_t n)
{
	return (fails() ? NULL : __real_realloc(p, n));
}

char *
__wrap_strdup(const char *s)
{
	return (fails() ? NULL : __real_strdup(s));
}

char *
__wrap_strndup(const char *s, size_t n)
{
	return (fails() ? NULL : __real_strndup(s, n));
}

/* Sets, light level SEI and an IDR picture of 64x48 pixels. */
static const uint8_t h264[] = { 0, 0, 0, 1, 0x67, 0x42, 0, 0x1e, 0xda, 0x11,
	0xe4, 0, 0, 1, 0x68, 0xc0, 0, 0x20, 0, 0, 1, 0x06, 0x90, 0x04, 0x03,
	0xe8, 0x01, 0x90, 0x80, 0, 0, 1, 0x65, 0x88, 0x80, 0, 0, 0x03, 0, 0,
	0x0e, 0xf5, 0x6d, 0xf7, 0x7c };
static const uint8_t hevc[] = { 0, 0, 0, 1, 0x40, 0x01, 0x0f, 0xff, 0, 0, 0x80,
	0, 0, 1, 0x42, 0x01, 0x01, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,
	0x10, 0x10, 0x10, 0x10, 0x5d, 0xa0, 0x19, 0x20, 0x69, 0xa5, 0x79, 0x49,
	0x29, 0x3c, 0x21, 0, 0, 1, 0x44, 0x01, 0xe4, 0, 0x01, 0, 0, 1, 0x2a,
	0x01, 0xbb, 0, 0, 0x03, 0, 0xab, 0xcd, 0, 0x01, 0x80, 0, 0, 1, 0x7c,
	0x01, 0x19, 0x08, 0x09 };

/* Configurations and an intra picture each, as their unit tests make them. */
static const uint8_t av1[] = { 0x12, 0, 0x0a, 0x0b, 0, 0, 0, 0x46, 0x64, 0x3f,
	0x0b, 0xdf, 0xff, 0xb8, 0xa4, 0x2a, 0x06, 0x01, 0x03, 0xe8, 0x01, 0x90,
	0x80, 0x32, 0x04, 0x10, 0x01, 0x02, 0x03, 0x32, 0x03, 0x20, 0x06, 0x07,
	0x1a, 0x03, 0x30, 0x04, 0x05, 0x22, 0x04, 0x74, 0x69, 0x6c, 0x65 };
static const uint8_t mpeg2[] = { 0, 0, 0x01, 0xb3, 0x04, 0, 0x30, 0x13, 0, 0xfa,
	0x23, 0x81, 0, 0, 0x01, 0xb5, 0x14, 0x84, 0, 0x01, 0x01, 0, 0, 0x01,
	0xb5, 0x23, 0x05, 0x06, 0x04, 0x01, 0x02, 0x01, 0x87, 0, 0, 0x01, 0xb8,
	0, 0x08, 0, 0x40, 0, 0, 0x01, 0xb2, 0x47, 0x41, 0x39, 0x34, 0x03, 0, 0,
	0x01, 0, 0, 0x0f, 0xff, 0xf9, 0, 0, 0x01, 0xb5, 0x81, 0x11, 0x11, 0x81,
	0, 0, 0x01, 0xb5, 0x38, 0x01, 0x02, 0x03, 0, 0, 0x01, 0x01, 0x22, 0x01,
	0x80, 0, 0, 0x01, 0, 0, 0x17, 0xff, 0xf9, 0, 0, 0x01, 0xb5, 0x81, 0x11,
	0x12, 0x81, 0, 0, 0x01, 0x01, 0x22, 0x02, 0x80, 0, 0, 0x01, 0xb7 };
static const uint8_t mpeg4[] = { 0, 0, 0x01, 0xb0, 0x03, 0, 0, 0x01, 0xb5, 0x89,
	0x1d, 0x40, 0x40, 0x40, 0x40, 0, 0, 0x01, 0, 0, 0, 0x01, 0x20, 0, 0xc4,
	0xf8, 0x18, 0x15, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0x90, 0x01, 0x9c, 0x30, 0x20, 0x40, 0x61, 0xd5, 0x80, 0, 0, 0x01,
	0xb2, 0x4c, 0x61, 0x76, 0x63, 0, 0, 0x01, 0xb3, 0, 0x10, 0x20, 0, 0,
	0x01, 0xb6, 0x11, 0, 0x80 };

static const struct feed {
	prov_config config;
	prov_span packet;
} feeds[] = {
	{ { .kind = PROV_VIDEO, .codec = "h264", .tb_num = 1, .tb_den = 25 },
	    { h264, sizeof(h264) } },
	{ { .kind = PROV_VIDEO, .codec = "hevc", .tb_num = 1, .tb_den = 25 },
	    { hevc, sizeof(hevc) } },
	{ { .kind = PROV_AUDIO,
	      .codec = "wavpack",
	      .tb_num = 1,
	      .tb_den = 25,
	      .rate = 8000 },
	    { hevc, sizeof(hevc) } },
	{ { .kind = PROV_VIDEO, .codec = "av1", .tb_num = 1, .tb_den = 25 },
	    { av1, sizeof(av1) } },
	{ { .kind = PROV_VIDEO,
	      .codec = "mpeg2video",
	      .tb_num = 1,
	      .tb_den = 25 },
	    { mpeg2, sizeof(mpeg2) } },
	{ { .kind = PROV_VIDEO, .codec = "mpeg4", .tb_num = 1, .tb_den = 25 },
	    { mpeg4, sizeof(mpeg4) } },
};
#define FEEDS (sizeof(feeds) / sizeof(feeds[0]))

static prov_status
feed(prov_essence *e, prov_err *err)
{
	/* Reordered, so that the timeline has an order too. */
	static const int64_t pts[] = { 0, 2, 1 };
	prov_status st = PROV_OK;
	unsigned index;

	for (size_t i = 0; i < FEEDS && st == PROV_OK; i++)
		st = prov_essence_stream(e, &feeds[i].config, &index, err);
	for (size_t i = 0; i < 3 * FEEDS && st == PROV_OK; i++) {
		prov_packet p = { .data = feeds[i % FEEDS].packet,
			.pts = pts[i / FEEDS],
			.duration = 1 };

		st = prov_essence_packet(e, (unsigned)(i % FEEDS), &p, err);
	}
	return (st);
}

static prov_status
work(prov_err *err)
{
	AUTO(prov_identity) *id = NULL, *back = NULL;
	AUTO_BUF b = { 0 };
	prov_essence *e = NULL;
	prov_status st;

	st = prov_essence_new(&e, "test", err);
	if (st == PROV_OK)
		st = feed(e, err);
	if (st == PROV_OK)
		st = prov_essence_finish(e, &id, err);
	prov_essence_free(e);
	if (st == PROV_OK)
		st = identity_encode(&b, id, err);
	if (st == PROV_OK)
		st = identity_decode(&back, buf_span(&b), err);
	if (st == PROV_OK && back->n != FEEDS)
		st = PROV_EINTERNAL;
	return (st);
}

#define BIG_LEN  20000
#define BIG_EACH 600 /* records: they fill more than one page */

/* One leaf of records that threads hash: its digest. */
static prov_status
hash_big(struct leaves *l, struct pool *pool, uint8_t out[32], prov_err *err)
{
	static const uint8_t big[BIG_LEN], config[32];
	uint8_t *made = NULL, *frames = NULL;
	atomic_uint held = 0;
	prov_status st;

	leaves_use_pool(l, pool);
	leaves_hold(l, span(big, sizeof(big)), &held);
	leaves_open(l, "test/1", config);
	for (size_t i = 0; i < BIG_EACH; i++)
		leaves_record(l, 0x10, span(big, sizeof(big)));
	if ((st = leaves_close(l, err)) == PROV_OK)
		st = leaves_take(l, &made, &frames, err);
	if (st == PROV_OK)
		memcpy(out, made, 32);
	free(made);
	free(frames);
	return (st);
}

static prov_status
work_pooled(uint8_t out[32], prov_err *err)
{
	struct leaves *l = NULL;
	struct pool *pool = NULL;
	prov_status st;

	if ((st = pool_new(&pool, 2, err)) == PROV_OK &&
	    (st = leaves_new(&l, false, err)) == PROV_OK)
		st = hash_big(l, pool, out, err);
	leaves_free(l);
	pool_free(pool);
	return (st);
}

/* Fewer threads and fewer pages are slower: they never change a digest. */
static bool
pools_are_slower_at_most(long *n)
{
	uint8_t want[32], got[32];
	prov_err err = { 0 };

	if (work_pooled(want, &err) != PROV_OK)
		return (false);
	*n = 0;
	do {
		prov_status st;

		err = (prov_err){ 0 };
		memset(got, 0, sizeof(got));
		fail_at = ++*n;
		st = work_pooled(got, &err);
		if (st != PROV_OK ? st != PROV_ENOMEM || err.msg[0] == '\0'
				  : memcmp(want, got, 32) != 0)
			return (false);
	} while (fail_at == 0);
	fail_at = 0;
	return (*n > 6);
}

int
main(void)
{
	prov_status st;
	long n = 0;
	bool ok;

	do {
		prov_err err = { 0 };

		fail_at = ++n;
		st = work(&err);
		if (st != PROV_OK && (st != PROV_ENOMEM || err.msg[0] == '\0'))
			break;
	} while (st != PROV_OK);
	fail_at = 0;
	printf("%sok 1 - %ld allocations, each failed once\n",
	    st == PROV_OK && n > SITES_MIN ? "" : "not ", n - 1);
	ok = pools_are_slower_at_most(&n);
	printf("%sok 2 - %ld with threads, each failed once\n1..2\n",
	    ok ? "" : "not ", n - 1);
	return (0);
}
