/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "ledger.h"

static const struct opt opts[] = {
	OPT_LEDGER,
	{ "receipt", 0, NULL, "write a COSE Receipt (RFC 9942) instead" },
	{ "transparent", 0, NULL, "write the statement with its receipt" },
	OPT_PASSPHRASE,
	OPT_LEDGER_TRUST,
	{ "update", 0, NULL, "complete the sidecars of files instead" },
	OPT_WAIT,
	{ 0 },
};

/* An entry's number, or the newest entry on a file. */
static prov_status
find_entry(prov_ledger *ledger, const struct args *args, uint64_t *out,
    prov_err *err)
{
	const char *what = args->at[0];
	uint64_t *indexes = NULL;
	prov_digest digest;
	prov_status st;
	size_t n = 0;
	char *end;
	int fd;

	errno = 0;
	*out = strtoull(what, &end, 10);
	if (errno == 0 && *what >= '0' && *what <= '9' && *end == '\0')
		return (PROV_OK);
	if ((fd = input_open(args, what)) < 0)
		return (PROV_EOPEN);
	st = prov_digest_fd(&digest, fd, NULL, NULL, err);
	(void)close(fd);
	if (st == PROV_OK)
		st = prov_ledger_lookup(ledger, PROV_BY_ASSET, digest.sha256,
		    &indexes, &n, err);
	if (st == PROV_OK && n == 0)
		st = PROV_ENOTFOUND;
	if (st == PROV_OK)
		*out = indexes[n - 1];
	prov_free(indexes);
	return (st);
}

/* What was asked for, on stdout. */
static prov_status
print_proof(const struct args *args, prov_ledger *ledger, uint64_t i,
    prov_err *err)
{
	uint8_t *bytes = NULL;
	char *proof = NULL;
	prov_status st;
	size_t len = 0;

	if (args_has(args, "receipt"))
		st = prov_ledger_receipt(ledger, i, &bytes, &len, err);
	else if (args_has(args, "transparent"))
		st = prov_ledger_transparent(ledger, i, &bytes, &len, err);
	else if ((st = prov_ledger_prove(ledger, i, &proof, err)) == PROV_OK)
		len = strlen(proof);
	if (st == PROV_OK)
		(void)fwrite(proof != NULL ? (void *)proof : bytes, 1, len,
		    stdout);
	prov_free(bytes);
	prov_free(proof);
	return (st);
}

static int
prove(const struct args *args, struct home *h, prov_ledger *ledger)
{
	prov_err err = { 0 };
	prov_status st;
	uint64_t i;

	(void)h;
	st = find_entry(ledger, args, &i, &err);
	if (st == PROV_EOPEN)
		return (EXIT_TROUBLE);
	if (st == PROV_ENOTFOUND) {
		complain(args, args->at[0],
		    "is not in the ledger; to sign it: "
		    "prov sign");
		return (EXIT_NO);
	}
	if (st == PROV_OK)
		st = print_proof(args, ledger, i, &err);
	if (st != PROV_OK)
		return (trouble(args, args->at[0], &err));
	return (EXIT_HOLDS);
}

static int
run_prove(const struct args *args)
{
	static const char *const forms[] = { "receipt", "transparent",
		"update" };

	if (!args_only_one(args, forms, 3))
		return (EXIT_TROUBLE);
	if (args_has(args, "update"))
		return (ledger_read(args, ledger_update));
	if (args->n > 1) {
		complain(args, args->at[1], "prove one at a time");
		return (EXIT_TROUBLE);
	}
	return (ledger_read(args, prove));
}

const struct cmd ledger_prove = {
	.name = "prove",
	.args = "entry|media ...",
	.summary = "print the proof that an entry is in the ledger",
	.opts = opts,
	.n_min = 1,
	.n_max = -1,
	.run = run_prove,
};
