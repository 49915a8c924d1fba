/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "input.h"

static const struct opt no_opts[] = { { 0 } };

static const struct opt explain_opts[] = {
	{ "policy", 0, "FILE", "the policy that decides" },
	{ "facts", 0, "FILE", "decide about facts; - is standard input" },
	{ "json", 0, NULL, "print one JSON object" },
	{ 0 },
};

static const struct opt test_opts[] = {
	{ "policy", 0, "FILE", "try this one, not the one the table names" },
	{ 0 },
};

/* NULL after complaining, for whatever reason: nothing was decided. */
static prov_policy *
load(const struct args *args, const char *path)
{
	prov_policy *p = NULL;
	prov_err err = { 0 };

	if (prov_policy_load(&p, path, &err) == PROV_OK)
		return (p);
	complain(args, NULL, "%s", err.msg);
	return (NULL);
}

static int
run_check(const struct args *args)
{
	prov_policy *p = load(args, args->at[0]);
	prov_err err = { 0 };
	char *text = NULL;
	int status = EXIT_HOLDS;

	if (p == NULL)
		return (EXIT_TROUBLE);
	if (prov_policy_text(&text, p, &err) == PROV_OK)
		(void)fputs(text, stdout);
	else
		status = failure(args, args->at[0], &err);
	prov_free(text);
	prov_policy_free(p);
	return (status);
}

static int
exit_decided(prov_decision d)
{
	switch (d) {
	case PROV_ALLOW:
		return (EXIT_HOLDS);
	case PROV_RETRY:
		return (EXIT_RETRY);
	case PROV_DENY:
	case PROV_QUARANTINE:
		break;
	}
	return (EXIT_NO);
}

static int
explain(const struct args *args, const prov_policy *p,
    const prov_explain_options *options)
{
	prov_decision decision = PROV_DENY;
	prov_err err = { 0 };
	char *text = NULL;

	if (prov_policy_explain(&text, &decision, p, options, &err) != PROV_OK)
		return (failure(args, args_value(args, "facts"), &err));
	printf("%s\n", text);
	prov_free(text);
	return (exit_decided(decision));
}

static int
run_explain(const struct args *args)
{
	prov_explain_options o = { .json = args_has(args, "json") };
	const char *facts = args_value(args, "facts");
	const char *policy = args_value(args, "policy");
	prov_policy *p;
	uint8_t *bytes;
	int status = EXIT_TROUBLE;
	size_t len;

	if (policy == NULL || facts == NULL) {
		complain(args, NULL, "--policy and --facts are both needed");
		return (EXIT_TROUBLE);
	}
	if ((p = load(args, policy)) == NULL)
		return (EXIT_TROUBLE);
	if ((bytes = input_read(args, facts, &len)) != NULL) {
		o.facts = (prov_span){ bytes, len };
		status = explain(args, p, &o);
	}
	free(bytes);
	prov_policy_free(p);
	return (status);
}

static int
run_test(const struct args *args)
{
	const char *policy = args_value(args, "policy");
	prov_policy_tested tested = { 0 };
	prov_policy *p = NULL;
	prov_err err = { 0 };
	char *text = NULL;
	int status;

	if (policy != NULL && (p = load(args, policy)) == NULL)
		return (EXIT_TROUBLE);
	if (prov_policy_test(&text, &tested, args->at[0], p, &err) != PROV_OK) {
		complain(args, NULL, "%s", err.msg);
		status = EXIT_TROUBLE;
	} else {
		printf("%s%zu cases, %zu failed\n", text, tested.n,
		    tested.n_failed);
		status = tested.n_failed == 0 ? EXIT_HOLDS : EXIT_NO;
	}
	prov_free(text);
	prov_policy_free(p);
	return (status);
}

static const struct cmd policy_check = {
	.name = "check",
	.args = "FILE",
	.summary = "say what is wrong with a policy, or what it lets in",
	.opts = no_opts,
	.n_min = 1,
	.n_max = 1,
	.run = run_check,
};

static const struct cmd policy_explain = {
	.name = "explain",
	.args = "",
	.summary = "say why a policy decides as it does",
	.opts = explain_opts,
	.run = run_explain,
};

static const struct cmd policy_test = {
	.name = "test",
	.args = "TABLE",
	.summary = "hold a policy to a table of expected decisions",
	.opts = test_opts,
	.n_min = 1,
	.n_max = 1,
	.run = run_test,
};

static const struct cmd *const subs[] = { &policy_check, &policy_explain,
	&policy_test, NULL };

const struct cmd cmd_policy = {
	.name = "policy",
	.args = "command",
	.summary = "check, explain and test what decides which media enters",
	.subs = subs,
};
