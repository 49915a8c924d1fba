/* SPDX-License-Identifier: ISC */
#ifndef PROV_MANIFEST_H
#define PROV_MANIFEST_H

#include <prov/err.h>
#include <prov/essence.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where the asset comes from, as the signer claims. */
typedef enum prov_origin {
	PROV_ORIGIN_UNSTATED = 0,
	PROV_ORIGIN_CAPTURED = 1,
	PROV_ORIGIN_INGESTED = 2,
	PROV_ORIGIN_GENERATED = 3,
	PROV_ORIGIN_TRANSFORMED = 4
} prov_origin;

PROV_API const char *prov_origin_name(prov_origin origin);

typedef struct prov_claim prov_claim; /* what a signer adds to the digests */

/*
 * Reads a claim from YAML: "origin", "supersedes", "rights", "signals" and
 * free labels with text values. Labels are logged as salted digests and opened
 * in the sidecar; "rights", "signals" and "origin" are logged in clear.
 */
PROV_API PROV_MUST_USE prov_status prov_claim_load(prov_claim **out,
    const char *path, prov_err *err);
PROV_API PROV_MUST_USE prov_status prov_claim_new(prov_claim **out,
    prov_err *err);
PROV_API void prov_claim_free(prov_claim *claim);

/* Logs every label in clear (prov sign --public). */
PROV_API void prov_claim_public(prov_claim *claim);

/* Names a statement that this asset was made from; relation "derivedFrom". */
PROV_API PROV_MUST_USE prov_status prov_claim_ingredient(prov_claim *claim,
    const uint8_t statement_sha256[32], const char *relation, prov_err *err);

/*
 * For people and programs: a statement, a sidecar or a bare manifest, told
 * apart by content, as text or one JSON object. Says what it read, checks no
 * trust. Free *out with prov_free.
 */
#define PROV_SHOW_JSON 0x1U
PROV_API PROV_MUST_USE prov_status prov_show(char **out, prov_span bytes,
    unsigned flags, prov_err *err);

/*
 * The statement that bytes are or, for a sidecar, hold. Borrows bytes; checks
 * form, no trust.
 */
PROV_API PROV_MUST_USE prov_status prov_statement_in(prov_span *out,
    prov_span bytes, prov_err *err);

/*
 * SHA-256 of the asset that the statement in bytes is on. PROV_EFORMAT where
 * it carries no manifest.
 */
PROV_API PROV_MUST_USE prov_status prov_statement_asset(uint8_t out[32],
    prov_span bytes, prov_err *err);

#ifdef __cplusplus
}
#endif
#endif
