/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_COMPARE_H
#define PROV_VERIFY_COMPARE_H

#include "verify/present.h"

/* Ranges of one stream that a report names; the last takes in what follows. */
#define RANGES_MAX 64

/* A stretch that is not as signed. */
struct range {
	enum reason what; /* REASON_ESSENCE_* */
	int64_t from,
	    to; /* ns on the common clock; of what was added, its own */
};

/* A stretch that is as signed, on the signed clock and on the candidate's. */
struct kept {
	int64_t was_from, was_to;
	int64_t is_from, is_to;
};
#define KEPT_MAX (RANGES_MAX + 1) /* one before, after and between ranges */

/* What came of comparing one signed stream with one of the candidate. */
struct comparison {
	bool same;         /* all of it holds */
	bool same_essence; /* leaves, configuration and counts */
	bool ancillary_changed;
	uint64_t n_aligned; /* segments that are as signed */
	uint64_t n_telling; /* as signed, here or elsewhere, and not dull */
	struct findings why;
	size_t n_ranges;
	struct range ranges[RANGES_MAX]; /* on the signed clock */
	size_t n_here;
	struct range here[RANGES_MAX]; /* the same, on the candidate's clock */
	size_t n_kept;
	struct kept kept[KEPT_MAX];
};

/*
 * was->tl may lack leaves (times from the manifest) or be NULL. On failure
 * *out is not to be used.
 */
prov_status compare_stream(struct comparison *out, const struct shown *was,
    const struct shown *is, prov_err *err);

/* From its first frame to its end, on its own clock; untimed: from 0. */
void shown_span(const struct shown *x, int64_t *from, int64_t *to);

/* Whether the streams have one form, which counts in both containers. */
bool compare_form(const struct shown *was, const struct shown *is);

/* Whether coded content and configuration are the same, by their digests. */
bool compare_essence(const struct shown *was, const struct shown *is);

/* Whether all but presentation holds; quick, explains nothing. */
bool compare_quick(const struct shown *was, const struct shown *is);

#endif
