/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "ledger.h"
#include "progress.h"

static const struct opt opts[] = {
	OPT_LEDGER,
	OPT_LEDGER_TRUST,
	{ "all", 0, NULL, "compare every file, not only what is new" },
	{ "forget", 0, NULL,
	    "do not compare with DIR before signing any more" },
	{ "json", 0, NULL, "one line of JSON" },
	{ 0 },
};

static int
forget(const struct args *args, prov_ledger *ledger)
{
	prov_err err = { 0 };

	if (prov_ledger_forget(ledger, args->at[0], &err) != PROV_OK)
		return (trouble(args, NULL, &err));
	return (EXIT_HOLDS);
}

int
ledger_print_copied(const struct args *args, const char *dir,
    const prov_copied *c, prov_err *why)
{
	int status = exit_for(why->status);
	prov_err err = { 0 };
	char *text = NULL;

	if (args_has(args, "json")) {
		if (prov_copied_json(c, dir, why, status, &text, &err) !=
		    PROV_OK)
			return (trouble(args, NULL, &err));
		printf("%s\n", text);
		prov_free(text);
		return (status);
	}
	if (why->status != PROV_OK)
		return (trouble(args, NULL, why));
	text = printable(dir);
	printf("%s: %llu entries, %llu new; %llu timelines came along",
	    text != NULL ? text : "", (unsigned long long)c->size,
	    (unsigned long long)(c->size - c->from),
	    (unsigned long long)c->blobs);
	if (c->lacking != 0)
		printf(", %llu are not there", (unsigned long long)c->lacking);
	printf("\n");
	free(text);
	return (status);
}

static int
publish(const struct args *args, struct home *h, prov_ledger *ledger)
{
	struct progress *p;
	prov_copied copied;
	prov_err err = { 0 };

	(void)h;
	if (args_has(args, "forget"))
		return (forget(args, ledger));
	p = progress_new("publishing", 1);
	err.status =
	    prov_ledger_publish(ledger, args->at[0], args_has(args, "all"),
		p != NULL ? progress_entries : NULL, p, &copied, &err);
	progress_free(p);
	return (ledger_print_copied(args, args->at[0], &copied, &err));
}

static int
run_publish(const struct args *args)
{
	static const char *const one[] = { "all", "forget" };

	if (!args_only_one(args, one, 2))
		return (EXIT_TROUBLE);
	return (ledger_read(args, publish));
}

const struct cmd ledger_publish = {
	.name = "publish",
	.args = "dir",
	.summary = "copy what others read to a directory that is served",
	.opts = opts,
	.n_min = 1,
	.n_max = 1,
	.run = run_publish,
};
