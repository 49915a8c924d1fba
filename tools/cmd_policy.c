/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "home.h"
#include "input.h"

static const struct opt no_opts[] = { { 0 } };

static const struct opt explain_opts[] = {
	{ "policy", 0, "FILE", "the policy that decides" },
	{ "facts", 0, "FILE", "decide about facts; - is standard input" },
	{ "root", 0, "DIR", "what the file's name is below, instead of ." },
	{ "ledger", 0, "DIR", "look the file up in this ledger" },
	{ "sidecar-dir", 0, "DIR", "its sidecar is in DIR" },
	{ "no-sidecar", 0, NULL, "use no sidecar, only the ledger" },
	{ "no-memory", 0, NULL, "remember no logs, and compare with none" },
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
explain(const struct args *args, const prov_policy *p, prov_span facts)
{
	const prov_explain_options options = { .facts = facts,
		.json = args_has(args, "json") };
	prov_decision decision = PROV_DENY;
	prov_err err = { 0 };
	char *text = NULL;

	if (prov_policy_explain(&text, &decision, p, &options, &err) != PROV_OK)
		return (failure(args, args_value(args, "facts"), &err));
	printf("%s\n", text);
	prov_free(text);
	return (exit_decided(decision));
}

/* What the gate finds of the file is what the policy is asked about. */
static int
explain_answer(const struct args *args, const prov_policy *p, prov_gate *g)
{
	const prov_request request = { .path = args->at[0], .fd = -1 };
	prov_gate_answer *answer = NULL;
	prov_err err = { 0 };
	char *facts = NULL;
	int status;

	if (prov_gate_ask(g, &request, &answer, &err) != PROV_OK ||
	    prov_gate_answer_facts(&facts, answer, &err) != PROV_OK)
		status = failure(args, args->at[0], &err);
	else
		status = explain(args, p,
		    (prov_span){ (const uint8_t *)facts, strlen(facts) });
	prov_free(facts);
	prov_gate_answer_free(answer);
	return (status);
}

static int
explain_in(const struct args *args, const prov_policy *p, const struct home *h)
{
	char *notices = home_notices_dir(h);
	prov_gate_options o = {
		.policy = p,
		.root = args_has(args, "root") ? args_value(args, "root") : ".",
		.ledger_dir = home_ledger_dir(h, args),
		.notices_dir = notices,
		.demux = h->demux,
		.sidecar_dir = args_value(args, "sidecar-dir"),
	};
	prov_gate *g = NULL;
	prov_err err = { 0 };
	int status = EXIT_TROUBLE;

	o.ledger_own = home_owns_ledger(h, o.ledger_dir);
	o.sidecar = args_has(args, "no-sidecar") ? PROV_SIDECAR_NONE
	            : o.sidecar_dir != NULL      ? PROV_SIDECAR_DIR
	                                         : PROV_SIDECAR_BESIDE;
	if (args_has(args, "no-memory") ||
	    (o.state_dir = home_state(h, args)) != NULL) {
		status = prov_gate_new(&g, &o, &err) != PROV_OK
		             ? failure(args, NULL, &err)
		             : explain_answer(args, p, g);
	}
	prov_gate_free(g);
	free(notices);
	return (status);
}

static int
explain_file(const struct args *args, const prov_policy *p)
{
	struct home h;
	int status;

	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	status = explain_in(args, p, &h);
	home_free(&h);
	return (status);
}

static int
explain_facts(const struct args *args, const prov_policy *p)
{
	size_t len;
	uint8_t *bytes = input_read(args, args_value(args, "facts"), &len);
	int status = EXIT_TROUBLE;

	if (bytes != NULL)
		status = explain(args, p, (prov_span){ bytes, len });
	free(bytes);
	return (status);
}

static bool
usage_holds(const struct args *args)
{
	static const char *const places[] = { "sidecar-dir", "no-sidecar" };
	static const char *const verify[] = { "facts", "root", "ledger",
		"sidecar-dir", "no-sidecar", "no-memory" };

	if (!args_has(args, "policy")) {
		complain(args, NULL, "what decides? --policy FILE");
		return (false);
	}
	if (args_has(args, "facts") == (args->n > 0)) {
		complain(args, NULL, "about what? a file, or --facts FILE");
		return (false);
	}
	/* Facts are there already: nothing is verified for them. */
	for (size_t i = 1; i < sizeof(verify) / sizeof(verify[0]); i++) {
		const char *both[] = { verify[0], verify[i] };

		if (!args_only_one(args, both, 2))
			return (false);
	}
	return (args_only_one(args, places, 2));
}

static int
run_explain(const struct args *args)
{
	prov_policy *p;
	int status;

	if (!usage_holds(args) ||
	    (p = load(args, args_value(args, "policy"))) == NULL)
		return (EXIT_TROUBLE);
	status = args_has(args, "facts") ? explain_facts(args, p)
	                                 : explain_file(args, p);
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
	.args = "[media]",
	.summary = "say why a policy decides as it does",
	.opts = explain_opts,
	.n_max = 1,
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
