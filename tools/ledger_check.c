/* SPDX-License-Identifier: ISC */
#include "ledger.h"
#include "progress.h"

static const struct opt opts[] = {
	OPT_LEDGER,
	OPT_LEDGER_TRUST,
	{ 0 },
};

static int
check(const struct args *args, struct home *h, prov_ledger *ledger)
{
	struct progress *p = progress_new("checking", 1);
	prov_err err = { 0 };
	uint64_t n = 0;
	prov_status st;

	(void)h;
	st = prov_ledger_check(ledger, p != NULL ? progress_entries : NULL, p,
	    &n, &err);
	progress_free(p);
	if (st != PROV_OK)
		return (trouble(args, NULL, &err));
	printf("%s: %llu entries, every hash, tile, index and blob as the "
	       "checkpoint says\n",
	    prov_ledger_origin(ledger), (unsigned long long)n);
	return (EXIT_HOLDS);
}

static int
run_check(const struct args *args)
{
	return (ledger_read(args, check));
}

const struct cmd ledger_check = {
	.name = "check",
	.args = "",
	.summary = "rebuild every hash and compare",
	.opts = opts,
	.run = run_check,
};
