/* SPDX-License-Identifier: ISC */
#ifndef PROV_SHARD_H
#define PROV_SHARD_H

#include <prov/gate.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A tar, plain or under gzip or zstd, on its way through a gate: it is read
 * once, sample by sample, and written again as a tar of what was accepted and
 * one of what was not. A sample is what WebDataset calls so: neighbours whose
 * names are the same up to the first dot of the last part. Nothing is unpacked.
 */
typedef struct prov_shard prov_shard;

/* One sample, until it was written. */
typedef struct prov_sample prov_sample;

typedef struct prov_shard_options {
	/*
	 * The shard's name below the gate's root. Members are scoped as
	 * "NAME/MEMBER": what a tar says of itself is no path. NULL: they are
	 * in nobody's scope.
	 */
	const char *name;
	int fd; /* where to read it, borrowed; -1: name is opened */
	const char *accepted;     /* written by rename; NULL: not wanted */
	const char *rejected;     /* likewise */
	const prov_route *routes; /* to tars, instead of accepted */
	size_t n_routes;
	const char *spool_dir; /* for what memory is too small; NULL: /tmp */
} prov_shard_options;

/*
 * PROV_EARG, PROV_EUNTRUSTED, PROV_ENOTFOUND, PROV_EOPEN, PROV_EIO: it cannot
 * be read; PROV_EFORMAT: it is no tar; PROV_EWRITE: an output cannot be made.
 */
PROV_API PROV_MUST_USE prov_status prov_shard_open(prov_shard **out,
    prov_gate *g, const prov_shard_options *options, prov_err *err);

/*
 * The next sample, *out NULL at the end. PROV_EFORMAT, PROV_ELIMIT, PROV_EIO
 * or PROV_EWRITE where it cannot be read on: *out is then one last sample, of
 * what was not read whole, and asking about it says retry of all of it.
 */
PROV_API PROV_MUST_USE prov_status prov_shard_next(prov_shard *s,
    prov_sample **out, prov_err *err);

/* How many bytes of media it holds. */
PROV_API uint64_t prov_sample_bytes(const prov_sample *sample);

/*
 * Asks the gate about each member that is media, and calls fn with each
 * answer; a member that is let in is so because all of them are. Several
 * threads may, each with another sample. answer is used and kept as with
 * prov_gate_ask; a status of fn other than PROV_OK is passed on.
 */
typedef prov_status (
    *prov_answer_fn)(void *arg, const prov_gate_answer *a, prov_err *err);
PROV_API PROV_MUST_USE prov_status prov_sample_ask(prov_sample *sample,
    prov_answer_fn fn, void *arg, prov_err *err);

/* Writes it where it belongs. One thread, in the order in which they came. */
PROV_API PROV_MUST_USE prov_status prov_shard_put(prov_shard *s,
    const prov_sample *sample, prov_err *err);
PROV_API void prov_sample_free(prov_sample *sample);

/*
 * Gives all outputs their names, synced, after the last sample. PROV_EFORMAT
 * where the shard was not read to its end: no output appears then.
 */
PROV_API PROV_MUST_USE prov_status prov_shard_finish(prov_shard *s,
    prov_err *err);

/* Outputs that were not finished leave nothing behind. */
PROV_API void prov_shard_free(prov_shard *s);

#ifdef __cplusplus
}
#endif
#endif
