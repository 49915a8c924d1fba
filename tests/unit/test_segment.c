/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "ledger/segment.h"
#include "signed.h"

/* The timeline of a signed WAV, from its sidecar. */
static struct timeline *
timeline_in(const struct desk *d, const char *sidecar)
{
	AUTO_BUF bytes = { 0 };
	struct timeline *tl = NULL;
	struct sidecar s;

	assert_true(desk_read(&bytes, d, sidecar));
	ok(sidecar_decode(&s, buf_span(&bytes), err));
	assert_int_equal(1, s.n_timelines);
	ok(timeline_decode(&tl, s.timelines[0], err));
	return (tl);
}

/* Where in the ledger at dir the leaves lead to; how many hits. */
static size_t
look_up(const char *dir, const prov_key *log, const struct timeline *tl,
    uint64_t *index)
{
	AUTO(prov_ledger) *l = NULL;
	AUTO_BUF hits = { 0 };
	const struct segment_hit *at;
	size_t n;

	ok(prov_ledger_open(&l, dir, prov_key_public(log), err));
	ok(ledger_segments(l, tl->leaves, tl->n, &hits, err));
	at = (const struct segment_hit *)(const void *)hits.p;
	n = hits.len / sizeof(*at);
	for (size_t i = 0; i < n; i++)
		assert_true(at[i].seed < tl->n);
	*index = n > 0 ? at[0].index : UINT64_MAX;
	return (n);
}

static size_t
keys_in(const struct timeline *tl)
{
	size_t n = 0;

	for (uint64_t k = 0; k < tl->n; k++)
		n += segment_is_key(tl->leaves + k * 32, k);
	return (n);
}

/* What is signed is found by its segments, and by nothing else's. */
static void
found_by_segments(void **state)
{
	AUTO_TIMELINE *a = NULL, *b = NULL;
	uint64_t index;
	struct desk d;

	(void)state;
	assert_true(desk_open(&d));
	assert_true(desk_put_wav(&d, "a.wav", 1, NULL));
	assert_true(desk_put_wav(&d, "b.wav", 2, NULL));
	assert_true(desk_sign(&d, "a.wav"));
	a = timeline_in(&d, "a.wav.prov");
	assert_true(a->n > 4);
	assert_int_equal(keys_in(a), look_up(d.g.path, d.g.log, a, &index));
	assert_int_equal(1, index);
	assert_true(desk_sign(&d, "b.wav"));
	b = timeline_in(&d, "b.wav.prov");
	assert_int_equal(keys_in(b), look_up(d.g.path, d.g.log, b, &index));
	assert_int_equal(2, index);
	desk_close(&d);
}

/* What many have tells nobody apart: from the ninth entry on it leads nowhere.
 */
static void
shared_by_many(void **state)
{
	AUTO_TIMELINE *tl = NULL;
	char title[16], name[16];
	uint64_t index;
	size_t hits;
	struct desk d;

	(void)state;
	assert_true(desk_open(&d));
	for (int i = 1; i <= SEGMENT_SHARED_MAX + 1; i++) {
		snprintf(name, sizeof(name), "%d.wav", i);
		snprintf(title, sizeof(title), "title %02d", i);
		assert_true(desk_put_wav(&d, name, 1, title));
		assert_true(desk_sign(&d, name));
		if (tl == NULL)
			tl = timeline_in(&d, "1.wav.prov");
		hits = look_up(d.g.path, d.g.log, tl, &index);
		assert_int_equal(hits,
		    i <= SEGMENT_SHARED_MAX ? keys_in(tl) * (size_t)i : 0);
	}
	desk_close(&d);
}

static void
check(const struct desk *d, prov_status want)
{
	AUTO(prov_ledger) *l = NULL;
	prov_err why = { 0 };
	prov_status st;

	ok(prov_ledger_open(&l, d->g.path, prov_key_public(d->g.log), err));
	st = prov_ledger_check(l, NULL, NULL, NULL, &why);
	if (st != want)
		fail_msg("%d, not %d: %s", (int)st, (int)want, why.msg);
}

/* A run without one of its segments, or with one that is nobody's. */
static void
put_run(const struct desk *d, prov_span whole, bool less)
{
	struct records r = { 0 };
	struct run_info run;
	AUTO_BUF b = { 0 };
	uint8_t key[32] = { 7 };

	ok(run_decode(&run, &r, whole, err));
	assert_true(run.n[INDEX_SEGMENT] > 1);
	if (less)
		r.of[INDEX_SEGMENT].len -= sizeof(struct record);
	else
		records_add(&r, INDEX_SEGMENT, key, 1);
	records_sort(&r);
	ok(run_encode(&b, run.begin, run.end, &r, err));
	assert_true(logged_write(&d->g, "index/0-2", buf_span(&b)));
	records_clear(&r);
}

static void
checked_with_the_ledger(void **state)
{
	AUTO_BUF whole = { 0 };
	AUTO_TIMELINE *tl = NULL;
	AUTO_BUF blob = { 0 };
	char hex[65], name[128];
	uint8_t digest[32];
	struct desk d;

	(void)state;
	assert_true(desk_open(&d));
	assert_true(desk_put_wav(&d, "a.wav", 1, NULL));
	assert_true(desk_sign(&d, "a.wav"));
	check(&d, PROV_OK);
	assert_true(logged_read(&whole, &d.g, "index/0-2"));
	put_run(&d, buf_span(&whole), true);
	check(&d, PROV_EUNTRUSTED);
	put_run(&d, buf_span(&whole), false);
	check(&d, PROV_EUNTRUSTED);
	assert_true(logged_write(&d.g, "index/0-2", buf_span(&whole)));
	/* Timelines may be deleted: what was indexed by them stands. */
	tl = timeline_in(&d, "a.wav.prov");
	timeline_encode(&blob, tl);
	ok(sha256_of(digest, buf_span(&blob), err));
	hex_encode(hex, digest, 32);
	snprintf(name, sizeof(name), "blobs/%.2s/%s", hex, hex);
	assert_int_equal(0, unlink(logged_path(&d.g, name)));
	check(&d, PROV_OK);
	desk_close(&d);
}

/* A sidecar that is appended elsewhere brings its timelines along. */
static void
appended_elsewhere(void **state)
{
	AUTO_BUF bytes = { 0 };
	AUTO_TIMELINE *tl = NULL;
	AUTO(prov_ledger) *l = NULL;
	struct desk d, e;
	prov_entry entry;
	prov_span file;
	uint64_t index;

	(void)state;
	assert_true(desk_open(&d));
	assert_true(desk_open(&e));
	assert_true(desk_put_wav(&d, "a.wav", 1, NULL));
	assert_true(desk_sign(&d, "a.wav"));
	assert_true(desk_read(&bytes, &d, "a.wav.prov"));
	tl = timeline_in(&d, "a.wav.prov");
	file = buf_span(&bytes);
	ok(prov_ledger_open_writer(&l, e.g.path, e.g.log, err));
	ok(prov_ledger_append_files(l, &file, 1, 10000, &entry, err));
	assert_int_equal(1, entry.index);
	assert_int_equal(keys_in(tl), look_up(e.g.path, e.g.log, tl, &index));
	/* The statement alone would not have. */
	check(&e, PROV_OK);
	desk_close(&d);
	prov_ledger_close(l);
	l = NULL;
	desk_close(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_by_segments),
		cmocka_unit_test(shared_by_many),
		cmocka_unit_test(checked_with_the_ledger),
		cmocka_unit_test(appended_elsewhere),
	};

	desk_worker();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
