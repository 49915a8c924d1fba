/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "input.h"
#include "ledger.h"

static const struct opt fork_opts[] = {
	{ "log", 0, "VKEY", "the log that is accused, instead of all trusted" },
	OPT_LEDGER_TRUST,
	{ 0 },
};

static int
proven(const prov_pubkey *log, const uint64_t sizes[2])
{
	printf("%s signed two histories: its checkpoints of %llu and of %llu "
	       "entries exclude each other\n",
	    log->name, (unsigned long long)sizes[0],
	    (unsigned long long)sizes[1]);
	return (EXIT_HOLDS);
}

/* Against whichever trusted log it speaks. */
static int
judge(const struct args *args, const prov_trust *trust, prov_span evidence)
{
	uint64_t sizes[2];
	prov_err err = { 0 };

	if (prov_trust_logs(trust) == 0) {
		complain(args, NULL, "no log is trusted; give --log VKEY");
		return (EXIT_TROUBLE);
	}
	for (size_t i = 0; i < prov_trust_logs(trust); i++) {
		const prov_pubkey *log = prov_trust_log_at(trust, i);

		prov_err_clear(&err);
		if (prov_ledger_fork(log, evidence, sizes, &err) == PROV_OK)
			return (proven(log, sizes));
	}
	return (trouble(args, args->at[0], &err));
}

static int
judge_one(const struct args *args, const char *vkey, prov_span evidence)
{
	prov_pubkey log;
	uint64_t sizes[2];
	prov_err err = { 0 };

	if (prov_vkey_parse(&log, vkey, &err) != PROV_OK)
		return (failure(args, NULL, &err));
	if (prov_ledger_fork(&log, evidence, sizes, &err) == PROV_OK)
		return (proven(&log, sizes));
	return (trouble(args, args->at[0], &err));
}

static int
run_fork(const struct args *args)
{
	const char *vkey = args_value(args, "log");
	prov_trust *trust = NULL;
	prov_span evidence = { 0 };
	struct home h;
	uint8_t *bytes;
	int status = EXIT_TROUBLE;

	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	bytes = input_read(args, args->at[0], &evidence.len);
	evidence.p = bytes;
	if (bytes != NULL && vkey != NULL)
		status = judge_one(args, vkey, evidence);
	else if (bytes != NULL && (trust = home_load_trust(&h, args)) != NULL)
		status = judge(args, trust, evidence);
	prov_trust_free(trust);
	free(bytes);
	home_free(&h);
	return (status);
}

const struct cmd ledger_fork = {
	.name = "fork",
	.args = "file",
	.summary = "check the evidence that a log signed two histories",
	.opts = fork_opts,
	.n_min = 1,
	.n_max = 1,
	.run = run_fork,
};
