/* SPDX-License-Identifier: ISC */
#ifndef PROV_SIGN_H
#define PROV_SIGN_H

#include <prov/err.h>
#include <prov/key.h>
#include <prov/ledger.h>
#include <prov/manifest.h>
#include <prov/media.h>
#include <prov/witness.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a file's sidecar goes. */
typedef enum prov_sidecar_mode {
	PROV_SIDECAR_BESIDE = 0, /* FILE.prov */
	PROV_SIDECAR_DIR = 1,    /* DIR/NAME.prov */
	PROV_SIDECAR_NONE = 2
} prov_sidecar_mode;

/* Everything is borrowed until prov_sign_files returns. */
typedef struct prov_sign_options {
	const prov_key *key;
	prov_ledger *ledger;     /* opened as writer */
	const prov_claim *claim; /* may be NULL */
	const char *demux;       /* path of prov-demux; NULL: as installed */
	prov_sidecar_mode sidecar;
	const char *sidecar_dir;
	unsigned jobs;    /* files at once; 0 is one for each processor */
	unsigned wait_ms; /* for the ledger's lock; 0 is 30,000 */
	int64_t now;      /* the claimed time, Unix seconds */
	prov_witnesses *witnesses; /* to cosign each batch; NULL: none */
	unsigned witness_ms;       /* how long to wait for their quorum */
	int frames;                /* sign a digest for each picture, too */
	prov_progress_fn progress; /* called from several threads at once */
	void *progress_arg;
} prov_sign_options;

/* What became of one file. Strings are borrowed during the callback. */
typedef struct prov_signed {
	const char *path;
	prov_status status;  /* PROV_OK: logged, and its sidecar stands */
	const char *message; /* of what failed, or NULL */
	const char *note;    /* why it is exact only, or NULL */
	const char *sidecar; /* path, or NULL */
	const prov_digest *digest;
	const prov_identity *identity; /* NULL where exact only */
	uint8_t statement[32];         /* SHA-256 of the statement */
	uint64_t log_index;
	int existed;       /* had been signed by this key before */
	int pending;       /* PROV_EBUSY: logged, witnesses are missing */
	uint64_t log_size; /* of the checkpoint that the proof is at */
} prov_signed;

typedef void (*prov_signed_fn)(void *arg, const prov_signed *done);

/*
 * Signs n files: identifies them in parallel, appends what is ready in groups
 * of at most 1,024 or 100 ms, writes each sidecar by rename, then reports each
 * file once, in order. PROV_OK even where files failed: see their status. Where
 * prov-demux cannot be started it stops; what was not tried is not reported.
 */
PROV_API PROV_MUST_USE prov_status
prov_sign_files(const prov_sign_options *options, const char *const *paths,
    size_t n, prov_signed_fn report, void *arg, prov_err *err);

/* What became of one file as one line of JSON. Free it with prov_free. */
PROV_API PROV_MUST_USE prov_status prov_signed_json(char **out,
    const prov_signed *done, prov_err *err);

/*
 * SHA-256 of the statement on path, for prov_claim_ingredient: from its
 * sidecar, which must be about this very file, else the newest in the ledger
 * (NULL: none at hand). PROV_ENOTFOUND where there is none.
 */
PROV_API PROV_MUST_USE prov_status prov_sign_find(uint8_t statement[32],
    const char *path, prov_ledger *ledger, prov_err *err);

#ifdef __cplusplus
}
#endif
#endif
