/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ledger.h"
#include "progress.h"

static const struct opt opts[] = {
	{ "from", 0, "DIR", "where it was published or cloned to" },
	{ "json", 0, NULL, "one line of JSON" },
	OPT_PASSPHRASE,
	{ 0 },
};

static bool
is_url(const char *from)
{
	return (strncmp(from, "http://", 7) == 0 ||
		strncmp(from, "https://", 8) == 0);
}

/* And sees that nothing is missing any more that was signed. */
static int
recover(const struct args *args, struct ledger_writer *w, const char *from)
{
	struct progress *p = progress_new("recovering", 1);
	prov_copied copied;
	prov_err err = { 0 };
	int status;

	err.status = prov_ledger_recover(w->home.ledger, w->log, from,
	    p != NULL ? progress_entries : NULL, p, &copied, &err);
	progress_free(p);
	/* It tells no verdict: what cannot be recovered is trouble. */
	if (err.status != PROV_OK)
		return (failure(args, NULL, &err));
	status = home_open_writer(&w->ledger, &w->home, args, w->log);
	return (status != EXIT_HOLDS
		    ? status
		    : ledger_print_copied(args, w->home.ledger, &copied, &err));
}

static int
run_recover(const struct args *args)
{
	const char *from = args_value(args, "from");
	struct ledger_writer w = { 0 };
	int status = EXIT_TROUBLE;

	if (from == NULL) {
		complain(args, NULL,
		    "--from DIR: where the ledger was published or cloned to");
		return (EXIT_TROUBLE);
	}
	if (is_url(from)) {
		complain(args, NULL,
		    "%s: first prov ledger clone it, then recover from there",
		    from);
		return (EXIT_TROUBLE);
	}
	harden();
	if (home_find(&w.home, args) &&
	    (w.log = home_load_log(&w.home, args)) != NULL)
		status = recover(args, &w, from);
	ledger_writer_close(&w);
	return (status);
}

const struct cmd ledger_recover = {
	.name = "recover",
	.args = "",
	.summary = "bring an old copy that was restored up to a newer one",
	.opts = opts,
	.run = run_recover,
};
