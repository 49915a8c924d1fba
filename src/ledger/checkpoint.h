/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_CHECKPOINT_H
#define PROV_LEDGER_CHECKPOINT_H

#include "base/buf.h"
#include "prov/key.h"

/* C2SP tlog-checkpoint: origin, size, root, and no extension lines of ours. */
struct checkpoint {
	char origin[PROV_NAME_MAX + 1];
	uint64_t size;
	uint8_t root[32];
};

void checkpoint_text(struct buf *b, const struct checkpoint *c);

/* The form alone, and that the empty tree has its one root. */
prov_status checkpoint_read(struct checkpoint *out, prov_span text,
    prov_err *err);
prov_status checkpoint_check_empty(const struct checkpoint *c, prov_err *err);

/* Parses a note's text; extension lines are allowed and passed over. */
prov_status checkpoint_parse(struct checkpoint *out, prov_span text,
    prov_err *err);

/* A signed note whose key's name is its origin, verified under key. */
prov_status checkpoint_verify(struct checkpoint *out, prov_span note,
    const prov_pubkey *key, prov_err *err);

/* The same, but what was verified lately is not verified again. */
struct vouched;
prov_status checkpoint_verify_seen(struct checkpoint *out, prov_span note,
    const prov_pubkey *key, struct vouched *seen, prov_err *err);

#endif
