/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_EVIDENCE_H
#define PROV_VERIFY_EVIDENCE_H

#include "carrier/sidecar.h"
#include "ledger/ledger.h"
#include "prov/verify.h"
#include "sign/statement.h"
#include "sign/vouched.h"
#include "verify/clip.h"
#include "verify/trust.h"
#include "verify/verdict.h"
#include "witness/quorum.h"

/* Signatures of logs and witnesses that need not be verified once more. */
struct lately {
	struct vouched seen;
	struct scale scale; /* of the last proof */
};

/*
 * One statement on the asset and all that is known of it. Every state starts
 * as the worst.
 */
struct evidence {
	struct buf bytes;    /* the statement */
	struct statement st; /* points into bytes */
	struct manifest m;
	uint8_t digest[32]; /* of the statement */
	bool from_sidecar;
	const prov_trust_signer *signer; /* NULL: nobody trusted has the key */
	prov_sig_state signature;
	prov_ledger_state ledger;
	struct checkpoint at; /* where it is included; proven under a log */
	prov_span note; /* at as signed, in the proof's text; empty: an entry */
	bool recalled;  /* at is the head that this client remembers */
	uint64_t index;
	struct lately *lately; /* borrowed; NULL: nothing is passed over */
	struct known_statement *known; /* recalled, not read; NULL: read */
	bool listed;                   /* the ledger at hand has it... */
	uint64_t listed_at;
	enum receipt_state receipt;
	struct quorum quorum; /* of that checkpoint's cosignatures */
	bool superseded;
	prov_binding binding;
	struct timeline *tl[STREAMS_MAX]; /* owned; NULL: not at hand */
	struct pairing *pairing;          /* where streams were compared */
	struct clip *clip; /* where they are not the same; owned */
	/* The last, so that the rest is made zero without them. */
	struct findings why;         /* of signature and ledger */
	struct findings binding_why; /* of the binding */
};

void evidence_free(struct evidence *e);
void auto_evidence(struct evidence **e);
#define AUTO_EVIDENCE __attribute__((cleanup(auto_evidence))) struct evidence

/*
 * Reads a statement that carries a manifest; copies it. PROV_EFORMAT and
 * PROV_EUNSUPPORTED where it is none.
 */
prov_status evidence_new(struct evidence **out, prov_span statement,
    prov_err *err);

/* The same of a statement that carries a run record, and of no other. */
prov_status evidence_run_new(struct evidence **out, prov_span statement,
    prov_err *err);

/* One of which nothing is known: every state is the worst. NULL: no memory. */
struct evidence *evidence_empty(void);

/*
 * Judges the signature: a trusted key, an issuer and a path that it may sign
 * for, and the time now. path is canonical, or NULL: inside no scope.
 */
prov_status evidence_signature(struct evidence *e, const prov_trust *trust,
    const char *path, int64_t now, prov_err *err);

/*
 * The same of one that is known to verify by the key that kid is of, which is
 * looked for among those that are trusted now.
 */
void evidence_verified(struct evidence *e, const prov_trust *trust,
    const char *path, int64_t now);

/*
 * Judges a tlog-proof at the time now; empty text is none. Its checkpoint has
 * to be cosigned as trust asks; a sidecar whose proof is not yet is pending,
 * and nothing else marks it as such.
 */
prov_status evidence_proof(struct evidence *e, const prov_trust *trust,
    prov_span text, int64_t now, prov_err *err);

/*
 * Judges an RFC 9942 receipt, after the proof; no bytes are none. Beside a
 * proof that holds it has to agree. Alone it proves inclusion without a
 * position: at.size stays 0, and at.origin says in which log.
 */
prov_status evidence_receipt(struct evidence *e, const prov_trust *trust,
    prov_span bytes, prov_err *err);

/* Where an entry was found, and under which checkpoint; borrowed. */
struct head {
	struct checkpoint at;
	prov_span note; /* the checkpoint as it was signed and cosigned */
	uint64_t index;
	struct scale *scale; /* weighs it, or NULL */
};

/* It was read from an entry of a ledger that stands at a checkpoint. */
prov_status evidence_entry(struct evidence *e, const prov_trust *trust,
    const struct head *head, int64_t now, prov_err *err);

/*
 * Fetches the timelines that the manifest names, from the sidecar and the
 * ledger (each may be NULL), else the times inside the manifest.
 */
prov_status evidence_timelines(struct evidence *e,
    const struct sidecar *sidecar, prov_ledger *ledger, prov_err *err);

/*
 * Compares with the streams of a candidate; NULL: it has none, for the reason
 * why, a code with a message.
 */
prov_status evidence_streams(struct evidence *e, const prov_identity *id,
    const struct finding *why, prov_err *err);

/* Whether all but the binding holds. */
bool evidence_is_sound(const struct evidence *e);

/* Whether it proves the asset: the conjunction of all, nothing less. */
bool evidence_holds(const struct evidence *e);

#endif
