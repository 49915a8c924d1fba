/* SPDX-License-Identifier: ISC */
#ifndef PROV_WITNESS_H
#define PROV_WITNESS_H

#include <prov/err.h>
#include <prov/key.h>
#include <prov/ledger.h>
#include <prov/trust.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A C2SP tlog-witness: cosigns checkpoints of logs that it saw grow only. */
typedef struct prov_witness prov_witness;

/*
 * Makes the directory of a new witness, for key and no other. PROV_EEXIST
 * where one is: a witness that forgets what it cosigned must take a new key.
 */
PROV_API PROV_MUST_USE prov_status prov_witness_init(const char *dir,
    const prov_pubkey *key, prov_err *err);

/*
 * Opens one that cosigns for n logs; key is borrowed, logs are copied. A log
 * must not be its own witness: PROV_EARG.
 */
PROV_API PROV_MUST_USE prov_status prov_witness_open(prov_witness **out,
    const char *dir, const prov_key *key, const prov_pubkey *logs, size_t n,
    prov_err *err);
PROV_API void prov_witness_close(prov_witness *w); /* NULL is fine */

/* What HTTP is to answer. Free body with prov_free. */
typedef struct prov_answer {
	unsigned status;  /* 200, 400, 403, 404, 405, 409, 422, 500 */
	const char *type; /* Content-Type; static */
	uint8_t *body;
	size_t len;
} prov_answer;

/*
 * Answers one request by C2SP tlog-witness: POST /add-checkpoint, and GET
 * /HEX/checkpoint with the SHA-256 of an origin. now is Unix seconds. What is
 * cosigned is on the disk before. Threads and processes may share a witness.
 * PROV_OK with any answer; err then has why it is a refusal.
 */
PROV_API PROV_MUST_USE prov_status prov_witness_answer(prov_witness *w,
    const char *method, const char *path, prov_span body, int64_t now,
    prov_answer *out, prov_err *err);

/* The verifier key of a witness, for tlog-policy; free it with prov_free. */
PROV_API PROV_MUST_USE prov_status prov_witness_vkey(char **out,
    const prov_pubkey *key, prov_err *err);

/*
 * The witnesses that the policy of a trust file names, for a log to ask. trust
 * is borrowed; net is the path of prov-net, NULL: as installed.
 */
typedef struct prov_witnesses prov_witnesses;
PROV_API PROV_MUST_USE prov_status prov_witnesses_new(prov_witnesses **out,
    const prov_trust *trust, const char *net, prov_err *err);
PROV_API void prov_witnesses_free(prov_witnesses *w); /* NULL is fine */

/* Whether the policy asks for a quorum at all. */
PROV_API int prov_witnesses_needed(const prov_witnesses *w);

/* What the cosignatures on a checkpoint come to. */
typedef struct prov_cosigned {
	uint64_t size; /* of the checkpoint */
	int met;       /* the quorum is, or none is asked for */
	size_t n;      /* witnesses that cosigned, */
	size_t of;     /* of so many */
	int64_t
	    time; /* Unix seconds for which the quorum vouches; 0: unknown */
} prov_cosigned;

/*
 * Asks for cosignatures of the ledger's newest checkpoint, those who gave one
 * for it too if renew is set, for at most wait_ms, and puts them into the
 * ledger, opened as writer. now is Unix seconds. PROV_EBUSY where there is no
 * quorum yet; out is filled then, too.
 */
PROV_API PROV_MUST_USE prov_status prov_ledger_cosign(prov_ledger *l,
    prov_witnesses *w, int renew, unsigned wait_ms, int64_t now,
    prov_cosigned *out, prov_err *err);

/*
 * Completes a sidecar whose proof lacks what trust asks for, under the ledger's
 * newest checkpoint; *changed says whether it was written. PROV_EBUSY where
 * that lacks the quorum, too; PROV_ENOTFOUND where the ledger has no such
 * entry.
 */
PROV_API PROV_MUST_USE prov_status prov_sidecar_update(prov_ledger *l,
    const prov_trust *trust, const char *path, int64_t now, int *changed,
    prov_err *err);

/*
 * Answers requests over HTTP at addr, HOST:PORT (port 0: any), through prov-net
 * (net NULL: as installed), until *stop is not 0. event is called once with the
 * address, status 0, and then with each request's line, status and reason.
 */
typedef void (*prov_witness_fn)(void *arg, unsigned status, const char *what,
    const char *why);
PROV_API PROV_MUST_USE prov_status prov_witness_serve(prov_witness *w,
    const char *net, const char *addr, const volatile int *stop,
    prov_witness_fn event, void *arg, prov_err *err);

#ifdef __cplusplus
}
#endif
#endif
