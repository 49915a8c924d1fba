/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_COMPARED_H
#define PROV_TESTS_COMPARED_H

/*
 * Streams made by hand: 25 frames a second in segments of 25, or sound of
 * 48,000 samples a second in segments of one second. A segment's leaf is told
 * by its number.
 */
#include <stdlib.h>
#include <string.h>

#include "hash/tree.h"
#include "verify/pairing.h"

#define SECOND INT64_C(1000000000)
#define FPS    25
#define RATE   48000

static inline void
compared_leaves(struct timeline *tl, const int *ids, size_t n, uint64_t each)
{
	free(tl->leaves);
	free(tl->units);
	tl->n = n;
	tl->leaves = calloc(n + 1, 32);
	tl->units = calloc(n + 1, sizeof(*tl->units));
	tl->total = n * each;
	for (size_t i = 0; i < n; i++) {
		memset(tl->leaves + i * 32, ids[i], 32);
		tl->units[i] = each;
	}
}

static inline void
compared_stream(struct stream *s, prov_kind kind, struct timeline *tl)
{
	*s = (struct stream){ .kind = kind, .tl = tl, .segments = tl->n,
		.frames = tl->total };
	strcpy(s->codec, kind == PROV_VIDEO ? "h264" : "aac");
	strcpy(s->canon, kind == PROV_VIDEO ? "h264/1" : "aac/1");
	strcpy(s->rule, kind == PROV_VIDEO ? "rap/1" : "cdc/1");
	s->duration_ns = (int64_t)tl->n * SECOND;
	if (kind == PROV_AUDIO) {
		s->rate = RATE;
		s->samples = tl->total;
	} else {
		prov_present_set(&s->present, PROV_WIDTH, 640);
		prov_present_set(&s->present, PROV_HEIGHT, 360);
	}
	if (tree_root(s->root, tl->leaves, tl->n, NULL) != PROV_OK)
		abort();
}

/* One time for each frame; ns is taken as it is. */
static inline void
compared_times(struct timeline *tl, const int64_t *ns)
{
	if (timeline_set_times(tl, ns, tl->total, NULL) != PROV_OK)
		abort();
}

static inline void
compared_video(struct stream *s, const int *ids, size_t n)
{
	struct timeline *tl = calloc(1, sizeof(*tl));
	int64_t *ns = calloc(n * FPS + 1, sizeof(*ns));

	compared_leaves(tl, ids, n, FPS);
	for (size_t i = 0; i < n * FPS; i++)
		ns[i] = (int64_t)i * SECOND / FPS;
	compared_times(tl, ns);
	free(ns);
	compared_stream(s, PROV_VIDEO, tl);
}

static inline void
compared_run(struct timeline *tl, int64_t start, uint64_t samples)
{
	struct run r = { start, SECOND, RATE, samples };

	if (timeline_add_run(tl, &r, NULL) != PROV_OK ||
	    timeline_index(tl, NULL) != PROV_OK)
		abort();
}

static inline void
compared_audio(struct stream *s, const int *ids, size_t n)
{
	struct timeline *tl = calloc(1, sizeof(*tl));

	compared_leaves(tl, ids, n, RATE);
	compared_run(tl, 0, n * RATE);
	compared_stream(s, PROV_AUDIO, tl);
}

/* The same sound with other runs. */
static inline void
compared_no_runs(struct stream *s)
{
	free(s->tl->runs);
	s->tl->runs = NULL;
	s->tl->n_runs = 0;
}

static inline struct comparison *
compared(const struct stream *was, const struct stream *is)
{
	const struct shown a = { "mp4", was, was->tl };
	const struct shown b = { "matroska", is, is->tl };
	struct comparison *c = calloc(1, sizeof(*c));

	if (c == NULL || compare_stream(c, &a, &b, NULL) != PROV_OK)
		abort();
	return (c);
}

#endif
