/* SPDX-License-Identifier: ISC */
/* What is a piece of a signed original, and what only looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compared.h"
#include "verify/clip.h"

/* A signed original of ten seconds, and a file. */
struct pieces {
	struct manifest m;
	struct stream was[2], is[2];
	prov_identity id;
	struct timeline *tl[2];
	struct pairing *p;
	struct clip c;
};

static const int V[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
static const int A[] = { 51, 52, 53, 54, 55, 56, 57, 58, 59, 60 };

static void
begin(struct pieces *x, const int *video, size_t n, const int *sound, size_t k)
{
	memset(x, 0, sizeof(*x));
	compared_video(&x->was[0], V, 10);
	compared_audio(&x->was[1], A, 10);
	compared_video(&x->is[0], video, n);
	compared_audio(&x->is[1], sound, k);
	for (size_t i = 0; i < 2; i++)
		x->is[i].tl->dull = calloc(8, 1);
	strcpy(x->m.format, "mp4");
	strcpy(x->id.format, "matroska");
	x->m.streams = x->was;
	x->id.streams = x->is;
	x->m.n_streams = x->id.n = 2;
	x->tl[0] = x->was[0].tl;
	x->tl[1] = x->was[1].tl;
}

static bool
judged(struct pieces *x)
{
	assert_int_equal(pairing_new(&x->p, &x->m, x->tl, &x->id, NULL),
	    PROV_OK);
	assert_int_equal(clip_judge(&x->c, x->p, &x->m, &x->id, NULL), PROV_OK);
	return (x->c.holds);
}

static void
end(struct pieces *x)
{
	pairing_free(x->p);
	for (size_t i = 0; i < 2; i++) {
		stream_clear(&x->was[i]);
		stream_clear(&x->is[i]);
	}
}

/* Another clock or length: what follows from it is made again. */
static void
forget(struct timeline *tl)
{
	free(tl->runs);
	free(tl->unit_at);
	free(tl->run_at);
	tl->runs = NULL;
	tl->n_runs = 0;
	tl->unit_at = tl->run_at = NULL;
}

static void
cut_picture(struct timeline *tl, size_t k, uint64_t units)
{
	int64_t ns[10 * FPS];

	tl->total -= tl->units[k] - units;
	tl->units[k] = units;
	for (size_t i = 0; i < tl->total; i++)
		ns[i] = (int64_t)i * SECOND / FPS;
	forget(tl);
	compared_times(tl, ns);
}

static void
cut_sound(struct stream *s, size_t k, uint64_t units, int64_t start)
{
	struct timeline *tl = s->tl;

	tl->total -= tl->units[k] - units;
	tl->units[k] = units;
	s->samples = tl->total;
	forget(tl);
	compared_run(tl, start, tl->total);
}

static const int V_CUT[] = { 3, 4, 5, 6, 99 };
static const int A_CUT[] = { 98, 54, 55, 56, 97 };

static void
a_cut(void **state)
{
	struct pieces x;

	(void)state;
	begin(&x, V_CUT, 5, A_CUT, 5);
	cut_picture(x.is[0].tl, 4, 10);
	cut_sound(&x.is[1], 0, RATE / 2, SECOND / 2);
	cut_sound(&x.is[1], 4, RATE / 2, SECOND / 2);
	assert_true(judged(&x));
	assert_int_equal(x.c.late, -2 * SECOND);
	assert_int_equal(x.c.at[0].first, 0);
	assert_int_equal(x.c.at[0].n, 4);
	assert_int_equal(x.c.at[0].at, 2);
	assert_int_equal(x.c.at[0].source.from, 2 * SECOND);
	assert_int_equal(x.c.at[0].source.to, 6 * SECOND);
	assert_int_equal(x.c.at[0].n_edges, 1);
	assert_int_equal(x.c.at[0].edges[0].from, 4 * SECOND);
	assert_int_equal(x.c.at[1].source.from, 3 * SECOND);
	assert_int_equal(x.c.at[1].source.to, 6 * SECOND);
	assert_int_equal(x.c.at[1].n_edges, 2);
	end(&x);
}

/* Pictures that were signed one by one, in a file where nobody told them. */
static void
frames_not_told(void **state)
{
	struct pieces x;

	(void)state;
	begin(&x, V_CUT, 5, A_CUT, 5);
	cut_picture(x.is[0].tl, 4, 10);
	cut_sound(&x.is[1], 0, RATE / 2, SECOND / 2);
	cut_sound(&x.is[1], 4, RATE / 2, SECOND / 2);
	x.was[0].tl->frames = calloc(x.was[0].tl->total, TIMELINE_FRAME_LEN);
	assert_false(judged(&x));
	assert_true(findings_has(&x.c.why, REASON_CLIP_UNPROVEN));
	end(&x);
}

/* Nothing but the reason that is named keeps each of these from being one. */
static void
no_cut(struct pieces *x, enum reason why)
{
	assert_false(judged(x));
	assert_true(findings_has(&x->c.why, why));
	end(x);
}

static void
glued(void **state)
{
	static const int two[] = { 3, 4, 7, 8 }, last[] = { 3, 4, 5, 9 };
	static const int turned[] = { 4, 3, 5, 6 }, strange[] = { 3, 4, 99, 5 };
	static const int sound[] = { 53, 54, 55, 56 };
	static const int *const videos[] = { two, last, turned, strange };
	struct pieces x;

	(void)state;
	for (size_t i = 0; i < sizeof(videos) / sizeof(videos[0]); i++) {
		begin(&x, videos[i], 4, sound, 4);
		no_cut(&x, REASON_CLIP_UNPROVEN);
	}
}

/* As much as was there, and something else: replaced, not cut. */
static void
replaced(void **state)
{
	static const int first[] = { 99, 2, 3, 4, 5 };
	static const int more[] = { 7, 8, 9, 10, 99 };
	static const int video[] = { 7, 8, 9, 10 };
	static const int sound[] = { 57, 58, 59, 60 };
	static const int behind[] = { 57, 58, 59, 60, 99 };
	static const int before[] = { 51, 52, 53, 54, 55 };
	static const int noise[] = { 98, 52, 53, 54, 55 };
	struct pieces x;

	(void)state;
	begin(&x, first, 5, before, 5);
	no_cut(&x, REASON_CLIP_UNPROVEN);
	begin(&x, more, 5, sound, 4);
	cut_picture(x.is[0].tl, 4, 10);
	no_cut(&x, REASON_CLIP_UNPROVEN);
	begin(&x, video, 4, behind, 5);
	no_cut(&x, REASON_CLIP_UNPROVEN);
	begin(&x, V, 5, noise, 5);
	no_cut(&x, REASON_CLIP_UNPROVEN);
	begin(&x, V, 5, before, 5);
	assert_true(judged(&x));
	end(&x);
}

/* Half a segment's pictures are a rest of it, but not for ten seconds each. */
static void
slow_edge(void **state)
{
	static const int video[] = { 3, 4, 5, 6, 99 };
	static const int sound[] = { 53, 54, 55, 56 };
	const int64_t steps[] = { SECOND / FPS, 10 * SECOND };
	int64_t ns[4 * FPS + 10];
	struct pieces x;

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		begin(&x, video, 5, sound, 4);
		cut_picture(x.is[0].tl, 4, 10);
		for (size_t i = 0; i < 4 * FPS + 10; i++)
			ns[i] = i < 4 * FPS
			            ? (int64_t)i * SECOND / FPS
			            : 4 * SECOND +
			                  (int64_t)(i - 4 * FPS) * steps[k];
		forget(x.is[0].tl);
		compared_times(x.is[0].tl, ns);
		if (k == 1) {
			no_cut(&x, REASON_CLIP_UNPROVEN);
			continue;
		}
		assert_true(judged(&x));
		end(&x);
	}
}

static void
sound_of_elsewhere(void **state)
{
	static const int video[] = { 3, 4, 5, 6 };
	static const int later[] = { 54, 55, 56, 57 };
	static const int strange[] = { 95, 96, 97, 98 };
	struct pieces x;

	(void)state;
	begin(&x, video, 4, later, 4);
	no_cut(&x, REASON_TIMING_OFFSET);
	begin(&x, video, 4, strange, 4);
	no_cut(&x, REASON_CLIP_UNPROVEN);
}

static void
other_times(void **state)
{
	int64_t ns[4 * FPS];
	static const int video[] = { 3, 4, 5, 6 };
	static const int sound[] = { 53, 54, 55, 56 };
	struct pieces x;

	(void)state;
	for (size_t i = 0; i < 4 * FPS; i++)
		ns[i] = (int64_t)i * SECOND / FPS + (i == 60 ? 20000000 : 0);
	begin(&x, video, 4, sound, 4);
	forget(x.is[0].tl);
	compared_times(x.is[0].tl, ns);
	no_cut(&x, REASON_TIMING_FRAMES);
}

/* What everybody has proves nothing, and without looking all of it is so. */
static void
dull(void **state)
{
	static const int video[] = { 3, 4, 5, 6 };
	static const int sound[] = { 53, 54, 55, 56 };
	struct pieces x;

	(void)state;
	begin(&x, video, 4, sound, 4);
	memset(x.is[0].tl->dull, 0xff, 8);
	no_cut(&x, REASON_CLIP_UNPROVEN);
	begin(&x, video, 4, sound, 4);
	free(x.is[0].tl->dull);
	x.is[0].tl->dull = NULL;
	no_cut(&x, REASON_CLIP_UNPROVEN);
	/* Silence beside pictures is found by when it is heard. */
	begin(&x, video, 4, sound, 4);
	memset(x.is[1].tl->dull, 0xff, 8);
	assert_true(judged(&x));
	end(&x);
}

static void
streams_and_presentation(void **state)
{
	static const int video[] = { 3, 4, 5, 6 };
	static const int sound[] = { 53, 54, 55, 56 };
	struct pieces x;

	(void)state;
	begin(&x, video, 4, sound, 4);
	x.id.n = 1;
	no_cut(&x, REASON_STREAMS_MISSING);
	begin(&x, video, 4, sound, 4);
	x.m.n_streams = 1;
	no_cut(&x, REASON_STREAMS_ADDED);
	begin(&x, video, 4, sound, 4);
	prov_present_set(&x.is[0].present, PROV_ROTATION, 90);
	no_cut(&x, REASON_ROTATION);
	begin(&x, video, 4, sound, 4);
	prov_present_set(&x.is[0].present, PROV_EDITED, 1);
	no_cut(&x, REASON_EDITED);
	begin(&x, video, 4, sound, 4);
	prov_present_set(&x.is[0].present, PROV_EDITED, 6);
	no_cut(&x, REASON_EDITED);
	begin(&x, video, 4, sound, 4);
	prov_present_set(&x.is[0].present, PROV_EDITED, 2);
	assert_true(judged(&x));
	end(&x);
	begin(&x, video, 4, sound, 4);
	x.is[0].config[0] = 1;
	no_cut(&x, REASON_CONFIG_CHANGED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cut),
		cmocka_unit_test(frames_not_told),
		cmocka_unit_test(glued),
		cmocka_unit_test(replaced),
		cmocka_unit_test(slow_edge),
		cmocka_unit_test(sound_of_elsewhere),
		cmocka_unit_test(other_times),
		cmocka_unit_test(dull),
		cmocka_unit_test(streams_and_presentation),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
