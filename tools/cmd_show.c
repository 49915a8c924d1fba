/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "home.h"
#include "input.h"
#include "walk.h"

static const struct opt opts[] = {
	{ "json", 0, NULL, "print one JSON object" },
	{ "entry", 0, "N", "show entry N of the ledger instead of a file" },
	{ "ledger", 0, "DIR", "the ledger that --entry means" },
	{ "trust", 0, "FILE", "the trust file that names its log" },
	{ "raw", 0, NULL, "write the statement's own bytes" },
	{ 0 },
};

static int
show(const struct args *args, const char *what, prov_span bytes)
{
	prov_err err = { 0 };
	prov_span statement;
	char *text = NULL;
	prov_status st;

	if (args_has(args, "raw")) {
		st = prov_statement_in(&statement, bytes, &err);
		if (st == PROV_OK)
			(void)fwrite(statement.p, 1, statement.len, stdout);
	} else {
		st = prov_show(&text, bytes,
		    args_has(args, "json") ? PROV_SHOW_JSON : 0, &err);
	}
	if (st != PROV_OK)
		return (trouble(args, what, &err));
	if (text != NULL)
		printf("%s%s", text,
		    text[0] != '\0' && text[strlen(text) - 1] == '\n' ? ""
								      : "\n");
	prov_free(text);
	return (EXIT_HOLDS);
}

static bool
parse_index(const char *s, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(s, &end, 10);
	return (errno == 0 && *s >= '0' && *s <= '9' && *end == '\0');
}

static int
show_entry(const struct args *args, const char *number)
{
	struct home h;
	prov_ledger *ledger = NULL;
	prov_err err = { 0 };
	uint8_t *p = NULL;
	uint64_t i;
	size_t len;
	int status;

	if (!parse_index(number, &i)) {
		complain(args, NULL, "--entry %s: not a number", number);
		return (EXIT_TROUBLE);
	}
	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	if ((status = home_open_ledger(&ledger, &h, args)) == EXIT_HOLDS) {
		if (prov_ledger_entry(ledger, i, &p, &len, &err) != PROV_OK)
			status = trouble(args, NULL, &err);
		else
			status = show(args, NULL, (prov_span){ p, len });
	}
	prov_free(p);
	prov_ledger_close(ledger);
	home_free(&h);
	return (status);
}

/* A sidecar or statement, or the sidecar beside a media file. */
static int
show_file(const struct args *args, const char *path)
{
	char *beside = NULL;
	uint8_t *p;
	size_t len;
	int status;

	if (!is_sidecar(path) && asprintf(&beside, "%s.prov", path) > 0 &&
	    access(beside, F_OK) == 0)
		path = beside;
	if ((p = input_read(args, path, &len)) == NULL)
		status = EXIT_TROUBLE;
	else
		status = show(args, path, (prov_span){ p, len });
	free(p);
	free(beside);
	return (status);
}

static int
run(const struct args *args)
{
	static const char *const forms[] = { "json", "raw" };
	const char *entry = args_value(args, "entry");

	if (!args_only_one(args, forms, 2))
		return (EXIT_TROUBLE);
	if ((entry != NULL) == (args->n == 1)) {
		complain(args, NULL, "either a file or --entry N");
		return (EXIT_TROUBLE);
	}
	return (entry != NULL ? show_entry(args, entry)
			      : show_file(args, args->at[0]));
}

const struct cmd cmd_show = {
	.name = "show",
	.args = "[file]",
	.summary = "print what a sidecar, statement or ledger entry says",
	.opts = opts,
	.n_max = 1,
	.run = run,
};
