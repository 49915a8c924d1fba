/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_REVOCATIONS_H
#define PROV_VERIFY_REVOCATIONS_H

#include "ledger/notices.h"
#include "verify/evidence.h"

/* Why a key's signatures count no more, in one log. Names are trust's. */
struct revoked_key {
	uint8_t kid[32];
	uint64_t from; /* in the log that says so; in others: all */
	uint64_t index;
	unsigned reason;
	const char *by;
	bool by_recovery;
};

/* For whose statements on an asset. */
struct taken_down {
	uint8_t asset[32];
	bool whoever; /* by one who may revoke; else the key's */
	uint8_t kid[32];
	uint64_t index;
	unsigned reason;
	const char *by;
	bool by_recovery;
};

/* What revokes a key, as the key itself said in a registration policy. */
struct recovery {
	uint8_t kid[32]; /* whose */
	prov_pubkey key;
};

/*
 * All that one log says against keys and assets, as those believe it who trust
 * as trust says; heeded entry by entry, so that who was revoked is heard no
 * more, and nothing that comes later takes anything back.
 */
struct revocations {
	const prov_trust *trust; /* borrowed */
	struct notices notices;
	size_t heeded;         /* of notices */
	struct buf keys;       /* struct revoked_key */
	struct buf assets;     /* struct taken_down, sorted by asset... */
	size_t sorted;         /* ...as far as this */
	struct buf recoveries; /* struct recovery */
};

void revocations_clear(struct revocations *r);

/* Follows the ledger up to its head. */
prov_status revocations_follow(struct revocations *r, prov_ledger *l,
    prov_err *err);

/*
 * Revokes e where the ledger, of this origin, says so: its key from e's place
 * in that log on, or altogether where e is of another; or its asset.
 */
void revocations_judge(struct revocations *r, const char *origin,
    struct evidence *e);

/* Whether what this key signed at this entry of the ledger is revoked. */
bool revocations_has(const struct revocations *r, const uint8_t kid[32],
    uint64_t index);

/* Heeds one entry of the log; exposed for tests. */
prov_status revocations_heed(struct revocations *r, const char *origin,
    uint64_t index, prov_span entry, prov_err *err);

#endif
