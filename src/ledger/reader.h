/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_READER_H
#define PROV_LEDGER_READER_H

#include <sys/stat.h>

#include "ledger/index.h"
#include "ledger/ledger.h"
#include "ledger/view.h"
#include "prov/check.h"

struct writer;

/*
 * The reading half. The writing half hangs on it by pointers, so that who
 * only reads does not link it, nor the private keys that it uses.
 */
struct prov_ledger {
	char *dir;  /* absolute */
	int dir_fd; /* the same, to look from; -1: from the path alone */
	prov_pubkey key;
	struct view view;
	struct buf note;  /* the verified checkpoint; empty before the first */
	struct stat seen; /* its file as it was last read */
	int64_t seen_ms;  /* and when */
	struct index index;
	struct writer *writer; /* NULL: opened for reading */
	void (*writer_close)(prov_ledger *l);
	prov_status (*writer_check)(prov_ledger *l, const prov_inspection *how,
	    prov_inspected *out, prov_err *err);
	prov_status (*writer_cosign)(prov_ledger *l, prov_span lines,
	    unsigned wait_ms, prov_err *err);
};

/* A ledger that has read nothing yet. */
prov_status reader_new(prov_ledger **out, const char *dir,
    const prov_pubkey *key, prov_err *err);

/*
 * A checkpoint that key signed; PROV_EUNTRUSTED "ledger.untrusted: ..." where
 * it is another log's, else "ledger.invalid: ...".
 */
prov_status reader_verify(const prov_pubkey *key, struct checkpoint *c,
    prov_span note, prov_err *err);

/* Stands at a checkpoint that was verified under l->key. */
prov_status reader_stand(prov_ledger *l, const struct checkpoint *at,
    prov_span note, prov_err *err);

/* Reads the first checkpoint, where that was not done yet. */
prov_status reader_ready(prov_ledger *l, prov_err *err);

/*
 * Does op. Where a file was gone, the log may have grown: reads the checkpoint
 * again, a few times, and what is gone then is PROV_EUNTRUSTED.
 */
typedef prov_status (*reader_op)(prov_ledger *l, void *arg, prov_err *err);
prov_status reader_do(prov_ledger *l, reader_op op, void *arg, prov_err *err);

/* The tlog-proof of entry i, appended to out. */
prov_status reader_prove(prov_ledger *l, uint64_t i, struct buf *out,
    prov_err *err);

#endif
