/* SPDX-License-Identifier: ISC */
/*
 * checked N: makes a ledger of N statements of some 700 bytes, and prints how
 * many entries a second checking it takes, in several ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/resource.h>
#include <time.h>

#include "../unit/logged.h"
#include "prov/check.h"

#define GOAL 500000.0

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

/* Processor time, which a busy machine changes less. */
static double
spent(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

static bool
check(const struct logged *g, const char *what, prov_inspection how,
    double goal)
{
	prov_inspected out = { 0 };
	struct rusage use;
	prov_err err = { 0 };
	double start = now(), cpu = spent(), s;

	if (prov_ledger_inspect(g->path, prov_key_public(g->log), &how, &out,
		&err) != PROV_OK) {
		fprintf(stderr, "checked: %s\n", err.msg);
		return (false);
	}
	s = now() - start;
	(void)getrusage(RUSAGE_SELF, &use);
	printf("%-40s %10.0f entries/s", what, (double)out.size / s);
	if (goal != 0)
		printf(" (goal %.0f)", goal);
	printf(", %.2f us of processors each, %ld MiB at most\n",
	    (spent() - cpu) / (double)out.size * 1e6, use.ru_maxrss / 1024);
	return (true);
}

static bool
hide_store(const struct logged *g, bool hide)
{
	char from[128], to[128];
	bool fine = true;

	for (int i = 0; i < 2; i++) {
		const char *name = i == 0 ? "ledger.db" : "ledger.db-wal";

		snprintf(from, sizeof(from), "%s/%s", g->path, name);
		snprintf(to, sizeof(to), "%s/%s.away", g->path, name);
		fine = rename(hide ? from : to, hide ? to : from) == 0 && fine;
	}
	return (fine);
}

int
main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	prov_inspection plain = { 0 }, one = { .threads = 1 },
			signatures = { .signatures = 1 };
	prov_ledger *l = NULL;
	prov_err err = { 0 };
	struct logged g;
	bool fine;

	if (!logged_open(&g) ||
	    prov_ledger_open_writer(&l, g.path, g.log, &err) != PROV_OK ||
	    logged_append(l, g.owner, 0, n, 1024, &err) != PROV_OK) {
		fprintf(stderr, "checked: %s\n", err.msg);
		return (2);
	}
	prov_ledger_close(l);
	/* The first one fills the page cache. */
	fine = check(&g, "check, first", plain, 0) &&
	       check(&g, "check, with the store", plain, GOAL) &&
	       hide_store(&g, true) &&
	       check(&g, "check, without a store", plain, GOAL) &&
	       check(&g, "check, without a store, one thread", one, 0) &&
	       (n > 200000 || check(&g, "check --signatures", signatures, 0)) &&
	       hide_store(&g, false);
	logged_close(&g);
	return (fine ? 0 : 2);
}
