/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_H
#define PROV_VERIFY_H

#include <prov/err.h>
#include <prov/essence.h>
#include <prov/ledger.h>
#include <prov/media.h>
#include <prov/sign.h>
#include <prov/trust.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum prov_binding {
	PROV_BIND_NONE = 0,
	PROV_BIND_CLIP = 1,
	PROV_BIND_STREAMS = 2,
	PROV_BIND_EXACT = 3
} prov_binding;

typedef enum prov_sig_state {
	PROV_SIG_ABSENT = 0,
	PROV_SIG_INVALID = 1,
	PROV_SIG_UNKNOWN = 2, /* valid or not: nobody trusted has this key */
	PROV_SIG_EXPIRED = 3,
	PROV_SIG_REVOKED = 4,
	PROV_SIG_VALID = 5
} prov_sig_state;

typedef enum prov_ledger_state {
	PROV_LEDGER_UNCHECKED = 0,
	PROV_LEDGER_ABSENT = 1,
	PROV_LEDGER_INVALID = 2,
	PROV_LEDGER_STALE = 3,
	PROV_LEDGER_FORK = 4,
	PROV_LEDGER_INCLUDED = 5
} prov_ledger_state;

/* Verifies files, one at a time; use one for each thread. */
typedef struct prov_verifier prov_verifier;
typedef struct prov_verdict prov_verdict;

/* Trust, ledger and demux path are borrowed until prov_verifier_free. */
typedef struct prov_verify_options {
	const prov_trust *trust;
	const char *ledger_dir; /* look-up beside the sidecar; NULL: none */
	int ledger_own; /* its index is of this user's own making: none other
	                   is believed to name every revocation */
	const char *notices_dir; /* remembers which entries were read to find
	                            them; NULL: nothing is remembered */
	const char *state_dir; /* remembers the newest head of each log; NULL:
	                          nothing is remembered or compared with */
	const prov_verifier *beside; /* one that was made for the same work:
	                                what it found remembered, this one
	                                finds; NULL: none */
	const char *demux;
	prov_sidecar_mode sidecar;
	const char *sidecar_dir;
	const char *sidecar_file; /* overrides, for one file */
	int64_t now;              /* Unix seconds; 0 reads the clock */
	int accept_clip; /* a proven piece of what was signed holds, too */
	int require_revocation; /* what may have been revoked does not hold */
	prov_progress_fn progress;
	void *progress_arg;
} prov_verify_options;

PROV_API PROV_MUST_USE prov_status prov_verifier_new(prov_verifier **out,
    const prov_verify_options *options, prov_err *err);
PROV_API void prov_verifier_free(prov_verifier *v);

/*
 * Looks path's statements up in its sidecar and the ledger and judges them.
 * PROV_OK only if it all holds: signature valid by a trusted signer, included,
 * not known to be revoked, and bound exactly or by its streams, or as a clip
 * where the options accept one. Otherwise
 * PROV_EUNTRUSTED, or what kept it from deciding. *out is set in either case,
 * unless PROV_ENOMEM or PROV_EARG is returned; free it.
 */
PROV_API PROV_MUST_USE prov_status prov_verify_file(prov_verifier *v,
    const char *path, prov_verdict **out, prov_err *err);
PROV_API void prov_verdict_free(prov_verdict *verdict);

/* The exit status that prov(1) gives this verdict: 0, 1, 2 or 75. */
PROV_API int prov_verdict_status(const prov_verdict *verdict);
PROV_API prov_binding prov_verdict_binding(const prov_verdict *verdict);
PROV_API prov_sig_state prov_verdict_signature(const prov_verdict *verdict);
PROV_API prov_ledger_state prov_verdict_ledger(const prov_verdict *verdict);

/* "VERIFIED exact", "ALTERED", "UNSIGNED", ...: static. */
PROV_API const char *prov_verdict_word(const prov_verdict *verdict);

/* Stable dotted reason codes: "presentation.rotation"; NULL past the last. */
PROV_API const char *prov_verdict_reason(const prov_verdict *verdict, size_t i);

/* What could not be checked: "revocation", "superseded", ... */
PROV_API const char *prov_verdict_not_checked(const prov_verdict *verdict,
    size_t i);

/* prov-verify(1): one line, then a picture of each stream that was altered. */
PROV_API PROV_MUST_USE prov_status prov_verdict_text(char **out,
    const prov_verdict *verdict, prov_err *err);

/* The record of prov-verify(1): one line of JSON without its newline. */
PROV_API PROV_MUST_USE prov_status prov_verdict_json(char **out,
    const prov_verdict *verdict, prov_err *err);

/*
 * A self-contained page about verdicts: HTML with drawings, without scripts,
 * that loads nothing. All strings are copied.
 */
typedef struct prov_report prov_report;
typedef struct prov_report_options {
	/* What to type again before the file: "prov", "verify", ..., NULL. */
	const char *const *command; /* NULL: prov verify */
	const char *trust;          /* the trust file's name; NULL: not said */
	int64_t now;                /* Unix seconds; 0 reads the clock */
} prov_report_options;

/* options may be NULL. */
PROV_API PROV_MUST_USE prov_status prov_report_new(prov_report **out,
    const prov_report_options *options, prov_err *err);

/* Adds one file; the verdict may go then. PROV_ELIMIT past 100,000. */
PROV_API PROV_MUST_USE prov_status prov_report_add(prov_report *r,
    const prov_verdict *verdict, prov_err *err);

PROV_API PROV_MUST_USE prov_status prov_report_html(const prov_report *r,
    char **out, prov_err *err);

/*
 * Writes the page whole or not at all, synced to disk. It replaces an earlier
 * report of prov's, and nothing else: PROV_EEXIST.
 */
PROV_API PROV_MUST_USE prov_status prov_report_save(const prov_report *r,
    const char *path, prov_err *err);
PROV_API void prov_report_free(prov_report *r);

/* The page about one file. */
PROV_API PROV_MUST_USE prov_status prov_verdict_html(char **out,
    const prov_verdict *verdict, prov_err *err);

#ifdef __cplusplus
}
#endif
#endif
