/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_PICTURE_H
#define PROV_TESTS_PICTURE_H

/* What the tests of image walkers share: images built by hand, and flips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "essence/image.h"

typedef prov_status (
    *identify_fn)(prov_identity **out, prov_span file, prov_err *err);

#define PICTURE_MAX 4096

/* A file, and which of its bytes may change without a trace. */
struct picture {
	uint8_t p[PICTURE_MAX];
	bool loose[PICTURE_MAX];
	size_t len;
};

static inline void
picture_put(struct picture *f, const void *p, size_t len, bool loose)
{
	assert_true(f->len + len <= PICTURE_MAX);
	memcpy(f->p + f->len, p, len);
	memset(f->loose + f->len, loose, len);
	f->len += len;
}

static inline prov_span
picture_span(const struct picture *f)
{
	return (span(f->p, f->len));
}

static inline prov_identity *
picture_any(identify_fn identify, prov_span file)
{
	prov_identity *id = NULL;
	prov_err err = { 0 };

	if (identify(&id, file, &err) != PROV_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(PROV_IMAGE, id->streams[0].kind);
	return (id);
}

/* Of a file that is one still. */
static inline prov_identity *
picture_identity(identify_fn identify, prov_span file)
{
	prov_identity *id = picture_any(identify, file);

	assert_int_equal(1, id->n);
	assert_int_equal(1, id->streams[0].segments);
	assert_int_equal(1, id->streams[0].frames);
	return (id);
}

static inline bool
present_equal(const prov_present *a, const prov_present *b)
{
	if (a->known != b->known)
		return (false);
	for (unsigned f = 0; f < PROV_FIELD_MAX; f++)
		if ((a->known >> f & 1) != 0 && a->v[f] != b->v[f])
			return (false);
	return (true);
}

static inline bool
root_equal(const prov_identity *a, const prov_identity *b)
{
	return (memcmp(a->streams[0].root, b->streams[0].root, 32) == 0);
}

/* In what a changed animation is still the same. */
struct same {
	bool root, times, present;
	unsigned uncovered; /* bytes of the changed one that nobody signs */
};

/* The blob that times are in holds the leaves, too. */
static inline void
assert_same(const struct same *want, const prov_identity *a,
    const prov_identity *b)
{
	const struct stream *x = &a->streams[0], *y = &b->streams[0];

	assert_int_equal(want->root, root_equal(a, b));
	assert_int_equal(want->times, memcmp(x->timeline, y->timeline, 32) == 0);
	assert_int_equal(want->present, present_equal(&x->present, &y->present));
	assert_int_equal(want->uncovered, b->uncovered);
}

/* Frame times are in the timeline. */
static inline bool
picture_equal(const prov_identity *a, const prov_identity *b)
{
	const struct stream *x = &a->streams[0], *y = &b->streams[0];

	return (a->n == b->n && root_equal(a, b) &&
		a->uncovered == b->uncovered &&
		memcmp(x->timeline, y->timeline, 32) == 0 &&
		memcmp(x->ancillary, y->ancillary, 32) == 0 &&
		present_equal(&x->present, &y->present));
}

static inline void
assert_pictures(identify_fn identify, const struct picture *a,
    const struct picture *b, bool root, bool present)
{
	prov_identity *x = picture_identity(identify, picture_span(a));
	prov_identity *y = picture_identity(identify, picture_span(b));

	assert_int_equal(root, root_equal(x, y));
	if (root)
		assert_memory_equal(x->streams[0].config, y->streams[0].config,
		    32);
	assert_int_equal(present,
	    present_equal(&x->streams[0].present, &y->streams[0].present));
	prov_identity_free(x);
	prov_identity_free(y);
}

static inline void
assert_picture_field(identify_fn identify, const struct picture *f,
    prov_field field, int64_t v)
{
	prov_identity *id = picture_any(identify, picture_span(f));
	const prov_present *p = &id->streams[0].present;

	if ((p->known >> field & 1) == 0 || p->v[field] != v)
		fail_msg("%s: %lld", prov_field_name(field),
		    (long long)p->v[field]);
	prov_identity_free(id);
}

static inline void
assert_picture_refused(identify_fn identify, const struct picture *f,
    prov_status want)
{
	prov_identity *id = NULL;
	prov_err err = { 0 };
	prov_status st = identify(&id, picture_span(f), &err);

	if (st != want)
		fail_msg("%s: %s", prov_strstatus(st), err.msg);
	assert_null(id);
	assert_true(err.msg[0] != '\0');
}

/* Each bit: seen, refused, or in a byte that is loose. */
static inline void
assert_flips_show(identify_fn identify, struct picture *f)
{
	prov_identity *want = picture_any(identify, picture_span(f));
	size_t same = 0;

	for (size_t bit = 0; bit < 8 * f->len; bit++) {
		prov_identity *got = NULL;

		f->p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (identify(&got, picture_span(f), NULL) == PROV_OK &&
		    picture_equal(want, got)) {
			if (!f->loose[bit / 8])
				fail_msg("bit %zu of byte %zu", bit % 8,
				    bit / 8);
			same++;
		}
		f->p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		prov_identity_free(got);
	}
	/* The loose ones are loose. */
	assert_true(same > 0);
	prov_identity_free(want);
}

/* Each prefix: refused, but for those that end behind the image. */
static inline void
assert_cuts_refused(identify_fn identify, const struct picture *f, size_t end)
{
	int64_t inside = 0; /* of the image, what is not covered */

	for (size_t len = 0; len <= f->len; len++) {
		/* A copy of its own, so that tools see what is read behind. */
		uint8_t *copy = malloc(len + 1);
		prov_identity *id = NULL;

		assert_non_null(copy);
		memcpy(copy, f->p, len);
		assert_int_equal(len >= end,
		    identify(&id, span(copy, len), NULL) == PROV_OK);
		if (id != NULL && len == end)
			inside = id->uncovered;
		if (id != NULL)
			assert_int_equal(len - end,
			    id->uncovered - inside);
		prov_identity_free(id);
		free(copy);
	}
}

/* A file of the shared corpus; false, and a remark, where there is none. */
static inline bool
corpus_read(struct buf *b, const char *name)
{
	const char *root = getenv("PROV_SHARED");
	char path[512];

	if (root == NULL || *root == '\0') {
		print_message("# PROV_SHARED is not set: no real files\n");
		return (false);
	}
	snprintf(path, sizeof(path), "%s/%s", root, name);
	if (file_read(b, path, 16UL << 20, NULL) == PROV_OK)
		return (true);
	print_message("# %s is not there\n", name);
	return (false);
}

#endif
