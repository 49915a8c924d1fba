/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

/* getopt_long's tables, made from ours. Long options count up from LONG. */
enum { LONG = 0x100 };

struct tables {
	char letters[2 * OPTS_MAX + 4];
	struct option longs[OPTS_MAX + 2];
};

static void
tables_make(struct tables *t, const struct opt *opts)
{
	size_t at = 0, i;

	memset(t, 0, sizeof(*t));
	t->letters[at++] = ':';
	t->letters[at++] = 'h';
	for (i = 0; opts != NULL && opts[i].name != NULL; i++) {
		t->longs[i].name = opts[i].name;
		t->longs[i].has_arg =
		    opts[i].arg != NULL ? required_argument : no_argument;
		t->longs[i].val = LONG + (int)i;
		if (opts[i].letter == 0)
			continue;
		t->letters[at++] = opts[i].letter;
		if (opts[i].arg != NULL)
			t->letters[at++] = ':';
	}
	t->longs[i].name = "help";
	t->longs[i].val = 'h';
}

static const char *
prefix(const char *family)
{
	return (family == NULL ? "" : family);
}

static void
usage_line(FILE *out, const struct cmd *cmd, const char *family)
{
	fprintf(out, "usage: prov %s%s%s", prefix(family),
	    family == NULL ? "" : " ", cmd->name);
	if (cmd->opts != NULL && cmd->opts[0].name != NULL)
		fprintf(out, " [option ...]");
	fprintf(out, "%s%s\n", cmd->args[0] == '\0' ? "" : " ", cmd->args);
}

static int
usage(const struct cmd *cmd, const char *family)
{
	usage_line(stderr, cmd, family);
	return (EXIT_TROUBLE);
}

static int
help(const struct cmd *cmd, const char *family)
{
	usage_line(stdout, cmd, family);
	printf("%s\n", cmd->summary);
	for (size_t i = 0; cmd->subs != NULL && cmd->subs[i] != NULL; i++)
		printf("%s  %-12s %s\n", i == 0 ? "\n" : "", cmd->subs[i]->name,
		    cmd->subs[i]->summary);
	for (const struct opt *o = cmd->opts; o != NULL && o->name != NULL;
	     o++) {
		char left[64];

		(void)snprintf(left, sizeof(left), "%c%c%s--%s%s%s",
		    o->letter != 0 ? '-' : ' ',
		    o->letter != 0 ? o->letter : ' ',
		    o->letter != 0 ? ", " : "  ", o->name,
		    o->arg != NULL ? " " : "", o->arg != NULL ? o->arg : "");
		printf("%s  %-30s %s\n", o == cmd->opts ? "\n" : "", left,
		    o->help);
	}
	return (EXIT_HOLDS);
}

static int
opt_index(const struct cmd *cmd, int ch)
{
	if (ch >= LONG)
		return (ch - LONG);
	for (int i = 0; cmd->opts != NULL && cmd->opts[i].name != NULL; i++)
		if (cmd->opts[i].letter == ch)
			return (i);
	return (-1);
}

/* ch is ':' for a value that is missing; what is the word it happened in. */
static int
bad_option(const struct args *args, const char *family, int ch,
    const char *what)
{
	char letter[] = { '-', (char)optopt, '\0' };
	bool known = optopt >= LONG; /* and was given a value */

	complain(args, optopt > 0 && !known ? letter : what,
	    "%s; prov %s%s%s -h lists them",
	    ch == ':' ? "needs a value"
	    : known   ? "takes no value"
		      : "no such option",
	    prefix(family), family == NULL ? "" : " ", args->cmd->name);
	return (EXIT_TROUBLE);
}

/* EXIT_HOLDS to go on, -1 when help was asked for. */
static int
parse(struct args *args, const char *family, int argc, char **argv)
{
	struct tables t;
	int ch, i;

	tables_make(&t, args->cmd->opts);
	optind = 0;
	opterr = 0;
	while ((ch = getopt_long(argc, argv, t.letters, t.longs, NULL)) != -1) {
		if (ch == 'h')
			return (-1);
		if (ch == '?' || ch == ':')
			return (bad_option(args, family, ch,
			    argv[optind > 1 ? optind - 1 : 1]));
		if ((i = opt_index(args->cmd, ch)) < 0)
			return (usage(args->cmd, family));
		args->count[i]++;
		args->value[i] = optarg;
		args->all[args->n_all].opt = i;
		args->all[args->n_all++].value = optarg;
	}
	args->n = argc - optind;
	args->at = argv + optind;
	if (args->n < args->cmd->n_min ||
	    (args->cmd->n_max >= 0 && args->n > args->cmd->n_max))
		return (usage(args->cmd, family));
	return (EXIT_HOLDS);
}

/* "ledger" and "witness" of ledger witness add: families may be nested. */
static int
run_family(const struct cmd *cmd, const char *family, int argc, char **argv)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s%s%s", prefix(family),
	    family == NULL ? "" : " ", cmd->name);
	if (argc < 2)
		return (usage(cmd, family));
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
		return (help(cmd, family));
	for (size_t i = 0; cmd->subs[i] != NULL; i++)
		if (strcmp(argv[1], cmd->subs[i]->name) == 0)
			return (
			    cmd_run(cmd->subs[i], name, argc - 1, argv + 1));
	complain(&(struct args){ .cmd = cmd, .family = family }, argv[1],
	    "no such command; prov %s -h lists them", name);
	return (EXIT_TROUBLE);
}

static bool
is_sub(const struct cmd *cmd, const char *name)
{
	for (size_t i = 0; cmd->subs[i] != NULL; i++)
		if (strcmp(name, cmd->subs[i]->name) == 0)
			return (true);
	return (false);
}

int
cmd_run(const struct cmd *cmd, const char *family, int argc, char **argv)
{
	struct args args = { .cmd = cmd, .family = family };
	int status;

	if (cmd->subs != NULL &&
	    (cmd->run == NULL || (argc > 1 && is_sub(cmd, argv[1]))))
		return (run_family(cmd, family, argc, argv));
	args.all = calloc((size_t)argc + 1, sizeof(*args.all));
	if (args.all == NULL) {
		complain(&args, NULL, "out of memory");
		return (EXIT_TROUBLE);
	}
	status = parse(&args, family, argc, argv);
	if (status == -1)
		status = help(cmd, family);
	else if (status == EXIT_HOLDS)
		status = cmd->run(&args);
	free(args.all);
	return (status);
}

static int
find(const struct args *args, const char *name)
{
	for (int i = 0;
	     args->cmd->opts != NULL && args->cmd->opts[i].name != NULL; i++)
		if (strcmp(args->cmd->opts[i].name, name) == 0)
			return (i);
	return (-1);
}

const char *
args_value(const struct args *args, const char *name)
{
	int i = find(args, name);

	return (i < 0 ? NULL : args->value[i]);
}

bool
args_has(const struct args *args, const char *name)
{
	int i = find(args, name);

	return (i >= 0 && args->count[i] > 0);
}

const char *
args_nth(const struct args *args, const char *name, size_t n)
{
	int opt = find(args, name);

	for (size_t i = 0; i < args->n_all; i++)
		if (args->all[i].opt == opt && n-- == 0)
			return (args->all[i].value);
	return (NULL);
}

bool
args_only_one(const struct args *args, const char *const *names, size_t n)
{
	const char *first = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!args_has(args, names[i]))
			continue;
		if (first != NULL) {
			complain(args, NULL, "--%s and --%s exclude each other",
			    first, names[i]);
			return (false);
		}
		first = names[i];
	}
	return (true);
}

bool
args_number(const struct args *args, const char *name, unsigned min,
    unsigned max, unsigned *out)
{
	const char *s = args_value(args, name);
	unsigned long v;
	char *end;

	if (s == NULL)
		return (true);
	errno = 0;
	v = strtoul(s, &end, 10);
	if (errno != 0 || *s < '0' || *s > '9' || *end != '\0' || v < min ||
	    v > max) {
		complain(args, NULL, "--%s %s: not a number from %u to %u",
		    name, s, min, max);
		return (false);
	}
	*out = (unsigned)v;
	return (true);
}
