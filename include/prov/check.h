/* SPDX-License-Identifier: ISC */
#ifndef PROV_CHECK_H
#define PROV_CHECK_H

#include <prov/ledger.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What to do about a difference. */
typedef enum prov_remedy {
	PROV_REMEDY_REPAIR = 1, /* it is derived: prov_ledger_repair */
	PROV_REMEDY_COPY,       /* copy the ledger anew from where it came */
	PROV_REMEDY_RECOVER,    /* ledger.db itself is damaged: use a copy */
	PROV_REMEDY_REMOVE,     /* remove the file, or copy it anew */
	PROV_REMEDY_NONE,       /* it is logged so, and stays */
	PROV_REMEDY_READ        /* it could not be read: see to that first */
} prov_remedy;

/*
 * One thing that is not as it follows from the entries or, where the remedy is
 * PROV_REMEDY_READ, that could not be read and may be right.
 */
typedef struct prov_difference {
	const char *code; /* "tile", "index", ...: see prov-ledger(1) */
	const char *path; /* under the ledger's directory */
	uint64_t entry;   /* UINT64_MAX: no certain one */
	const char *what;
	prov_remedy remedy;
} prov_difference;

typedef void (*prov_difference_fn)(void *arg, const prov_difference *d);

typedef struct prov_inspection {
	unsigned threads; /* 0: one for each processor, at most 8 */
	int signatures;   /* verify each statement, too */
	/* Each may be NULL. phase is "entries" or "signatures". */
	void (*progress)(void *arg, const char *phase, uint64_t done,
	    uint64_t total);
	prov_difference_fn difference; /* the first 1,000, when all is done */
	void (*wrote)(void *arg, const char *path); /* repairing */
	void *arg;
} prov_inspection;

typedef struct prov_inspected {
	uint64_t size; /* of the checkpoint that was checked */
	uint8_t root[32];
	uint64_t tiles, runs, blobs, checkpoints, signatures; /* compared */
	uint64_t differences;
	uint64_t unreadable;  /* files that could not be read: no differences */
	uint64_t unpublished; /* entries that the store has behind size */
	int store;            /* ledger.db was there, and was compared */
	int sound; /* nothing but what is derived differs: it can be repaired */
} prov_inspected;

/*
 * Rebuilds every hash of the ledger in dir from its entries, and compares
 * tiles, bundles, index, blobs and checkpoints; where dir/ledger.db is and may
 * be written, that as well, under the lock for moments only. PROV_OK where
 * nothing differs, PROV_EUNTRUSTED with the first difference in err; where a
 * file could not be read, PROV_EIO or PROV_EOPEN with the first of those.
 */
PROV_API PROV_MUST_USE prov_status prov_ledger_inspect(const char *dir,
    const prov_pubkey *log, const prov_inspection *how, prov_inspected *out,
    prov_err *err);

/*
 * Inspects, and makes tlog/ and index/ anew where they differ, then inspects
 * again. Entries are never written: PROV_EUNTRUSTED where they are damaged. The
 * index stays as it is where a blob cannot be read.
 */
PROV_API PROV_MUST_USE prov_status prov_ledger_repair(const char *dir,
    const prov_pubkey *log, const prov_inspection *how, prov_inspected *out,
    prov_err *err);

#ifdef __cplusplus
}
#endif
#endif
