/* SPDX-License-Identifier: ISC */
#include "pictures.h"

#include <stdlib.h>
#include <time.h>

#include "essence/feed.h"
#include "essence/leaves.h"

static const uint8_t config[32] = { 1, 2, 3 }, other[32] = { 4, 5 };

/* len bytes that differ from place to place. */
static void
fill(struct buf *b, size_t len)
{
	assert_non_null(buf_grow(b, len));
	for (size_t i = 0; i < len; i++)
		b->p[i] = (uint8_t)(i * 31 >> 3);
}

static void
assert_digest(const uint8_t *got, const struct buf *want)
{
	uint8_t digest[32];

	assert_int_equal(PROV_OK, sha256_of(digest, buf_span(want), NULL));
	assert_memory_equal(digest, got, 32);
}

/* Length and digest stand for a record from 16384 bytes on, in pieces too. */
static void
big_records(void **state)
{
	static const size_t lens[] = { 16383, 16384, 16385, 100000 };
	AUTO_BUF bytes = { 0 };

	(void)state;
	fill(&bytes, 100000);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		AUTO_FREE uint8_t *made = NULL;
		AUTO_FREE uint8_t *frames = NULL;
		AUTO_BUF want = { 0 };
		uint32_t len = (uint32_t)lens[i];
		struct leaves *l;

		put_leaf_head(&want, "test/1", config);
		put_record(&want, 0x21, bytes.p, len);
		put_record(&want, 0x22, bytes.p, 9);
		put_record(&want, 0x23, bytes.p, len);
		assert_int_equal(i == 0 ? 0x21 : 0xa1, want.p[49]);
		assert_int_equal(PROV_OK, leaves_new(&l, false, NULL));
		leaves_open(l, "test/1", config);
		leaves_record(l, 0x21, span(bytes.p, len));
		leaves_record(l, 0x22, span(bytes.p, 9));
		leaves_begin(l, 0x23, len);
		leaves_add(l, span(bytes.p, 1000));
		leaves_add(l, span(bytes.p + 1000, len - 1000));
		assert_int_equal(0, leaves_owed(l));
		assert_int_equal(PROV_OK, leaves_close(l, NULL));
		assert_int_equal(PROV_OK, leaves_take(l, &made, &frames, NULL));
		assert_digest(made, &want);
		assert_null(frames);
		leaves_free(l);
	}
}

static void
put_frame_head(struct buf *b, const uint8_t in_force[32])
{
	buf_put_byte(b, 0x02);
	put_record(b, 0x02, in_force, 32);
}

/* Each frame: the configuration at its start, and records as in the leaf. */
static void
frames_have_digests(void **state)
{
	AUTO_FREE uint8_t *made = NULL;
	AUTO_FREE uint8_t *frames = NULL;
	AUTO_BUF big = { 0 }, want = { 0 };
	uint8_t in_force[32];
	struct leaves *l;

	(void)state;
	fill(&big, 20000);
	memcpy(in_force, config, 32);
	assert_int_equal(PROV_OK, leaves_new(&l, true, NULL));
	leaves_open(l, "test/1", in_force);
	leaves_record(l, 0x10, span("one", 3));
	leaves_record(l, 0x10, buf_span(&big));
	assert_int_equal(PROV_OK, leaves_frame(l, NULL));
	memcpy(in_force, other, 32);
	leaves_record(l, RECORD_CONFIG, span(other, 32));
	leaves_record(l, 0x10, span(big.p, 2000));
	memcpy(in_force, config, 32);
	leaves_record(l, RECORD_CONFIG, span(config, 32));
	leaves_record(l, 0x10, span("three", 5));
	assert_int_equal(PROV_OK, leaves_frame(l, NULL));
	/* What belongs to no frame; then a frame without a record. */
	leaves_record(l, 0x10, span("rest", 4));
	assert_int_equal(PROV_OK, leaves_close(l, NULL));
	leaves_open(l, "test/1", in_force);
	assert_int_equal(PROV_OK, leaves_frame(l, NULL));
	assert_int_equal(PROV_OK, leaves_close(l, NULL));
	assert_int_equal(PROV_OK, leaves_take(l, &made, &frames, NULL));
	leaves_free(l);

	put_frame_head(&want, config);
	put_record(&want, 0x10, "one", 3);
	put_record(&want, 0x10, big.p, big.len);
	assert_digest(frames, &want);
	want.len = 0;
	put_frame_head(&want, other);
	put_record(&want, 0x10, big.p, 2000);
	put_record(&want, 0x02, config, 32);
	put_record(&want, 0x10, "three", 5);
	assert_digest(frames + 32, &want);
	want.len = 0;
	put_frame_head(&want, config);
	assert_digest(frames + 64, &want);
}

/* Asked for, a timeline holds one for each picture; otherwise none. */
static void
timelines_hold_frames(void **state)
{
	static const prov_config video = { .kind = PROV_VIDEO,
		.codec = "qtrle",
		.tb_num = 1,
		.tb_den = 1000 };

	(void)state;
	for (int wanted = 0; wanted < 2; wanted++) {
		prov_packet p = { .data = span("same", 4) };
		prov_identity *id;
		prov_essence *e;
		const uint8_t *f;
		unsigned index;

		assert_int_equal(PROV_OK, prov_essence_new(&e, "test", NULL));
		if (wanted)
			essence_want_frames(e);
		assert_int_equal(PROV_OK,
		    prov_essence_stream(e, &video, &index, NULL));
		for (p.pts = 0; p.pts < 3; p.pts++) {
			if (p.pts == 2)
				p.data = span("that", 4);
			assert_int_equal(PROV_OK,
			    prov_essence_packet(e, 0, &p, NULL));
		}
		assert_int_equal(PROV_OK, prov_essence_finish(e, &id, NULL));
		f = id->streams[0].tl->frames;
		assert_int_equal(wanted, f != NULL);
		if (f != NULL) {
			assert_memory_equal(f, f + 16, 16);
			assert_memory_not_equal(f, f + 32, 16);
		}
		prov_identity_free(id);
		prov_essence_free(e);
	}
}

#define PACKETS    600
#define PACKET_MAX 60000
#define HELD       24 /* packets that are kept at a time */

/* Packets whose bytes are overwritten as soon as they may be. */
struct ring {
	struct pool *pool;
	struct {
		uint8_t bytes[PACKET_MAX];
		atomic_uint busy;
	} at[HELD];
};

static uint32_t
next_random(uint32_t *r)
{
	*r = *r * 1664525 + 1013904223;
	return (*r >> 8);
}

static void
dawdle(uint32_t *r)
{
	struct timespec t = { .tv_nsec = next_random(r) % 200000 };

	if (next_random(r) % 8 == 0)
		(void)nanosleep(&t, NULL);
}

/* Records of one packet: whole, in pieces, and of bytes that lie elsewhere. */
static void
put_packet(struct leaves *l, prov_span packet, atomic_uint *busy, uint32_t *r)
{
	static const uint8_t small[6] = { 9, 8, 7 };
	size_t half = packet.len / 2;

	leaves_hold(l, packet, busy);
	switch (next_random(r) % 4) {
	case 0: /* a few bytes, and the rest of the packet */
		leaves_begin(l, 0x10, (uint32_t)(6 + packet.len));
		leaves_add(l, span(small, 4));
		leaves_add(l, span(small, 2));
		leaves_add(l, packet);
		break;
	case 1: /* two pieces, of which no thread can take the first */
		leaves_begin(l, 0x11, (uint32_t)packet.len);
		leaves_add(l, span(packet.p, half));
		leaves_add(l, span(packet.p + half, packet.len - half));
		break;
	case 2: /* two records of one packet */
		leaves_record(l, 0x12, span(packet.p, half));
		leaves_record(l, 0x13, packet);
		break;
	default:
		leaves_record(l, 0x10, packet);
		leaves_record(l, 0x03, span(small, sizeof(small)));
	}
	leaves_hold(l, span(NULL, 0), NULL);
}

static void
fill_packet(uint8_t *p, size_t len, uint32_t *r)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(i * (1 + next_random(r) % 3) >> 2);
}

/* The same stream whatever n and slow are: its leaves, then its frames. */
static void
run_stream(struct buf *out, unsigned n, bool slow)
{
	AUTO_FREE struct ring *ring = calloc(1, sizeof(*ring));
	AUTO_FREE uint8_t *made = NULL;
	AUTO_FREE uint8_t *frames = NULL;
	uint32_t r = 7, delays = n;
	struct leaves *l;
	size_t leaves = 0;

	assert_non_null(ring);
	assert_int_equal(PROV_OK, pool_new(&ring->pool, n, NULL));
	assert_int_equal(n, pool_threads(ring->pool));
	assert_int_equal(PROV_OK, leaves_new(&l, true, NULL));
	leaves_use_pool(l, ring->pool);
	for (size_t i = 0; i < PACKETS; i++) {
		size_t len = next_random(&r) % PACKET_MAX;
		uint8_t *p = ring->at[i % HELD].bytes;
		atomic_uint *busy = &ring->at[i % HELD].busy;

		/* Runs of small ones: pages are then hashed at once. */
		if (i / 100 % 2 == 1)
			len %= 3000;
		pool_wait(ring->pool, busy);
		fill_packet(p, len, &r);
		if (!leaves_is_open(l))
			leaves_open(l, "test/1", config);
		put_packet(l, span(p, len), busy, &r);
		assert_int_equal(PROV_OK, leaves_frame(l, NULL));
		if (next_random(&r) % 4 == 0) {
			assert_int_equal(PROV_OK, leaves_close(l, NULL));
			leaves++;
		}
		if (slow)
			dawdle(&delays);
	}
	if (leaves_is_open(l)) {
		assert_int_equal(PROV_OK, leaves_close(l, NULL));
		leaves++;
	}
	assert_int_equal(PROV_OK, leaves_take(l, &made, &frames, NULL));
	buf_put(out, made, leaves * 32);
	buf_put(out, frames, PACKETS * (size_t)32);
	leaves_free(l);
	pool_free(ring->pool);
}

static void
threads_change_nothing(void **state)
{
	AUTO_BUF want = { 0 };

	(void)state;
	run_stream(&want, 0, false);
	for (unsigned n = 0; n <= 3; n++)
		for (int slow = 0; slow < 2; slow++) {
			AUTO_BUF got = { 0 };

			run_stream(&got, n, slow);
			assert_int_equal(want.len, got.len);
			assert_memory_equal(want.p, got.p, want.len);
		}
}

/* Given up in the middle: nothing of a packet is read after leaves_free. */
static void
may_be_given_up(void **state)
{
	AUTO_BUF bytes = { 0 };
	atomic_uint busy = 0;
	struct leaves *l;
	struct pool *pool;

	(void)state;
	fill(&bytes, 1000000);
	assert_int_equal(PROV_OK, pool_new(&pool, 2, NULL));
	assert_int_equal(PROV_OK, leaves_new(&l, false, NULL));
	leaves_use_pool(l, pool);
	leaves_open(l, "test/1", config);
	leaves_hold(l, buf_span(&bytes), &busy);
	for (int i = 0; i < 100; i++)
		leaves_record(l, 0x10, buf_span(&bytes));
	leaves_free(l);
	assert_int_equal(0, atomic_load(&busy));
	pool_free(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(big_records),
		cmocka_unit_test(frames_have_digests),
		cmocka_unit_test(timelines_hold_frames),
		cmocka_unit_test(threads_change_nothing),
		cmocka_unit_test(may_be_given_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests_name("leaves", tests, NULL, NULL));
}
