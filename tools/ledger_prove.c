/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "input.h"
#include "ledger.h"

static const struct opt opts[] = {
	OPT_LEDGER,
	OPT_LEDGER_TRUST,
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

static int
prove(const struct args *args, struct home *h, prov_ledger *ledger)
{
	prov_err err = { 0 };
	prov_status st;
	uint64_t i;
	char *proof = NULL;

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
		st = prov_ledger_prove(ledger, i, &proof, &err);
	if (st != PROV_OK)
		return (trouble(args, args->at[0], &err));
	fputs(proof, stdout);
	prov_free(proof);
	return (EXIT_HOLDS);
}

static int
run_prove(const struct args *args)
{
	return (ledger_read(args, prove));
}

const struct cmd ledger_prove = {
	.name = "prove",
	.args = "entry|media",
	.summary = "print the proof that an entry is in the ledger",
	.opts = opts,
	.n_min = 1,
	.n_max = 1,
	.run = run_prove,
};
