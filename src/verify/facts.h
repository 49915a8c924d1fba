/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_FACTS_H
#define PROV_VERIFY_FACTS_H

#include "manifest/signals.h"
#include "prov/verify.h"
#include "verify/reason.h"

#define MEDIA_TYPE_MAX 63

enum carrier { CARRIER_NONE, CARRIER_SIDECAR, CARRIER_LEDGER };

/* Whether the key or the asset is revoked, up to the head at hand. */
enum revoked { REVOKED_UNCHECKED, REVOKED_NO, REVOKED_YES };

/*
 * All that a policy is asked about: what was found of one item, and nothing
 * of what a policy wants. Made all zero it says the worst of everything. Its
 * JSON form is what --facts prints and what prov policy test reads.
 */
struct facts {
	/* The item as it was asked for. Borrowed; NULL: not said. */
	const char *id;
	const char *path; /* below the root, no leading slash; NULL: in no scope */
	const char *tenant;

	prov_status trouble; /* what kept verify from deciding, or PROV_OK */
	char error[512];     /* may hold outside text */

	bool has_digest;
	prov_digest digest;
	bool has_size;                       /* a bare digest has none... */
	char media_type[MEDIA_TYPE_MAX + 1]; /* "video/mp4"; "" not known */
	bool has_uncovered;
	int64_t uncovered; /* bytes that no signature covers */

	enum carrier carrier;
	prov_binding binding;
	prov_sig_state signature;
	prov_ledger_state ledger;
	enum revoked revoked;
	bool superseded;
	bool edges;    /* clip: part of what is shown is not proven */
	bool captions; /* there are some, and they are as signed or exact */
	bool captions_altered;

	char signer[PROV_NAME_MAX + 1]; /* the trusted name; "" unknown */
	char iss[PROV_NAME_MAX + 1];
	bool has_statement;
	uint8_t statement[32]; /* its digest */
	uint8_t kid[32];
	int64_t signed_at; /* claimed */
	prov_origin origin_class;

	char origin[PROV_NAME_MAX + 1]; /* of the log */
	bool has_entry;
	uint64_t log_index;
	uint64_t checkpoint_size;
	bool has_head_time; /* a quorum of witnesses timed the head at hand */
	int64_t head_time;

	struct signals claimed; /* of all statements that hold, joined */
	struct signals seen;    /* unsigned: in the file and by the request */
	bool cached;            /* crypto and proof were recalled */

	struct findings why; /* the last, as in struct evidence */
};

/* Nothing is known. */
void facts_clear(struct facts *f);

#endif
