/* SPDX-License-Identifier: ISC */
/* The witnesses of the home's policy: who they are, and asking them. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledger.h"

#define WAIT_S     10
#define WAIT_S_MAX 86400

static const struct opt add_opts[] = {
	{ "name", 0, "NAME", "call it so in the policy" },
	{ "quorum", 0, "WHAT", "all, any or a number have to cosign" },
	{ "trust", 0, "FILE", "the trust file whose policy to change" },
	{ 0 },
};

static const struct opt trust_opts[] = {
	{ "trust", 0, "FILE", "the trust file whose policy it is" },
	{ 0 },
};

static const struct opt ask_opts[] = {
	OPT_PASSPHRASE,
	{ "trust", 0, "FILE", "the trust file that names the witnesses" },
	OPT_WAIT,
	{ 0 },
};

static const char *
trust_path(const struct home *h, const struct args *args)
{
	const char *path = args_value(args, "trust");

	return (path != NULL ? path : h->trust);
}

/* Changes the policy that the options name. */
static int
with_policy(const struct args *args,
    prov_status (*change)(const struct args *, prov_trust *, prov_err *))
{
	struct home h;
	prov_trust *trust;
	prov_err err = { 0 };
	int status = EXIT_HOLDS;

	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	trust = home_load_trust(&h, args);
	if (trust == NULL || change(args, trust, &err) != PROV_OK ||
	    prov_trust_save(trust, trust_path(&h, args), &err) != PROV_OK) {
		if (trust != NULL)
			complain(args, NULL, "%s", err.msg);
		status = EXIT_TROUBLE;
	}
	prov_trust_free(trust);
	home_free(&h);
	return (status);
}

static prov_status
add(const struct args *args, prov_trust *trust, prov_err *err)
{
	const char *quorum = args_value(args, "quorum");
	prov_status st;

	st = prov_trust_add_witness(trust, args_value(args, "name"),
	    args->at[0], args->n > 1 ? args->at[1] : NULL, err);
	if (st == PROV_OK && quorum != NULL)
		st = prov_trust_set_quorum(trust, quorum, err);
	return (st);
}

static prov_status
drop(const struct args *args, prov_trust *trust, prov_err *err)
{
	return (prov_trust_remove_witness(trust, args->at[0], err));
}

static prov_status
set_quorum(const struct args *args, prov_trust *trust, prov_err *err)
{
	return (prov_trust_set_quorum(trust, args->at[0], err));
}

/* The lines of the policy that are about witnesses, as they stand. */
static void
print_policy(const prov_trust *trust)
{
	const char *line;

	for (size_t i = 0; (line = prov_trust_policy(trust, i)) != NULL; i++) {
		const char *word = line + strspn(line, " \t");
		char *safe;

		if (strncmp(word, "witness", 7) != 0 &&
		    strncmp(word, "group", 5) != 0 &&
		    strncmp(word, "quorum", 6) != 0)
			continue;
		safe = printable(word);
		printf("%s\n", safe != NULL ? safe : "");
		free(safe);
	}
}

static int
run_add(const struct args *args)
{
	return (with_policy(args, add));
}

static int
run_remove(const struct args *args)
{
	return (with_policy(args, drop));
}

static int
run_quorum(const struct args *args)
{
	return (with_policy(args, set_quorum));
}

static int
run_list(const struct args *args)
{
	struct home h;
	prov_trust *trust;

	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	trust = home_load_trust(&h, args);
	home_free(&h);
	if (trust == NULL)
		return (EXIT_TROUBLE);
	print_policy(trust);
	prov_trust_free(trust);
	return (EXIT_HOLDS);
}

bool
ledger_wait(const struct args *args, unsigned *ms)
{
	unsigned s = WAIT_S;

	if (!args_number(args, "wait", 0, WAIT_S_MAX, &s))
		return (false);
	*ms = s * 1000;
	return (true);
}

static void
print_time(int64_t t)
{
	char when[32] = "";
	time_t tt = (time_t)t;
	struct tm tm;

	if (t != 0 && gmtime_r(&tt, &tm) != NULL &&
	    strftime(when, sizeof(when), " at %Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		printf("%s", when);
}

int
ledger_cosign(const struct args *args, struct ledger_writer *w, int renew,
    unsigned wait_ms, bool quiet)
{
	prov_trust *trust = home_load_trust(&w->home, args);
	prov_witnesses *witnesses = NULL;
	prov_cosigned done = { 0 };
	prov_err err = { 0 };
	prov_status st;

	if (trust == NULL)
		return (EXIT_TROUBLE);
	st = prov_witnesses_new(&witnesses, trust, w->home.net, &err);
	if (st == PROV_OK && (renew || prov_witnesses_needed(witnesses)))
		st = prov_ledger_cosign(w->ledger, witnesses, renew, wait_ms,
		    (int64_t)time(NULL), &done, &err);
	prov_witnesses_free(witnesses);
	prov_trust_free(trust);
	if (st != PROV_OK)
		return (failure(args, NULL, &err));
	if (!quiet) {
		printf("%llu entries: cosigned by %zu of %zu witnesses",
		    (unsigned long long)done.size, done.n, done.of);
		print_time(done.time);
		printf("\n");
	}
	return (EXIT_HOLDS);
}

/* The entry stays, whatever comes of this: 75 says that it is not seen yet. */
int
ledger_witnessed(const struct args *args, struct ledger_writer *w)
{
	if (is_missing(w->home.trust))
		return (EXIT_HOLDS);
	return (ledger_cosign(args, w, 0, WAIT_S * 1000, true));
}

static int
run_ask(const struct args *args)
{
	struct ledger_writer w;
	unsigned wait_ms;
	int status;

	if (!ledger_wait(args, &wait_ms))
		return (EXIT_TROUBLE);
	if ((status = ledger_writer_open(&w, args)) == EXIT_HOLDS)
		status = ledger_cosign(args, &w, 1, wait_ms, false);
	ledger_writer_close(&w);
	return (status);
}

static const struct cmd witness_add = {
	.name = "add",
	.args = "vkey [url]",
	.summary = "have a witness cosign the ledger from now on",
	.opts = add_opts,
	.n_min = 1,
	.n_max = 2,
	.run = run_add,
};

static const struct cmd witness_remove = {
	.name = "remove",
	.args = "name",
	.summary = "do without a witness",
	.opts = trust_opts,
	.n_min = 1,
	.n_max = 1,
	.run = run_remove,
};

static const struct cmd witness_quorum = {
	.name = "quorum",
	.args = "all|any|k|none|name",
	.summary = "say how many witnesses have to cosign",
	.opts = trust_opts,
	.n_min = 1,
	.n_max = 1,
	.run = run_quorum,
};

static const struct cmd witness_list = {
	.name = "list",
	.args = "",
	.summary = "print witnesses, groups and the quorum",
	.opts = trust_opts,
	.run = run_list,
};

static const struct cmd witness_ask = {
	.name = "ask",
	.args = "",
	.summary = "ask for cosignatures of the newest checkpoint",
	.opts = ask_opts,
	.run = run_ask,
};

static const struct cmd *const subs[] = { &witness_add, &witness_remove,
	&witness_quorum, &witness_list, &witness_ask, &ledger_witness_init,
	&ledger_witness_serve, NULL };

const struct cmd ledger_witness = {
	.name = "witness",
	.args = "command",
	.summary = "have the ledger cosigned, or cosign others",
	.subs = subs,
};
