/* SPDX-License-Identifier: ISC */
/* prov ledger prove --update: completes sidecars that were pending. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledger.h"
#include "walk.h"

/* A sidecar is named itself, or by its media. malloc'ed. */
static char *
sidecar_of(const char *path)
{
	char *s;

	if (is_sidecar(path))
		return (strdup(path));
	return (asprintf(&s, "%s.prov", path) < 0 ? NULL : s);
}

/* One sidecar; says what came of it, unless it may yet come. */
static int
update_one(const struct args *args, const char *path, prov_ledger *ledger,
    const prov_trust *trust, bool last)
{
	char *sidecar = sidecar_of(path), *safe;
	prov_err err = { 0 };
	prov_status st;
	int changed = 0;

	if (sidecar == NULL) {
		complain(args, path, "out of memory");
		return (EXIT_TROUBLE);
	}
	st = prov_sidecar_update(ledger, trust, sidecar, (int64_t)time(NULL),
	    &changed, &err);
	if (st == PROV_OK) {
		safe = printable(sidecar);
		printf("%s: %s\n", safe != NULL ? safe : "",
		    changed ? "completed" : "complete already");
		free(safe);
	} else if (st != PROV_EBUSY || last) {
		complain(args, sidecar, "%s", err.msg);
	}
	free(sidecar);
	return (st == PROV_ENOTFOUND ? EXIT_NO : exit_for(st));
}

/* All that are not done yet; later[i] stays set for what may yet come. */
static int
update_all(const struct args *args, prov_ledger *ledger,
    const prov_trust *trust, bool *later, bool last)
{
	int worst = EXIT_HOLDS;

	for (int i = 0; i < args->n; i++) {
		int status;

		if (!later[i])
			continue;
		status = update_one(args, args->at[i], ledger, trust, last);
		later[i] = status == EXIT_RETRY;
		if (status != EXIT_RETRY || last)
			worst = exit_worse(worst, status);
	}
	return (worst);
}

static bool
any(const bool *later, int n)
{
	for (int i = 0; i < n; i++)
		if (later[i])
			return (true);
	return (false);
}

/* The own ledger can be cosigned now; another one is as its owner left it. */
static int
ask_and_update(const struct args *args, const prov_trust *trust, bool *later,
    unsigned wait_ms)
{
	struct ledger_writer w;
	int status, worst;

	if ((worst = ledger_writer_open(&w, args)) == EXIT_HOLDS) {
		worst = ledger_cosign(args, &w, 0, wait_ms, true);
		if (worst == EXIT_HOLDS || worst == EXIT_RETRY) {
			status = update_all(args, w.ledger, trust, later, true);
			worst = exit_worse(worst, status);
		}
	}
	ledger_writer_close(&w);
	return (worst);
}

static int
update(const struct args *args, struct home *h, prov_ledger *ledger,
    bool *later, unsigned wait_ms)
{
	bool own = args_value(args, "ledger") == NULL;
	prov_trust *trust = home_load_trust(h, args);
	int worst;

	if (trust == NULL)
		return (EXIT_TROUBLE);
	worst = update_all(args, ledger, trust, later, !own);
	if (own && any(later, args->n))
		worst = exit_worse(worst,
		    ask_and_update(args, trust, later, wait_ms));
	prov_trust_free(trust);
	return (worst);
}

int
ledger_update(const struct args *args, struct home *h, prov_ledger *ledger)
{
	bool *later = calloc((size_t)args->n, sizeof(*later));
	unsigned wait_ms;
	int status = EXIT_TROUBLE;

	if (later == NULL)
		complain(args, NULL, "out of memory");
	else if (ledger_wait(args, &wait_ms)) {
		memset(later, 1, (size_t)args->n);
		status = update(args, h, ledger, later, wait_ms);
	}
	free(later);
	return (status);
}
