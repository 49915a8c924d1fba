/* SPDX-License-Identifier: ISC */
/* A run of the index that somebody changed, under a digest that is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>

#include "ledger/run.h"
#include "logged.h"
#include "refused.h"

#define RECORDS 3U
#define END     5U
#define DIGEST  32U
#define ASSETS  RUN_HEAD /* where the section begins */
#define LONGEST 8U
#define NAME    "index/0-5"

static char dir[64], file[96];
static struct buf whole;

static int
begin(void **state)
{
	struct records r = { 0 };
	uint8_t key[32];

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/prov-runs.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return (-1);
	snprintf(file, sizeof(file), "%s/index", dir);
	assert_int_equal(0, mkdir(file, 0755));
	snprintf(file, sizeof(file), "%s/" NAME, dir);
	for (uint64_t i = 0; i < RECORDS; i++) {
		logged_asset(key, i);
		records_add(&r, INDEX_ASSET, key, i);
	}
	records_sort(&r);
	ok(run_encode(&whole, 0, END, &r, err));
	records_clear(&r);
	return (0);
}

static int
end(void **state)
{
	(void)state;
	buf_free(&whole);
	return (nftw(dir, logged_remove, 16, FTW_DEPTH | FTW_PHYS));
}

static void
write_run(prov_span bytes)
{
	ok(file_write(file, bytes, 0644, 0, err));
}

/* The run with some bytes at a place changed, and its digest made again. */
static void
change(struct buf *b, size_t at, const void *p, size_t len)
{
	b->len = 0;
	buf_put_span(b, buf_span(&whole));
	ok(buf_done(b, err));
	assert_true(at + len <= b->len - DIGEST);
	memcpy(b->p + at, p, len);
	ok(sha256_of(b->p + b->len - DIGEST, span(b->p, b->len - DIGEST), err));
	write_run(buf_span(b));
}

static prov_status
check(prov_err *err)
{
	AUTO_FD int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct run_info run;

	return (run_check(&run, fd, err));
}

static prov_status
decode(const struct buf *b, prov_err *err)
{
	struct run_info run;

	return (run_decode(&run, NULL, buf_span(b), err));
}

static const struct edit {
	size_t at;
	uint8_t to[LONGEST];
	size_t len;
	const char *words, *checked; /* of decoding, of a file's check */
} edits[] = {
	{ 0, "prov-ruN", 8, "not a run of version 3", "not a run of version" },
	{ 11, { RUN_VERSION + 1 }, 1, "not a run of", "not a run of version" },
	{ 24, { 0 }, 8, "with a malformed head", "with a malformed head" },
	{ 32, { 0, 0, 0, 1 }, 4, "a run of 4294967299 records",
	    "a run of 4294967299 records" },
	{ 39, { RECORDS - 1 }, 1, "where its head says",
	    "where its head says" },
	/* The first record's entry, which is none of the run's. */
	{ ASSETS + 15, { END }, 1, "", "a record is out of order or place" },
	/* Its key, which is the greatest then. */
	{ ASSETS, { 255, 255, 255, 255, 255, 255, 255, 255 }, 8, "",
	    "a record is out of order or place" },
	/* The filter. */
	{ ASSETS + RECORDS * RUN_RECORD, { 0 }, 8, "the filter of the run",
	    "its filter is not that of its assets" },
};

static void
edited(void **state)
{
	AUTO_BUF b = { 0 };

	(void)state;
	write_run(buf_span(&whole));
	ok(check(err));
	ok(decode(&whole, err));
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		const struct edit *e = &edits[i];

		change(&b, e->at, e->to, e->len);
		refused(PROV_EUNTRUSTED, e->words, decode(&b, err));
		refused(PROV_EUNTRUSTED, e->checked, check(err));
	}
}

static void
cut_short(void **state)
{
	struct run_info run;
	int fd = -1;

	(void)state;
	write_run(span(whole.p, RUN_HEAD + DIGEST - 1));
	refused(PROV_EUNTRUSTED, "is cut short", check(err));
	write_run(span(whole.p, RUN_HEAD - 1));
	refused(PROV_EUNTRUSTED, NAME " is cut short",
	    run_open(&fd, &run, dir, 0, END, err));
	refused(PROV_EIO, "a run", run_check(&run, -1, err));
}

/* Under the name of another. */
static void
another(void **state)
{
	uint8_t more[8] = { 0, 0, 0, 0, 0, 0, 0, END + 1 };
	struct run_info run;
	AUTO_BUF b = { 0 };
	int fd = -1;

	(void)state;
	change(&b, 24, more, sizeof(more));
	ok(decode(&b, err));
	refused(PROV_EUNTRUSTED, "holds another run",
	    run_read(&run, NULL, dir, 0, END, err));
	refused(PROV_EUNTRUSTED, "holds another run",
	    run_open(&fd, &run, dir, 0, END, err));
}

/* A look-up reads no more than it has to, and believes no entry outside. */
static void
looked_up(void **state)
{
	uint64_t key = be64(whole.p + ASSETS);
	uint8_t out[1] = { END };
	AUTO_BUF b = { 0 }, hits = { 0 };

	(void)state;
	write_run(buf_span(&whole));
	ok(run_find(dir, 0, END, INDEX_ASSET, key, &hits, err));
	assert_int_equal(sizeof(uint64_t), hits.len);
	change(&b, ASSETS + 15, out, 1);
	refused(PROV_EUNTRUSTED, "is damaged; remove index/",
	    run_find(dir, 0, END, INDEX_ASSET, key, &hits, err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edited),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(another),
		cmocka_unit_test(looked_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, begin, end));
}
