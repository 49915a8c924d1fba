/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_VERDICT_H
#define PROV_VERIFY_VERDICT_H

#include "prov/verify.h"
#include "verify/clip.h"

DEFINE_AUTO(prov_verdict, prov_verdict_free)

/* One side of a stream: as signed, or as it is in the file. */
struct verdict_side {
	bool there;
	int64_t from, to; /* ns on its own clock; equal: untimed */
	uint8_t root[32];
	prov_present present;
	size_t n_ranges;
	struct range ranges[RANGES_MAX]; /* on its own clock */
};

enum field_state {
	FIELD_SAME, /* stated the same, or to the same effect */
	FIELD_DIFFERS,
	FIELD_UNCHECKED
};

/* One stream of the report. */
struct verdict_stream {
	unsigned index;
	prov_kind kind;
	char codec[CODEC_NAME_MAX + 1];
	uint8_t root[32];
	enum pair_state state;
	uint64_t segments;
	int64_t from, to; /* ns on the common clock; equal: untimed */
	size_t n_ranges;
	struct range ranges[RANGES_MAX];
	/* For the page: both sides, and what they have in common. */
	struct verdict_side was, is;
	size_t n_kept;
	struct kept kept[KEPT_MAX];
	struct held held; /* PAIR_CLIP: which piece it is */
	enum field_state fields[PROV_FIELD_MAX];
};

/* Of the receipt in a sidecar. OPEN: the proof beside it settled things. */
enum receipt_state { RECEIPT_NONE, RECEIPT_OPEN, RECEIPT_BAD, RECEIPT_GOOD };

/* Everything that verify says of one file. It holds only after settling. */
struct prov_verdict {
	char *path;
	prov_status trouble; /* what kept it from deciding, or PROV_OK */
	char error[512];
	int status;
	const char *word;
	bool holds;
	bool accept_clip; /* as the caller asked */
	bool require_revocation;
	bool revocation_checked; /* in all of the log that it is in */

	prov_binding binding;
	prov_sig_state signature;
	prov_ledger_state ledger;
	bool sidecar_bad; /* malformed: nothing replaces it */
	bool ledger_bad;  /* the ledger at hand does not verify */
	bool superseded;
	bool looked_up; /* a ledger was at hand */

	bool has_digest;
	prov_digest digest;
	bool has_statement;
	uint8_t statement[32];           /* its digest */
	prov_digest asset;               /* as signed */
	char format[CODEC_NAME_MAX + 1]; /* the signed container; "" none */
	char found[CODEC_NAME_MAX + 1];  /* the file's; "" not taken apart */
	char signer[PROV_NAME_MAX + 1];  /* the trusted name; "" if unknown */
	char iss[PROV_NAME_MAX + 1];
	uint8_t kid[32];
	int64_t signed_at;
	bool from_ledger; /* found by look-up, not in a sidecar */
	enum receipt_state receipt;
	char origin[PROV_NAME_MAX + 1]; /* "" none; a receipt has no more */
	bool has_entry;
	uint64_t log_index;
	uint64_t checkpoint_size;
	uint8_t checkpoint_root[32];
	bool has_witnessed; /* a quorum of witnesses cosigned it */
	int64_t witnessed_at;
	char vkey[PROV_VKEY_MAX + 1]; /* of an untrusted signer; "" unknown */

	bool has_uncovered;
	int64_t uncovered;
	size_t n_streams;
	struct verdict_stream *streams; /* owned */
	int64_t ms;
	struct findings why; /* the last, as in struct evidence */
};

prov_status verdict_new(prov_verdict **out, const char *path, prov_err *err);

/*
 * Copies what a comparison found; clip is NULL where it is none.
 * verdict_exact: or that each signed stream is as signed. */
prov_status verdict_pairing(prov_verdict *v, const struct pairing *p,
    const struct clip *clip, prov_err *err);
prov_status verdict_exact(prov_verdict *v, const struct manifest *m,
    prov_err *err);

/*
 * Draws the word, the exit status and whether it holds from all else. The only
 * place that says so: everything that is not known to hold does not.
 */
void verdict_settle(prov_verdict *v);

/* What prov_verify_file returns for it; fills err. */
prov_status verdict_result(const prov_verdict *v, prov_err *err);

const char *binding_name(prov_binding b);
const char *sig_state_name(prov_sig_state s);
const char *ledger_state_name(prov_ledger_state s);
const char *receipt_state_name(enum receipt_state s); /* NULL: none */

#endif
