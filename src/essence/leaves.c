/* SPDX-License-Identifier: ISC */
/*
 * What leaves are made of passes through pages: small pieces are gathered,
 * because a call into OpenSSL costs as much as hashing 100 bytes. A big record
 * leaves a gap of 32 bytes, which a thread of the pool fills; so pages wait
 * their turn in a queue, and marks on them say where leaves and frames end.
 * Where nothing is waited for, what is larger than COPIED_MAX is hashed where
 * it lies.
 */
#include "essence/leaves.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "hash/pool.h"

#define PAGE_LEN   4096
#define COPIED_MAX 1024
#define MARKS_MAX  64 /* on a page */
#define PAGES_MAX  32 /* in the queue */

enum { LEAF = 0x00, FRAME = 0x02 };

enum what { LEAF_ENDS, FRAME_BEGINS, FRAME_ENDS };

struct mark {
	size_t at;
	enum what what;
	uint8_t config[SHA256_LEN]; /* of a frame that begins */
};

struct page {
	size_t len, n_marks;
	atomic_uint gaps; /* that a thread still fills */
	uint8_t bytes[PAGE_LEN];
	struct mark marks[MARKS_MAX];
};

struct digests {
	uint8_t *p;
	size_t n, room;
	size_t due; /* n, and what pages still hold */
};

struct leaves {
	struct sha256 *leaf;
	struct sha256 *big;   /* a big record that no thread can have */
	struct sha256 *frame; /* NULL: not asked for */
	struct digests made, frames;
	prov_status st; /* the first failure of OpenSSL */
	atomic_bool failed;

	const uint8_t *config; /* of the open leaf */
	bool open;
	bool framed;   /* the frame has a record */
	bool in_frame; /* ... and that was hashed */
	uint32_t owed; /* bytes that a begun record still lacks */
	bool is_big;
	bool begun; /* big has the start of it, head is in there */
	uint8_t head[POOL_HEAD_MAX];
	size_t head_len;

	struct pool *pool; /* NULL: none */
	prov_span held;
	atomic_uint *holder;
	struct page *pages[PAGES_MAX]; /* allocated when first used */
	size_t first, n; /* those in use; the last one is being filled */
};

static struct page *
nth(const struct leaves *l, size_t i)
{
	return (l->pages[(l->first + i) % PAGES_MAX]);
}

/* The page that is being filled. */
static struct page *
last(const struct leaves *l)
{
	return (nth(l, l->n - 1));
}

prov_status
leaves_new(struct leaves **out, bool frames, prov_err *err)
{
	struct leaves *l = calloc(1, sizeof(*l));
	prov_status st;

	if (l == NULL)
		return (prov_fail(err, PROV_ENOMEM, "segments"));
	l->n = 1;
	if ((l->pages[0] = calloc(1, sizeof(struct page))) == NULL)
		st = prov_fail(err, PROV_ENOMEM, "segments");
	else if ((st = sha256_new(&l->leaf, err)) == PROV_OK &&
		 (st = sha256_new(&l->big, err)) == PROV_OK && frames)
		st = sha256_new(&l->frame, err);
	if (st != PROV_OK) {
		leaves_free(l);
		return (st);
	}
	*out = l;
	return (PROV_OK);
}

/* Waits until no thread writes to a page any more. */
static void
settle(struct leaves *l, struct page *page)
{
	if (l->pool != NULL)
		pool_wait(l->pool, &page->gaps);
}

void
leaves_free(struct leaves *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < PAGES_MAX; i++)
		if (l->pages[i] != NULL) {
			settle(l, l->pages[i]);
			free(l->pages[i]);
		}
	sha256_free(l->leaf);
	sha256_free(l->big);
	sha256_free(l->frame);
	free(l->made.p);
	free(l->frames.p);
	free(l);
}

void
leaves_use_pool(struct leaves *l, struct pool *pool)
{
	l->pool = pool;
}

void
leaves_hold(struct leaves *l, prov_span bytes, atomic_uint *held)
{
	l->held = bytes;
	l->holder = held;
}

/* Room for one more digest; it doubles. */
static prov_status
grow(struct digests *d, prov_err *err)
{
	size_t room = d->room == 0 ? 64 : 2 * d->room;
	uint8_t *p;

	if (d->due < d->room)
		return (PROV_OK);
	if ((p = realloc(d->p, room * SHA256_LEN)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%zu digests", room));
	d->p = p;
	d->room = room;
	return (PROV_OK);
}

static void
feed(struct leaves *l, const void *p, size_t len)
{
	if (len == 0)
		return;
	sha256_add(l->leaf, p, len);
	if (l->in_frame)
		sha256_add(l->frame, p, len);
}

/* There is room for it. */
static void
finish(struct leaves *l, struct sha256 *h, struct digests *d)
{
	prov_status st = sha256_done(h, d->p + d->n++ * SHA256_LEN, NULL);

	if (l->st == PROV_OK)
		l->st = st;
}

static void
obey(struct leaves *l, const struct mark *m)
{
	static const uint8_t head[6] = { FRAME, RECORD_CONFIG, 0, 0, 0, 32 };

	switch (m->what) {
	case LEAF_ENDS:
		finish(l, l->leaf, &l->made);
		l->in_frame = false;
		break;
	case FRAME_BEGINS:
		sha256_init(l->frame);
		sha256_add(l->frame, head, sizeof(head));
		sha256_add(l->frame, m->config, sizeof(m->config));
		l->in_frame = true;
		break;
	case FRAME_ENDS:
		finish(l, l->frame, &l->frames);
		l->in_frame = false;
		break;
	}
}

/* A page without gaps. */
static void
hash_page(struct leaves *l, struct page *page)
{
	size_t at = 0;

	for (size_t i = 0; i < page->n_marks; i++) {
		feed(l, page->bytes + at, page->marks[i].at - at);
		at = page->marks[i].at;
		obey(l, &page->marks[i]);
	}
	feed(l, page->bytes + at, page->len - at);
	page->len = page->n_marks = 0;
}

static bool
is_filled(struct page *page)
{
	return (atomic_load_explicit(&page->gaps, memory_order_acquire) == 0);
}

/* Hashes pages as far as they have no gaps: whether nothing is left. */
static bool
advance(struct leaves *l)
{
	while (l->n > 1) {
		if (!is_filled(nth(l, 0)))
			return (false);
		hash_page(l, nth(l, 0));
		l->first = (l->first + 1) % PAGES_MAX;
		l->n--;
	}
	if (!is_filled(last(l)))
		return (false);
	hash_page(l, last(l));
	return (true);
}

/* As advance, but waits for every gap. */
static void
catch_up(struct leaves *l)
{
	for (size_t i = 0; i < l->n; i++)
		settle(l, nth(l, i));
	(void)advance(l);
}

/* The last page is full: makes it empty, or another one the last. */
static void
turn(struct leaves *l)
{
	struct page **next;

	if (advance(l))
		return;
	next = &l->pages[(l->first + l->n) % PAGES_MAX];
	if (l->n < PAGES_MAX && *next == NULL)
		*next = calloc(1, sizeof(**next));
	if (l->n < PAGES_MAX && *next != NULL)
		l->n++;
	else
		catch_up(l);
}

/* Adds len bytes that are not larger than a page; where they stand. */
static uint8_t *
add(struct leaves *l, size_t len)
{
	uint8_t *p;

	if (len > PAGE_LEN - last(l)->len)
		turn(l);
	p = last(l)->bytes + last(l)->len;
	last(l)->len += len;
	return (p);
}

static void
mark(struct leaves *l, enum what what)
{
	struct mark *m;

	if (last(l)->n_marks == MARKS_MAX)
		turn(l);
	m = &last(l)->marks[last(l)->n_marks++];
	m->at = last(l)->len;
	m->what = what;
	if (what == FRAME_BEGINS)
		memcpy(m->config, l->config, sizeof(m->config));
}

static void
put(struct leaves *l, const uint8_t *p, size_t len)
{
	if (len > COPIED_MAX && advance(l)) {
		feed(l, p, len);
		return;
	}
	while (len > 0) {
		size_t n = len < PAGE_LEN ? len : PAGE_LEN;

		memcpy(add(l, n), p, n);
		p += n;
		len -= n;
	}
}

static void
put_head(struct leaves *l, uint8_t type, uint32_t len)
{
	uint8_t *p = add(l, 5);

	p[0] = type;
	put_be32(p + 1, len);
}

void
leaves_open(struct leaves *l, const char *form, const uint8_t config[32])
{
	uint32_t len = (uint32_t)strlen(form);

	assert(!l->open);
	l->open = true;
	l->config = config;
	l->framed = false;
	*add(l, 1) = LEAF;
	put_head(l, RECORD_NAME, len);
	put(l, (const uint8_t *)form, len);
	put_head(l, RECORD_CONFIG, 32);
	put(l, config, 32);
}

bool
leaves_is_open(const struct leaves *l)
{
	return (l->open);
}

prov_status
leaves_close(struct leaves *l, prov_err *err)
{
	prov_status st;

	assert(l->open && l->owed == 0);
	if (l->made.due == SEGMENTS_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.segments: more than %lu segments", SEGMENTS_MAX));
	if ((st = grow(&l->made, err)) != PROV_OK)
		return (st);
	mark(l, LEAF_ENDS);
	l->made.due++;
	l->open = false;
	return (PROV_OK);
}

/* A frame's first record is about to come. */
static void
begin_frame(struct leaves *l)
{
	if (l->frame == NULL || l->framed)
		return;
	mark(l, FRAME_BEGINS);
	l->framed = true;
}

prov_status
leaves_frame(struct leaves *l, prov_err *err)
{
	prov_status st;

	if (l->frame == NULL)
		return (PROV_OK);
	if (l->frames.due == FRAMES_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.frames: more than %lu frames", FRAMES_MAX));
	if ((st = grow(&l->frames, err)) != PROV_OK)
		return (st);
	begin_frame(l);
	mark(l, FRAME_ENDS);
	l->frames.due++;
	l->framed = false;
	return (PROV_OK);
}

void
leaves_begin(struct leaves *l, uint8_t type, uint32_t len)
{
	assert(l->open && l->owed == 0);
	/* A new configuration is no part of a frame that has not begun. */
	if (type != RECORD_CONFIG)
		begin_frame(l);
	l->owed = len;
	l->is_big = len >= RECORD_BIG_MIN;
	l->begun = false;
	l->head_len = 0;
	put_head(l, l->is_big ? type | RECORD_BIG : type, len);
}

/* Whether data stays, so that a thread can read it later. */
static bool
is_held(const struct leaves *l, prov_span data)
{
	return (l->pool != NULL && l->held.len > 0 && data.p >= l->held.p &&
		data.len <= l->held.len &&
		(size_t)(data.p - l->held.p) <= l->held.len - data.len);
}

static void
hand_over(struct leaves *l, prov_span data)
{
	uint8_t *gap = add(l, SHA256_LEN);
	struct pool_job job = { .data = data,
		.head_len = l->head_len,
		.out = gap,
		.waited = &last(l)->gaps,
		.held = l->holder,
		.failed = &l->failed };

	memcpy(job.head, l->head, l->head_len);
	pool_add(l->pool, &job);
}

/* The next bytes of a big record, of which l->owed are still to come. */
static void
add_big(struct leaves *l, prov_span data)
{
	uint8_t digest[SHA256_LEN];
	prov_status st;

	if (!l->begun && l->owed > 0 &&
	    data.len <= sizeof(l->head) - l->head_len) {
		memcpy(l->head + l->head_len, data.p, data.len);
		l->head_len += data.len;
		return;
	}
	if (!l->begun && l->owed == 0 && is_held(l, data)) {
		hand_over(l, data);
		return;
	}
	if (!l->begun) {
		sha256_init(l->big);
		sha256_add(l->big, l->head, l->head_len);
		l->begun = true;
	}
	sha256_add(l->big, data.p, data.len);
	if (l->owed > 0)
		return;
	st = sha256_done(l->big, digest, NULL);
	if (l->st == PROV_OK)
		l->st = st;
	put(l, digest, sizeof(digest));
}

void
leaves_add(struct leaves *l, prov_span data)
{
	assert(data.len <= l->owed);
	if (data.len == 0)
		return;
	l->owed -= (uint32_t)data.len;
	if (l->is_big)
		add_big(l, data);
	else
		put(l, data.p, data.len);
}

void
leaves_record(struct leaves *l, uint8_t type, prov_span data)
{
	leaves_begin(l, type, (uint32_t)data.len);
	leaves_add(l, data);
}

uint32_t
leaves_owed(const struct leaves *l)
{
	return (l->owed);
}

prov_status
leaves_take(struct leaves *l, uint8_t **digests, uint8_t **frames,
    prov_err *err)
{
	catch_up(l);
	if (l->st == PROV_OK && atomic_load(&l->failed))
		l->st = PROV_EINTERNAL;
	if (l->st != PROV_OK)
		return (prov_fail(err, l->st, "openssl: SHA-256 failed"));
	*digests = TAKE(l->made.p);
	*frames = TAKE(l->frames.p);
	l->made = l->frames = (struct digests){ 0 };
	return (PROV_OK);
}
