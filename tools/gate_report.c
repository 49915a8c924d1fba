/* SPDX-License-Identifier: ISC */
/* prov gate report: what a run let pass, and what not, in numbers. */
#include <inttypes.h>
#include <string.h>

#include "gate_sub.h"

static const struct opt opts[] = {
	{ "group-by", 0, "WORD",
	    "signer, source_type, license, media_type, rights or reason" },
	{ "json", 0, NULL, "print one JSON object a line" },
	{ 0 },
};

struct printing {
	const struct args *args;
	bool failed;
};

static bool
find_by(const struct args *args, prov_group_by *by)
{
	static const struct {
		const char *word;
		prov_group_by by;
	} words[] = { { "signer", PROV_GROUP_SIGNER },
		{ "source_type", PROV_GROUP_SOURCE_TYPE },
		{ "license", PROV_GROUP_LICENSE },
		{ "media_type", PROV_GROUP_MEDIA_TYPE },
		{ "rights", PROV_GROUP_RIGHTS },
		{ "reason", PROV_GROUP_REASON } };
	const char *word = args_value(args, "group-by");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word != NULL ? word : "reason", words[i].word) ==
		    0) {
			*by = words[i].by;
			return (true);
		}
	complain(args, word,
	    "groups are by signer, source_type, license, media_type, rights "
	    "or reason");
	return (false);
}

static void
print_text(const prov_run_group *g)
{
	char *safe = g->name != NULL ? printable(g->name) : NULL;

	printf("%12" PRIu64 " %16" PRIu64 " %10" PRIu64 " %10" PRIu64
	       " %10" PRIu64 " %10" PRIu64 "  %s\n",
	    g->records, g->bytes, g->decisions[PROV_ALLOW],
	    g->decisions[PROV_QUARANTINE], g->decisions[PROV_RETRY],
	    g->decisions[PROV_DENY], safe != NULL ? safe : "-");
	prov_free(safe);
}

static void
print(void *arg, const prov_run_group *g)
{
	struct printing *p = arg;
	prov_err err = { 0 };
	char *text = NULL;

	if (!args_has(p->args, "json")) {
		print_text(g);
	} else if (prov_run_group_json(&text, g, &err) == PROV_OK) {
		printf("%s\n", text);
		prov_free(text);
	} else {
		complain(p->args, NULL, "%s", err.msg);
		p->failed = true;
	}
}

static int
run(const struct args *args)
{
	struct printing p = { .args = args };
	prov_group_by by;
	prov_err err = { 0 };

	if (!find_by(args, &by))
		return (EXIT_TROUBLE);
	if (!args_has(args, "json"))
		printf("%12s %16s %10s %10s %10s %10s  %s\n", "records",
		    "bytes", "allow", "quarantine", "retry", "deny",
		    args_has(args, "group-by") ? args_value(args, "group-by")
					       : "reason");
	if (prov_run_groups(args->at[0], by, print, &p, &err) != PROV_OK)
		return (trouble(args, args->at[0], &err));
	return (p.failed ? EXIT_TROUBLE : EXIT_HOLDS);
}

const struct cmd gate_report = {
	.name = "report",
	.args = "run.ndjson",
	.summary = "count a run's records and bytes by group",
	.opts = opts,
	.n_min = 1,
	.n_max = 1,
	.run = run,
};
