/* SPDX-License-Identifier: ISC */
#include "ledger.h"

static const struct opt opts[] = {
	OPT_LEDGER,
	OPT_LEDGER_TRUST,
	{ 0 },
};

static int
checkpoint(const struct args *args, struct home *h, prov_ledger *ledger)
{
	prov_err err = { 0 };
	uint8_t root[32];
	uint64_t size;
	char *note;

	(void)h;
	if (prov_ledger_checkpoint(ledger, &size, root, &note, &err) != PROV_OK)
		return (trouble(args, NULL, &err));
	fputs(note, stdout);
	prov_free(note);
	return (EXIT_HOLDS);
}

static int
run_checkpoint(const struct args *args)
{
	return (ledger_read(args, checkpoint));
}

const struct cmd ledger_checkpoint = {
	.name = "checkpoint",
	.args = "",
	.summary = "print the newest checkpoint",
	.opts = opts,
	.run = run_checkpoint,
};
