/* SPDX-License-Identifier: ISC */
#ifndef PROV_MONITOR_EVENT_H
#define PROV_MONITOR_EVENT_H

#include "ledger/fork.h"
#include "monitor/sight.h"
#include "prov/monitor.h"
#include "sign/statement.h"

/* Where events go, and when they were. */
struct events {
	prov_monitor_fn report;
	void *arg;
	int64_t now;
};

/* A place that cannot be read, or is no log that is trusted. */
prov_status event_trouble(const struct events *e, const struct sight *s,
    prov_err *err);

/* Two heads that cannot both be, and where the proof of that was put. */
prov_status event_fork(const struct events *e, const struct sight *larger,
    const struct sight *smaller, const char *evidence, prov_err *err);

/* A new entry; s is NULL where it is no statement that prov knows. */
prov_status event_entry(const struct events *e, const char *origin,
    uint64_t index, const struct statement *s, const char *signature,
    prov_err *err);

/* What one round came to for one log. */
struct summary {
	const struct sight *base; /* the head that was followed; NULL: none */
	const struct sight *const *all;
	size_t n;
	uint64_t fresh; /* entries that were read */
	size_t forks;   /* pairs that cannot both be */
	bool timed;     /* witnesses vouch for a time, */
	int64_t age;    /* seconds ago */
	bool stale;     /* older than it may be, or of no known age */
	bool returned;  /* there was a round before, */
	int64_t lag;    /* seconds ago: the monitor's own */
};
prov_status event_head(const struct events *e, const char *origin,
    const struct summary *s, prov_err *err);

#endif
