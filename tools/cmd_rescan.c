/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "home.h"

static const struct opt opts[] = {
	{ "policy", 0, "FILE", "what decides: prov-policy(5)" },
	{ "ledger", 0, "DIR", "look things up in this ledger" },
	{ "cache", 0, "FILE", "remember facts there" },
	{ "no-memory", 0, NULL, "remember no logs, and compare with none" },
	{ 0 },
};

/* NULL after complaining, with the exit status. */
static prov_gate *
make_gate(const struct args *args, const struct home *h,
    const prov_policy *policy, const char *notices, int *status)
{
	prov_gate_options o = { .policy = policy,
		.ledger_dir = home_ledger_dir(h, args),
		.notices_dir = notices,
		.cache = args_value(args, "cache") };
	prov_gate *g = NULL;
	prov_err err = { 0 };

	o.ledger_own = home_owns_ledger(h, o.ledger_dir);
	*status = EXIT_TROUBLE;
	if (!args_has(args, "no-memory") &&
	    (o.state_dir = home_state(h, args)) == NULL)
		return (NULL);
	if (prov_gate_new(&g, &o, &err) != PROV_OK)
		*status = failure(args, NULL, &err);
	return (g);
}

static void
print_record(void *arg, const char *record)
{
	(void)arg;
	printf("%s\n", record);
}

static int
rescan(const struct args *args, prov_gate *g)
{
	prov_rescanned n;
	prov_err err = { 0 };

	if (prov_run_rescan(g, args->at[0], print_record, NULL, &n, &err) !=
	    PROV_OK)
		return (trouble(args, args->at[0], &err));
	fprintf(stderr,
	    "%llu records: %llu were let pass, %llu would not be now\n",
	    (unsigned long long)n.records, (unsigned long long)n.accepted,
	    (unsigned long long)n.changed);
	return (n.retry > 0     ? EXIT_RETRY
		: n.changed > 0 ? EXIT_NO
				: EXIT_HOLDS);
}

static prov_policy *
load_policy(const struct args *args)
{
	const char *path = args_value(args, "policy");
	prov_policy *policy = NULL;
	prov_err err = { 0 };

	if (path == NULL)
		complain(args, NULL, "what decides? --policy FILE");
	else if (prov_policy_load(&policy, path, &err) != PROV_OK)
		complain(args, path, "%s", err.msg);
	return (policy);
}

static int
run(const struct args *args)
{
	prov_policy *policy = load_policy(args);
	prov_gate *g = NULL;
	int status = EXIT_TROUBLE;
	char *notices;
	struct home h;

	if (policy == NULL || !home_find(&h, args)) {
		prov_policy_free(policy);
		return (EXIT_TROUBLE);
	}
	notices = home_notices_dir(&h);
	if ((g = make_gate(args, &h, policy, notices, &status)) != NULL)
		status = rescan(args, g);
	prov_gate_free(g);
	free(notices);
	home_free(&h);
	prov_policy_free(policy);
	return (status);
}

const struct cmd cmd_rescan = {
	.name = "rescan",
	.args = "run.ndjson",
	.summary = "decide again what a run let pass",
	.opts = opts,
	.n_min = 1,
	.n_max = 1,
	.run = run,
};
