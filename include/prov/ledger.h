/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_H
#define PROV_LEDGER_H

#include <prov/err.h>
#include <prov/key.h>
#include <prov/media.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A directory with a C2SP tlog-tiles log of statements. A reader needs read
 * access to tlog/, index/ and blobs/ only; a writer holds the lock while it
 * appends.
 */
typedef struct prov_ledger prov_ledger;

/*
 * Creates dir with a registration policy, signed by owner, as entry 0, which
 * names recovery (NULL: none) as the key that may revoke owner's. The log
 * key's name is the origin. PROV_EEXIST where a ledger stands already.
 */
PROV_API PROV_MUST_USE prov_status prov_ledger_create(const char *dir,
    const prov_key *log, const prov_key *owner, const prov_pubkey *recovery,
    prov_err *err);

/* Opens for appending; log is borrowed until close. */
PROV_API PROV_MUST_USE prov_status prov_ledger_open_writer(prov_ledger **out,
    const char *dir, const prov_key *log, prov_err *err);

/*
 * Holds l, a writer, to an anchor in a state directory that is not restored
 * with it: from here on a log that does not extend what it signed before is
 * PROV_EUNTRUSTED, and nothing is appended; prov-ledger(5), ROLLBACK.
 */
PROV_API PROV_MUST_USE prov_status prov_ledger_anchor(prov_ledger *l,
    const char *state, prov_err *err);

/* Opens for reading under the log's public key; writes nothing. */
PROV_API PROV_MUST_USE prov_status prov_ledger_open(prov_ledger **out,
    const char *dir, const prov_pubkey *log, prov_err *err);

/* Syncs what is derived. Everything acknowledged is on disk without it. */
PROV_API void prov_ledger_close(prov_ledger *l);

typedef struct prov_entry {
	uint64_t index;
	int existed; /* the same signer's statement on this asset was there */
} prov_entry;

/*
 * Commits statements, each checked against the logged registration policy,
 * in one transaction and publishes one checkpoint. wait_ms bounds the wait for
 * the lock (PROV_EBUSY). All or nothing: on failure none is acknowledged;
 * PROV_EWRITE may leave them committed, and then appending again says that they
 * existed.
 */
PROV_API PROV_MUST_USE prov_status prov_ledger_append(prov_ledger *l,
    const prov_span *statements, size_t n, unsigned wait_ms,
    prov_entry *entries, prov_err *err);

/*
 * prov_ledger_append for files, each a statement or a sidecar: what a sidecar
 * has of the streams' timelines is kept, so that others can find clips.
 */
PROV_API PROV_MUST_USE prov_status prov_ledger_append_files(prov_ledger *l,
    const prov_span *files, size_t n, unsigned wait_ms, prov_entry *entries,
    prov_err *err);

/* Registers a signer: logs a new policy, signed by owner, a registered key. */
PROV_API PROV_MUST_USE prov_status prov_ledger_register(prov_ledger *l,
    const prov_key *owner, const prov_pubkey *signer, int64_t now,
    prov_entry *entry, prov_err *err);

/*
 * Takes a key's signatures back, in this log from an entry on and in all
 * others whole. It counts from the key itself, from its recovery key, and with
 * those whose trust lets the signer revoke. Nothing takes it back.
 */
#define PROV_FROM_NOW UINT64_MAX
typedef struct prov_revocation {
	uint8_t kid[32];     /* whose signatures */
	uint64_t from_index; /* PROV_FROM_NOW: from the revocation on */
	const char *reason;  /* "key-compromise", ...; NULL: unspecified */
	int64_t now;         /* the claimed time, Unix seconds */
	int revoker; /* trust lets by revoke; else it must be the key or its
	                recovery key: PROV_EUNTRUSTED */
} prov_revocation;
PROV_API PROV_MUST_USE prov_status prov_ledger_revoke(prov_ledger *l,
    const prov_key *by, const prov_revocation *what, prov_entry *entry,
    prov_err *err);

/* Takes back what by's key, or whoever by may revoke, signed on an asset. */
typedef struct prov_takedown {
	uint8_t asset[32];  /* SHA-256 */
	const char *reason; /* "rights", ...; NULL: unspecified */
	int64_t now;        /* the claimed time, Unix seconds */
} prov_takedown;
PROV_API PROV_MUST_USE prov_status prov_ledger_takedown(prov_ledger *l,
    const prov_key *by, const prov_takedown *what, prov_entry *entry,
    prov_err *err);

/*
 * Names the key that may revoke key where that is lost or stolen; once and for
 * all: PROV_EEXIST where it has another.
 */
PROV_API PROV_MUST_USE prov_status prov_ledger_recovery(prov_ledger *l,
    const prov_key *key, const prov_pubkey *recovery, prov_entry *entry,
    prov_err *err);

PROV_API const char *prov_ledger_origin(const prov_ledger *l);

/* The newest verified checkpoint: size, root and the signed note's text. */
PROV_API PROV_MUST_USE prov_status prov_ledger_checkpoint(prov_ledger *l,
    uint64_t *size, uint8_t root[32], char **note, prov_err *err);

/* Entry i, checked against the checkpoint's root. Free *bytes with prov_free.
 */
PROV_API PROV_MUST_USE prov_status prov_ledger_entry(prov_ledger *l, uint64_t i,
    uint8_t **bytes, size_t *len, prov_err *err);

/* The C2SP tlog-proof of entry i under the newest checkpoint, as text. */
PROV_API PROV_MUST_USE prov_status prov_ledger_prove(prov_ledger *l, uint64_t i,
    char **proof, prov_err *err);

/*
 * The RFC 9942 COSE Receipt of entry i at the newest checkpoint, and the RFC
 * 9943 Transparent Statement: the entry with that receipt in its unprotected
 * header. Free *bytes with prov_free. PROV_ENOTFOUND where the log, which is
 * not prov's then, signs no receipts.
 */
PROV_API PROV_MUST_USE prov_status prov_ledger_receipt(prov_ledger *l,
    uint64_t i, uint8_t **bytes, size_t *len, prov_err *err);
PROV_API PROV_MUST_USE prov_status prov_ledger_transparent(prov_ledger *l,
    uint64_t i, uint8_t **bytes, size_t *len, prov_err *err);

/* RFC 9162 consistency proof between two sizes: n hashes of 32 bytes. */
PROV_API PROV_MUST_USE prov_status prov_ledger_consistency(prov_ledger *l,
    uint64_t from, uint64_t to, uint8_t **hashes, size_t *n, prov_err *err);

/*
 * PROV_OK only if evidence, as prov-ledger(5) has it, shows that log signed two
 * histories: the sizes of its two checkpoints. PROV_EFORMAT or PROV_EUNTRUSTED
 * where it does not.
 */
PROV_API PROV_MUST_USE prov_status prov_ledger_fork(const prov_pubkey *log,
    prov_span evidence, uint64_t sizes[2], prov_err *err);

/* Entries on an asset (SHA-256) or with a stream root, oldest first. */
typedef enum prov_lookup_by {
	PROV_BY_ASSET = 1,
	PROV_BY_STREAM = 2,
	PROV_BY_SIGNER = 3
} prov_lookup_by;
PROV_API PROV_MUST_USE prov_status prov_ledger_lookup(prov_ledger *l,
    prov_lookup_by by, const uint8_t key[32], uint64_t **indexes, size_t *n,
    prov_err *err);

/* What was copied from one directory, or a server, to another. */
typedef struct prov_copied {
	uint64_t from, size; /* entries before and after */
	uint8_t root[32];
	uint64_t bytes;   /* of entries and timelines */
	uint64_t blobs;   /* timelines that came along */
	uint64_t lacking; /* and that the source does not have (any more) */
} prov_copied;

/*
 * One line of JSON about it, of the directory dir, with the exit status that
 * goes with it; why is what the call said. Free *out with prov_free.
 */
PROV_API PROV_MUST_USE prov_status prov_copied_json(const prov_copied *c,
    const char *dir, const prov_err *why, int status, char **out,
    prov_err *err);

/*
 * Publishes to dir what it lacks, the checkpoint last, for any web server to
 * serve: never over a larger log or another history (PROV_EUNTRUSTED). A
 * ledger's own store remembers dir, and compares with it before it signs
 * again. all: compares every file, not only what is new.
 */
PROV_API PROV_MUST_USE prov_status prov_ledger_publish(prov_ledger *l,
    const char *dir, int all, prov_progress_fn progress, void *arg,
    prov_copied *out, prov_err *err);

/* Nothing is compared with dir any more. PROV_ENOTFOUND if nothing was. */
PROV_API PROV_MUST_USE prov_status prov_ledger_forget(prov_ledger *l,
    const char *dir, prov_err *err);

/*
 * Brings the ledger in dir, which was restored from an old copy, up to from: a
 * directory that it was published or cloned to, or its own tlog/ where that is
 * newer. Each entry is checked against from's checkpoint, and nothing is taken
 * where dir's tree is not the beginning of from's (PROV_EUNTRUSTED) or from is
 * older (PROV_EARG). Openings of private assertions are in no copy.
 */
PROV_API PROV_MUST_USE prov_status prov_ledger_recover(const char *dir,
    const prov_key *log, const char *from, prov_progress_fn progress, void *arg,
    prov_copied *out, prov_err *err);

typedef enum prov_clone_blobs {
	PROV_BLOBS_NEW = 0, /* timelines of the entries that come in */
	PROV_BLOBS_ALL,     /* and what earlier runs did not get */
	PROV_BLOBS_NONE
} prov_clone_blobs;

typedef struct prov_clone_options {
	const char *net;     /* path of prov-net; NULL: as installed */
	unsigned timeout_ms; /* for one file; 0: one minute */
	prov_clone_blobs blobs;
	prov_progress_fn progress; /* entries done */
	void *arg;
} prov_clone_options;

/*
 * Clones the log at from, a directory or an http or https URL under which
 * there is tlog/, to the directory to; or brings what is there up to date.
 * Everything is checked against a checkpoint that log signed, and that against
 * the one that to holds. PROV_EIO: the source does not answer; what came in
 * is kept. PROV_EBUSY: it has an older checkpoint than to. PROV_EUNTRUSTED:
 * "ledger.fork: ...", "ledger.invalid: ..." or "ledger.untrusted: ...", and to
 * stays as it was.
 */
PROV_API PROV_MUST_USE prov_status prov_ledger_clone(const char *from,
    const char *to, const prov_pubkey *log, const prov_clone_options *options,
    prov_copied *out, prov_err *err);

/*
 * Reads each entry that was not read before, and remembers in dir which of them
 * are policies, revocations and takedowns, for prov_verify_options.notices_dir.
 * PROV_EUNTRUSTED where what was read is not the log's beginning any more.
 */
PROV_API PROV_MUST_USE prov_status prov_ledger_heed(prov_ledger *l,
    const char *dir, prov_err *err);

/*
 * Rebuilds every hash from the entries and compares tiles, index, blobs and
 * checkpoint. PROV_EUNTRUSTED names the first thing that differs.
 */
PROV_API PROV_MUST_USE prov_status prov_ledger_check(prov_ledger *l,
    prov_progress_fn progress, void *arg, uint64_t *entries, prov_err *err);

#ifdef __cplusplus
}
#endif
#endif
