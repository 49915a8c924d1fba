/* SPDX-License-Identifier: ISC */
/*
 * Parts of the ledger whose failure what is around them would hide, with each
 * allocation failing in turn: what is told as done is done, wholly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../unit/timelines.h"
#include "chore.h"
#include "ledger/blob.h"
#include "ledger/reader.h"
#include "ledger/segment.h"
#include "ledger/tile.h"

#define ENTRIES 21U

static struct place {
	struct logged g;
	prov_ledger *l;
	struct outline outline;
	/* What came of the work. */
	struct records records;
	bool lacking;
	struct buf entry;
	size_t frame; /* the length of the first in its bundle */
} * p;

/* Each of these begins anew; what it leaves is looked at afterwards. */

static prov_status
do_segments(prov_err *err)
{
	prov_status st;

	records_clear(&p->records);
	if ((st = segment_keys(&p->records, &p->outline, p->g.path, 7,
		 &p->lacking, err)) != PROV_OK)
		return (st);
	return (buf_done(&p->records.of[INDEX_SEGMENT], err));
}

static bool
has_segments(void)
{
	return (!p->lacking && records_n(&p->records, INDEX_SEGMENT) == 2);
}

/* Of a directory that is gone: nothing is published there. */
static prov_status
do_forget(prov_err *err)
{
	prov_status st = prov_ledger_forget(p->l, "no/such/place", err);

	if (st == PROV_OK)
		return (PROV_EINTERNAL);
	return (st == PROV_ENOTFOUND ? PROV_OK : st);
}

static prov_status
do_reread(prov_err *err)
{
	AUTO_FD int fd = -1;
	prov_status st;

	buf_free(&p->entry);
	if ((st = bundle_file(&fd, p->g.path, 0, ENTRIES, err)) != PROV_OK)
		return (st);
	return (bundle_read(&p->entry, fd, 0, p->frame, err));
}

static bool
is_reread(void)
{
	return (p->entry.len + 2 == p->frame);
}

static const struct chore chores[] = {
	{ "segments", FAULTY_MEMORY, NULL, do_segments, has_segments },
	{ "forget", FAULTY_MEMORY, NULL, do_forget, NULL },
	{ "reread", FAULTY_MEMORY, NULL, do_reread, is_reread },
};

/* A timeline in blobs/, which an outline names. */
static void
make_outline(void)
{
	static uint8_t name[32];
	struct stream_outline *s = p->outline.at;
	AUTO_BUF b = { 0 };

	timeline_of_two(&b);
	ok(sha256_of(name, buf_span(&b), err));
	ok(blob_write(p->g.path, buf_span(&b), 0, err));
	p->outline.n = 1;
	s->kind = PROV_VIDEO;
	s->timeline = name;
}

static int
begin(void **state)
{
	prov_ledger *w = NULL;
	AUTO_BUF b = { 0 };

	(void)state;
	logged_in_memory();
	if ((p = calloc(1, sizeof(*p))) == NULL || !logged_open(&p->g))
		return (-1);
	ok(prov_ledger_open_writer(&w, p->g.path, p->g.log, err));
	ok(logged_append(w, p->g.owner, 0, ENTRIES - 1, 50, err));
	prov_ledger_close(w);
	make_outline();
	assert_true(logged_read(&b, &p->g, "tlog/tile/entries/000.p/21"));
	p->frame = be16(b.p) + 2U;
	ok(prov_ledger_open(&p->l, p->g.path, prov_key_public(p->g.log), err));
	ok(prov_ledger_checkpoint(p->l, &(uint64_t){ 0 }, NULL, NULL, err));
	return (0);
}

static int
end(void **state)
{
	(void)state;
	records_clear(&p->records);
	buf_free(&p->entry);
	prov_ledger_close(p->l);
	logged_close(&p->g);
	free(p);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chores_unit_test(chores),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, begin, end));
}
