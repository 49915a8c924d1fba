/* SPDX-License-Identifier: ISC */
#ifndef PROV_WITNESS_VAULT_H
#define PROV_WITNESS_VAULT_H

#include "ledger/checkpoint.h"
#include "sign/cosignature.h"

/*
 * What a witness must never forget: for each origin the last checkpoint that it
 * cosigned, with that cosignature, in DIR/origins/HEX, where HEX is the
 * SHA-256 of the origin. DIR/vkey says whose it is, and DIR/lock is held from
 * reading a record until the next one is on the disk. A vault is made once: one
 * that is gone is not made again in passing, for the witness would cosign a
 * second history.
 */
#define VAULT_WAIT_MS 10000

struct record {
	bool known; /* the rest is there */
	struct checkpoint at;
	int64_t time;    /* of the cosignature */
	struct buf note; /* the checkpoint: the log's and the own signature */
};

/* Makes an empty vault; PROV_EEXIST if one is there. */
prov_status vault_init(const char *dir, const struct cosigner *key,
    prov_err *err);

/* PROV_ENOTFOUND without a vault, PROV_EUNTRUSTED if it is another key's. */
prov_status vault_check(const char *dir, const struct cosigner *key,
    prov_err *err);

/*
 * Storage behind a vault, so that tests can fail or end the process between
 * its steps. enter waits for the lock; leave gives it up.
 */
struct vault_ops {
	prov_status (*enter)(int *lock, const char *dir, prov_err *err);
	void (*leave)(int *lock);
	/* PROV_ENOTFOUND if there is none. */
	prov_status (*load)(struct buf *note, const char *dir,
	    const char name[65], prov_err *err);
	/* On the disk when it returns PROV_OK; else the old one still is. */
	prov_status (*save)(const char *dir, const char name[65],
	    prov_span note, prov_err *err);
};

extern const struct vault_ops vault_files;

/* Hex of the SHA-256 of an origin. */
prov_status vault_name(char name[65], const char *origin, prov_err *err);

/*
 * Reads a record, checked by the witness's own cosignature on it. PROV_OK and
 * not known where there is none yet.
 */
prov_status vault_load(struct record *out, const struct vault_ops *ops,
    const char *dir, const char name[65], const struct cosigner *key,
    prov_err *err);

#endif
