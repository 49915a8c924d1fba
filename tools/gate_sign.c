/* SPDX-License-Identifier: ISC */
/* prov gate sign-run: by a process of its own, which reads no media. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gate_sub.h"
#include "ledger.h"

const struct cmd *const gate_subs[] = { &gate_sign, &gate_check, &gate_report,
	NULL };

static const struct opt opts[] = {
	{ "key", 'k', "KEY", "sign with this, not with the default key" },
	{ "policy", 0, "FILE", "the policy that decided, to state its name" },
	{ "envelope", 0, "FILE", "write the attestation to FILE" },
	OPT_PASSPHRASE,
	{ 0 },
};

static void
print_signed(const char *path, const prov_run_signed *s)
{
	char *safe = printable(path);

	printf("signed  %s  %llu records", safe != NULL ? safe : "",
	    (unsigned long long)s->records);
	printf(": %llu allowed, %llu quarantined, %llu to try again, "
	       "%llu denied\n",
	    (unsigned long long)s->decisions[PROV_ALLOW],
	    (unsigned long long)s->decisions[PROV_QUARANTINE],
	    (unsigned long long)s->decisions[PROV_RETRY],
	    (unsigned long long)s->decisions[PROV_DENY]);
	printf("root    ");
	for (size_t i = 0; i < sizeof(s->root); i++)
		printf("%02x", s->root[i]);
	printf("\nledger  entry %llu%s\n", (unsigned long long)s->entry.index,
	    s->entry.existed ? ", as before" : "");
	free(safe);
}

static int
sign(const struct args *args, struct ledger_writer *w, const prov_key *key,
    const prov_policy *policy)
{
	prov_run_sign_options o = { .key = key,
		.ledger = w->ledger,
		.policy = policy,
		.envelope = args_value(args, "envelope") };
	prov_run_signed done;
	prov_err err = { 0 };
	prov_status st;

	st = prov_run_sign(&o, args->at[0], &done, &err);
	if (st == PROV_EFORMAT || st == PROV_EARG) {
		complain(args, args->at[0], "%s", err.msg);
		return (EXIT_NO);
	}
	if (st != PROV_OK)
		return (failure(args, args->at[0], &err));
	print_signed(args->at[0], &done);
	return (EXIT_HOLDS);
}

/* The proof is to be at a head that witnesses have seen. */
static int
update(const struct args *args, struct ledger_writer *w,
    const prov_trust *trust)
{
	prov_err err = { 0 };
	char *sidecar = NULL;
	int changed, status = EXIT_HOLDS;

	if (asprintf(&sidecar, "%s.prov", args->at[0]) < 0) {
		complain(args, NULL, "out of memory");
		return (EXIT_TROUBLE);
	}
	if (prov_sidecar_update(w->ledger, trust, sidecar, (int64_t)time(NULL),
		&changed, &err) != PROV_OK)
		status = failure(args, sidecar, &err);
	free(sidecar);
	return (status);
}

static int
complete(const struct args *args, struct ledger_writer *w)
{
	prov_trust *trust;
	int status;

	if ((status = ledger_witnessed(args, w)) != EXIT_HOLDS ||
	    (access(w->home.trust, F_OK) == -1 && errno == ENOENT))
		return (status);
	if ((trust = home_load_trust(&w->home, args)) == NULL)
		return (EXIT_TROUBLE);
	status = update(args, w, trust);
	prov_trust_free(trust);
	return (status);
}

static bool
load_policy(const struct args *args, prov_policy **out)
{
	const char *path = args_value(args, "policy");
	prov_err err = { 0 };

	if (path == NULL || prov_policy_load(out, path, &err) == PROV_OK)
		return (true);
	complain(args, path, "%s", err.msg);
	return (false);
}

static int
run(const struct args *args)
{
	struct ledger_writer w;
	prov_policy *policy = NULL;
	prov_key *key = NULL;
	char *path;
	int status;

	if ((status = ledger_writer_open(&w, args)) == EXIT_HOLDS) {
		status = EXIT_TROUBLE;
		path = home_signer_path(&w.home, args);
		if (path != NULL && load_policy(args, &policy))
			key = home_load_key(args, path);
		free(path);
		if (key != NULL)
			status = sign(args, &w, key, policy);
		if (status == EXIT_HOLDS)
			status = complete(args, &w);
	}
	prov_key_free(key);
	prov_policy_free(policy);
	ledger_writer_close(&w);
	return (status);
}

const struct cmd gate_sign = {
	.name = "sign-run",
	.args = "run.ndjson",
	.summary = "sign and log a run that is over",
	.opts = opts,
	.n_min = 1,
	.n_max = 1,
	.run = run,
};
