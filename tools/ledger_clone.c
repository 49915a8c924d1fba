/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "ledger.h"
#include "progress.h"

#define TIMEOUT_MAX 3600

static const struct opt opts[] = {
	OPT_LEDGER_TRUST,
	{ "blobs", 0, "WHICH", "timelines to fetch: new, all or none" },
	{ "timeout", 0, "S", "give up on a file after so long; 60" },
	{ "json", 0, NULL, "one line of JSON" },
	{ 0 },
};

static bool
take_options(prov_clone_options *o, const struct args *args)
{
	const char *blobs = args_value(args, "blobs");
	unsigned timeout_s = 60;

	if (!args_number(args, "timeout", 1, TIMEOUT_MAX, &timeout_s))
		return (false);
	o->timeout_ms = timeout_s * 1000;
	if (blobs == NULL || strcmp(blobs, "new") == 0)
		o->blobs = PROV_BLOBS_NEW;
	else if (strcmp(blobs, "all") == 0)
		o->blobs = PROV_BLOBS_ALL;
	else if (strcmp(blobs, "none") == 0)
		o->blobs = PROV_BLOBS_NONE;
	else {
		complain(args, NULL, "--blobs: new, all or none, not %s",
		    blobs);
		return (false);
	}
	return (true);
}

/* Where to: the last name of the source, as git does it. malloc'ed. */
static char *
target(const struct args *args)
{
	const char *from = args->at[0], *end, *name;

	if (args->n > 1)
		return (strdup(args->at[1]));
	for (end = from + strlen(from); end > from && end[-1] == '/';)
		end--;
	for (name = end; name > from && name[-1] != '/';)
		name--;
	if (name == end || *name == '.' || strchr(name, ':') != NULL) {
		complain(args, NULL, "%s: say where to", from);
		return (NULL);
	}
	return (strndup(name, (size_t)(end - name)));
}

/* Under whichever trusted log it is of. */
static void
clone_under(const struct args *args, const prov_trust *trust, const char *to,
    const prov_clone_options *o, prov_copied *copied, prov_err *err)
{
	static const char other[] = "ledger.untrusted:";

	err->status = PROV_EUNTRUSTED;
	if (prov_trust_logs(trust) == 0)
		(void)snprintf(err->msg, sizeof(err->msg),
		    "no log is trusted; prov trust add --log VKEY");
	for (size_t i = 0; i < prov_trust_logs(trust); i++) {
		prov_err_clear(err);
		err->status = prov_ledger_clone(args->at[0], to,
		    prov_trust_log_at(trust, i), o, copied, err);
		if (err->status != PROV_EUNTRUSTED ||
		    strncmp(err->msg, other, sizeof(other) - 1) != 0)
			break;
	}
}

/*
 * The copy's index may be one that came with an earlier copy; what was
 * revoked is known by reading all of it, once.
 */
static int
heed(const struct args *args, const struct home *h, const prov_trust *trust,
    const char *to)
{
	char *dir = home_notices_dir(h);
	prov_ledger *l = NULL;
	prov_err err = { 0 };
	int status = EXIT_HOLDS;

	for (size_t i = 0; dir != NULL && i < prov_trust_logs(trust); i++) {
		prov_err_clear(&err);
		if (prov_ledger_open(&l, to, prov_trust_log_at(trust, i),
			&err) == PROV_OK)
			break;
	}
	if (l != NULL && prov_ledger_heed(l, dir, &err) != PROV_OK)
		status = trouble(args, to, &err);
	prov_ledger_close(l);
	free(dir);
	return (status);
}

static int
clone(const struct args *args, const struct home *h, prov_trust *trust)
{
	prov_clone_options o = { .net = h->net };
	prov_copied copied = { 0 };
	prov_err err = { 0 };
	struct progress *p;
	char *to;
	int status;

	if (!take_options(&o, args) || (to = target(args)) == NULL)
		return (EXIT_TROUBLE);
	p = progress_new("cloning", 1);
	o.progress = p != NULL ? progress_entries : NULL;
	o.arg = p;
	clone_under(args, trust, to, &o, &copied, &err);
	progress_free(p);
	status = ledger_print_copied(args, to, &copied, &err);
	if (status == EXIT_HOLDS)
		status = heed(args, h, trust, to);
	free(to);
	return (status);
}

static int
run_clone(const struct args *args)
{
	struct home h;
	prov_trust *trust;
	int status = EXIT_TROUBLE;

	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	if ((trust = home_load_trust(&h, args)) != NULL)
		status = clone(args, &h, trust);
	prov_trust_free(trust);
	home_free(&h);
	return (status);
}

const struct cmd ledger_clone = {
	.name = "clone",
	.args = "dir|url [to]",
	.summary = "copy a log that is published, or bring a copy up to date",
	.opts = opts,
	.n_min = 1,
	.n_max = 2,
	.run = run_clone,
};
