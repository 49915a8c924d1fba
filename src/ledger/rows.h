/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_ROWS_H
#define PROV_LEDGER_ROWS_H

#include "ledger/damage.h"
#include "ledger/index.h"
#include "ledger/scan.h"

/*
 * The index's runs against what the entries are found by. The records of
 * entries are held until a run ends, or there are ROWS_SLICE of either; then
 * they are sorted, and what the run has of these entries is read beside them.
 * So 48 MiB are held, and what the last tile added, however large a run is.
 */
#define ROWS_SLICE (UINT64_C(1) << 20)

struct rows {
	const char *dir;
	uint64_t size; /* entries behind it are not ours to judge */
	struct damage *found;
	struct index index; /* as listed at the start */
	int *fd;            /* of each run, open since then; -1 */
	size_t run;         /* the run that is being compared */
	bool formed, good;  /* that one's form was looked at; and is right */
	uint64_t lo;        /* the first entry whose records are held */
	uint64_t end;       /* behind the last one */
	struct records want;
	struct buf lacking; /* uint64_t */
	struct buf holes;   /* uint64_t: tiles that are not compared */
	struct buf temp;    /* for sorting */
	uint64_t compared;  /* runs */
	uint64_t bad;       /* things found */
};

prov_status rows_open(struct rows *r, const char *dir, uint64_t size,
    struct damage *found, prov_err *err);
void rows_clear(struct rows *r);

/* The next tile's; not to be believed where it is a hole. */
prov_status rows_add(struct rows *r, const struct scanned *t, bool hole,
    prov_err *err);

/* After the last tile. */
prov_status rows_finish(struct rows *r, prov_err *err);

#endif
