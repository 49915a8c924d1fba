/* SPDX-License-Identifier: ISC */
#ifndef PROV_TRUST_H
#define PROV_TRUST_H

#include <prov/err.h>
#include <prov/key.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whom to believe: prov-trust(5). Nothing is trusted on first use. */
typedef struct prov_trust prov_trust;

PROV_API PROV_MUST_USE prov_status prov_trust_new(prov_trust **out,
    prov_err *err);

/* Reads trust.yaml and the tlog-policy file that it names. */
PROV_API PROV_MUST_USE prov_status prov_trust_load(prov_trust **out,
    const char *path, prov_err *err);

/* Writes trust.yaml and, beside it, the tlog-policy file; by rename. */
PROV_API PROV_MUST_USE prov_status prov_trust_save(const prov_trust *trust,
    const char *path, prov_err *err);
PROV_API void prov_trust_free(prov_trust *trust);

/* One signer. Times are Unix seconds, 0 for unbounded. Strings borrowed. */
typedef struct prov_trust_signer {
	prov_pubkey key;
	const char *const
	    *iss; /* n_iss allowed issuers; none: the key's name */
	size_t n_iss;
	const char *const *paths; /* n_paths globs; none: every path */
	size_t n_paths;
	int64_t not_before;
	int64_t not_after;
	int may_revoke;
} prov_trust_signer;

/* PROV_EEXIST where the key is there already. Copies. */
PROV_API PROV_MUST_USE prov_status prov_trust_add_signer(prov_trust *trust,
    const prov_trust_signer *signer, prov_err *err);
PROV_API PROV_MUST_USE prov_status prov_trust_add_log(prov_trust *trust,
    const prov_pubkey *log, prov_err *err);

/* Removes a signer or log by name, kid prefix (8+ hex digits) or vkey. */
PROV_API PROV_MUST_USE prov_status prov_trust_remove(prov_trust *trust,
    const char *what, prov_err *err);

PROV_API size_t prov_trust_signers(const prov_trust *trust);
PROV_API const prov_trust_signer *prov_trust_signer_at(const prov_trust *trust,
    size_t i);
PROV_API size_t prov_trust_logs(const prov_trust *trust);
PROV_API const prov_pubkey *prov_trust_log_at(const prov_trust *trust,
    size_t i);

/*
 * Adds a witness to the tlog-policy: name NULL is its key's, url NULL says
 * that it cannot be asked. The first one makes a quorum of all; PROV_EEXIST.
 */
PROV_API PROV_MUST_USE prov_status prov_trust_add_witness(prov_trust *trust,
    const char *name, const char *vkey, const char *url, prov_err *err);

/* PROV_EARG while the quorum needs it. */
PROV_API PROV_MUST_USE prov_status prov_trust_remove_witness(prov_trust *trust,
    const char *name, prov_err *err);

/*
 * Who has to cosign: "all", "any" or a number of the witnesses that were added
 * by prov_trust_add_witness, "none", or the name of a witness or group.
 */
PROV_API PROV_MUST_USE prov_status prov_trust_set_quorum(prov_trust *trust,
    const char *what, prov_err *err);

/* Line i of the tlog-policy, borrowed; NULL past the last. */
PROV_API const char *prov_trust_policy(const prov_trust *trust, size_t i);

#ifdef __cplusplus
}
#endif
#endif
