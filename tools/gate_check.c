/* SPDX-License-Identifier: ISC */
/* prov gate verify-run: whether a run is as it was signed. */
#include <stdlib.h>

#include "gate_sub.h"
#include "home.h"

static const struct opt opts[] = {
	{ "trust", 0, "FILE", "whom to believe, instead of the home's" },
	{ "ledger", 0, "DIR", "look the run up in this ledger" },
	{ "sidecar", 0, "FILE", "the run's sidecar, instead of RUN.prov" },
	{ "no-memory", 0, NULL, "remember no logs, and compare with none" },
	{ "json", 0, NULL, "print one JSON object" },
	{ 0 },
};

/* NULL after complaining, with the exit status. */
static prov_verifier *
make_verifier(const struct args *args, const struct home *h,
    const prov_trust *trust, const char *notices, int *status)
{
	prov_verify_options o = { .trust = trust,
		.ledger_dir = home_ledger_dir(h, args),
		.notices_dir = notices };
	prov_verifier *v = NULL;
	prov_err err = { 0 };

	o.ledger_own = home_owns_ledger(h, o.ledger_dir);
	*status = EXIT_TROUBLE;
	if (!args_has(args, "no-memory") &&
	    (o.state_dir = home_state(h, args)) == NULL)
		return (NULL);
	if (prov_verifier_new(&v, &o, &err) != PROV_OK)
		*status = failure(args, NULL, &err);
	return (v);
}

static int
print(const struct args *args, const prov_run_report *r)
{
	prov_err err = { 0 };
	char *text = NULL;
	prov_status st;

	st = args_has(args, "json") ? prov_run_report_json(&text, r, &err)
	                            : prov_run_report_text(&text, r, &err);
	if (st != PROV_OK)
		return (failure(args, args->at[0], &err));
	printf("%s%s", text, args_has(args, "json") ? "\n" : "");
	prov_free(text);
	return (prov_run_report_status(r));
}

static int
check(const struct args *args, prov_verifier *v)
{
	prov_run_report *r = NULL;
	prov_err err = { 0 };
	int status;

	if (prov_run_verify(v, args->at[0], args_value(args, "sidecar"),
		args->n > 1 ? args->at[1] : NULL, &r, &err) != PROV_OK)
		return (trouble(args, args->at[0], &err));
	status = print(args, r);
	prov_run_report_free(r);
	return (status);
}

static int
run(const struct args *args)
{
	prov_trust *trust = NULL;
	prov_verifier *v = NULL;
	int status = EXIT_TROUBLE;
	char *notices = NULL;
	struct home h;

	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	if ((trust = home_load_trust(&h, args)) != NULL) {
		notices = home_notices_dir(&h);
		v = make_verifier(args, &h, trust, notices, &status);
	}
	if (v != NULL)
		status = check(args, v);
	prov_verifier_free(v);
	prov_trust_free(trust);
	free(notices);
	home_free(&h);
	return (status);
}

const struct cmd gate_check = {
	.name = "verify-run",
	.args = "run.ndjson [run.intoto.json]",
	.summary = "check a run against what was signed and logged of it",
	.opts = opts,
	.n_min = 1,
	.n_max = 2,
	.run = run,
};
