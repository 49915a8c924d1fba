/* SPDX-License-Identifier: ISC */
#include "essence/leaves.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "hash/sha256.h"

/*
 * Small pieces are gathered, because a call into OpenSSL costs as much as
 * hashing 100 bytes; what is larger than STAGED_MAX is hashed where it lies.
 */
#define STAGE_LEN  4096
#define STAGED_MAX 1024

enum { LEAF = 0x00, FRAME = 0x02 };

struct digests {
	uint8_t *p;
	size_t n, room;
};

struct leaves {
	struct sha256 *leaf;
	struct sha256 *big;   /* a record of RECORD_BIG_MIN or more */
	struct sha256 *frame; /* NULL: not asked for */
	uint8_t stage[STAGE_LEN];
	size_t staged;
	const uint8_t *config; /* of the open leaf */
	bool open;
	bool in_frame; /* the frame has a record */
	uint32_t owed; /* bytes that a begun record still lacks */
	bool owed_big;
	prov_status failed; /* a record's digest could not be made */
	struct digests made, frames;
};

prov_status
leaves_new(struct leaves **out, bool frames, prov_err *err)
{
	struct leaves *l = calloc(1, sizeof(*l));
	prov_status st;

	if (l == NULL)
		return (prov_fail(err, PROV_ENOMEM, "segments"));
	if ((st = sha256_new(&l->leaf, err)) != PROV_OK ||
	    (st = sha256_new(&l->big, err)) != PROV_OK ||
	    (frames && (st = sha256_new(&l->frame, err)) != PROV_OK)) {
		leaves_free(l);
		return (st);
	}
	*out = l;
	return (PROV_OK);
}

void
leaves_free(struct leaves *l)
{
	if (l == NULL)
		return;
	sha256_free(l->leaf);
	sha256_free(l->big);
	sha256_free(l->frame);
	free(l->made.p);
	free(l->frames.p);
	free(l);
}

/* Room for one more digest; it doubles. */
static prov_status
grow(struct digests *d, prov_err *err)
{
	size_t room = d->room == 0 ? 64 : 2 * d->room;
	uint8_t *p;

	if (d->n < d->room)
		return (PROV_OK);
	if ((p = realloc(d->p, room * SHA256_LEN)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%zu digests", room));
	d->p = p;
	d->room = room;
	return (PROV_OK);
}

static void
flush(struct leaves *l)
{
	sha256_add(l->leaf, l->stage, l->staged);
	if (l->in_frame)
		sha256_add(l->frame, l->stage, l->staged);
	l->staged = 0;
}

static void
hash(struct leaves *l, const void *p, size_t len)
{
	if (len > STAGED_MAX) {
		flush(l);
		sha256_add(l->leaf, p, len);
		if (l->in_frame)
			sha256_add(l->frame, p, len);
		return;
	}
	if (len == 0)
		return;
	if (l->staged + len > STAGE_LEN)
		flush(l);
	memcpy(l->stage + l->staged, p, len);
	l->staged += len;
}

static void
hash_head(struct leaves *l, uint8_t type, uint32_t len)
{
	uint8_t head[5] = { type };

	put_be32(head + 1, len);
	hash(l, head, sizeof(head));
}

/* A frame's first record is about to be hashed. */
static void
begin_frame(struct leaves *l)
{
	static const uint8_t head[6] = { FRAME, RECORD_CONFIG, 0, 0, 0, 32 };

	if (l->frame == NULL || l->in_frame)
		return;
	flush(l);
	l->in_frame = true;
	sha256_init(l->frame);
	sha256_add(l->frame, head, sizeof(head));
	sha256_add(l->frame, l->config, 32);
}

void
leaves_open(struct leaves *l, const char *form, const uint8_t config[32])
{
	static const uint8_t prefix = LEAF;
	uint32_t len = (uint32_t)strlen(form);

	assert(!l->open);
	sha256_init(l->leaf);
	l->open = true;
	l->config = config;
	l->in_frame = false;
	hash(l, &prefix, 1);
	hash_head(l, RECORD_NAME, len);
	hash(l, form, len);
	hash_head(l, RECORD_CONFIG, 32);
	hash(l, config, 32);
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
	if (l->failed != PROV_OK)
		return (prov_fail(err, l->failed, "openssl: SHA-256 failed"));
	if (l->made.n == SEGMENTS_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.segments: more than %lu segments", SEGMENTS_MAX));
	if ((st = grow(&l->made, err)) != PROV_OK)
		return (st);
	flush(l);
	st = sha256_done(l->leaf, l->made.p + l->made.n * SHA256_LEN, err);
	if (st != PROV_OK)
		return (st);
	l->made.n++;
	l->open = false;
	l->in_frame = false;
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
	l->owed_big = len >= RECORD_BIG_MIN;
	hash_head(l, l->owed_big ? type | RECORD_BIG : type, len);
	if (l->owed_big)
		sha256_init(l->big);
}

/* A failure inside OpenSSL also fails the leaf, when it is closed. */
static void
end_big(struct leaves *l)
{
	uint8_t digest[SHA256_LEN];
	prov_status st = sha256_done(l->big, digest, NULL);

	if (st != PROV_OK)
		l->failed = st;
	else
		hash(l, digest, sizeof(digest));
}

void
leaves_add(struct leaves *l, prov_span data)
{
	assert(data.len <= l->owed);
	l->owed -= (uint32_t)data.len;
	if (!l->owed_big) {
		hash(l, data.p, data.len);
		return;
	}
	sha256_add(l->big, data.p, data.len);
	if (l->owed == 0)
		end_big(l);
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
leaves_frame(struct leaves *l, prov_err *err)
{
	prov_status st;

	if (l->frame == NULL)
		return (PROV_OK);
	if (l->frames.n == FRAMES_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.frames: more than %lu frames", FRAMES_MAX));
	if ((st = grow(&l->frames, err)) != PROV_OK)
		return (st);
	begin_frame(l);
	flush(l);
	l->in_frame = false;
	st = sha256_done(l->frame, l->frames.p + l->frames.n * SHA256_LEN, err);
	if (st == PROV_OK)
		l->frames.n++;
	return (st);
}

void
leaves_take(struct leaves *l, uint8_t **digests, uint8_t **frames)
{
	*digests = TAKE(l->made.p);
	*frames = TAKE(l->frames.p);
	l->made = l->frames = (struct digests){ 0 };
}
