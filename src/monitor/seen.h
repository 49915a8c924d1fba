/* SPDX-License-Identifier: ISC */
#ifndef PROV_MONITOR_SEEN_H
#define PROV_MONITOR_SEEN_H

#include "ledger/checkpoint.h"

/* What the monitor saw of one log: its newest head, and entries up to there. */
struct seen {
	bool there;
	uint64_t entries; /* were reported; at most the head's size */
	int64_t time;     /* of the last complete round */
	struct checkpoint at;
	struct buf note;
};

void seen_clear(struct seen *s);
#define AUTO_SEEN __attribute__((cleanup(seen_clear))) struct seen

/* The file's bytes, both ways; read under key. Fuzzed. */
void seen_encode(struct buf *b, const struct seen *s);
prov_status seen_parse(struct seen *out, prov_span text, const prov_pubkey *key,
    prov_err *err);

/*
 * dir/SHA-256 of the origin, replaced by rename. What is not there was not
 * seen; what is damaged is PROV_EOPEN: to start anew it has to be removed.
 */
prov_status seen_load(struct seen *out, const char *dir, const prov_pubkey *key,
    prov_err *err);
prov_status seen_save(const struct seen *s, const char *dir,
    const prov_pubkey *key, prov_err *err);

/* SHA-256 of an origin in hex, as C2SP's witnesses name logs. */
prov_status origin_hex(char out[65], const char *origin, prov_err *err);

#endif
