/* SPDX-License-Identifier: ISC */
#ifndef PROV_MONITOR_H
#define PROV_MONITOR_H

#include <prov/err.h>
#include <prov/trust.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Follows logs where they are published and what witnesses saw of them, and
 * compares all that with each other and with what it saw before.
 */
typedef struct prov_monitor prov_monitor;

#define PROV_MONITOR_MAX 64 /* sources, witnesses and kids */

typedef struct prov_monitor_options {
	const prov_trust *trust; /* names the logs; borrowed */
	const char *state;       /* a directory: what was seen, and evidence */
	const char *const *sources; /* directories, or URLs with tlog/ below */
	size_t n_sources;
	const char *const *witnesses; /* monitoring endpoints (tlog-witness) */
	size_t n_witnesses;
	const uint8_t (*kids)[32]; /* report entries of these; none: of all */
	size_t n_kids;
	int from_start;      /* report what was there before, too */
	int64_t max_age;     /* seconds that a head may be old; 0: any */
	const char *net;     /* path of prov-net; NULL: as installed */
	unsigned timeout_ms; /* for one file; 0: one minute */
} prov_monitor_options;

PROV_API PROV_MUST_USE prov_status prov_monitor_new(prov_monitor **out,
    const prov_monitor_options *options, prov_err *err);

/* One event: a JSON object of one line, and a line for people. */
typedef void (*prov_monitor_fn)(void *arg, const char *json, const char *line);

/*
 * Looks at everything once. PROV_EUNTRUSTED: a log was shown to be bad, by a
 * fork or an invalid copy. PROV_EBUSY: something could not be reached or
 * compared, or is too old. Else PROV_OK, or trouble of one's own.
 */
PROV_API PROV_MUST_USE prov_status prov_monitor_round(prov_monitor *m,
    int64_t now, prov_monitor_fn report, void *arg, prov_err *err);
PROV_API void prov_monitor_free(prov_monitor *m);

#ifdef __cplusplus
}
#endif
#endif
