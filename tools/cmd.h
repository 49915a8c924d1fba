/* SPDX-License-Identifier: ISC */
#ifndef PROV_TOOLS_CMD_H
#define PROV_TOOLS_CMD_H

#include <stdbool.h>
#include <stdio.h>

#include "prov.h"

/* Exit statuses, as prov(1) promises them. */
enum {
	EXIT_HOLDS = 0,
	EXIT_NO = 1,      /* checked, and the answer is no */
	EXIT_TROUBLE = 2, /* usage, configuration, internal, cannot be opened */
	EXIT_RETRY = 75 /* could not decide now: reading failed, busy, stale */
};

/* One option. The table drives parsing, -h, completions and the manual test. */
struct opt {
	const char *name; /* without dashes; NULL ends the table */
	char letter;      /* 0: none */
	const char *arg;  /* what its value is called; NULL: takes none */
	const char *help;
};

#define OPTS_MAX 24

/* What the command line said. */
struct args {
	const struct cmd *cmd;
	const char *family; /* "key" of "key import", or NULL */
	int n;              /* operands */
	char **at;
	/* By position in the command's table: */
	unsigned count[OPTS_MAX];
	const char *value[OPTS_MAX]; /* the last one */
	struct opt_value {
		int opt;
		const char *value;
	} * all; /* each value of each option, in order */
	size_t n_all;
};

/* One subcommand. Each tools/cmd_NAME.c defines one, or a family of them. */
struct cmd {
	const char *name;
	const char *args;    /* operands, for the usage line */
	const char *summary; /* one line, no full stop */
	const struct opt *opts;
	int n_min, n_max; /* operands; n_max < 0: any number */
	int (*run)(const struct args *args);
	/* A family, ended by NULL; one with run does without a name as well. */
	const struct cmd *const *subs;
};

extern const struct cmd cmd_init, cmd_key, cmd_trust, cmd_sign, cmd_verify,
    cmd_policy, cmd_gate, cmd_rescan, cmd_show, cmd_hash, cmd_ledger;
extern const struct cmd *const commands[]; /* ended by NULL */

/* Parses argv (argv[0] is the command's name) and runs cmd. */
int cmd_run(const struct cmd *cmd, const char *family, int argc, char **argv);

/* The value of an option, or NULL; whether it was given. */
const char *args_value(const struct args *args, const char *name);
bool args_has(const struct args *args, const char *name);
/* Value i of a repeated option, or NULL past the last. */
const char *args_nth(const struct args *args, const char *name, size_t i);
/* A number from min to max; false after saying what is wrong. */
bool args_number(const struct args *args, const char *name, unsigned min,
    unsigned max, unsigned *out);

/* "prov: sign: clip.mp4: why" on stderr; what may be NULL. */
void complain(const struct args *args, const char *what, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Complains with err's message and returns the exit status for it. */
int trouble(const struct args *args, const char *what, const prov_err *err);
int exit_for(prov_status st);

/* The same for what does something rather than checks: it never says no. */
int failure(const struct args *args, const char *what, const prov_err *err);

/* Complains and is false where more than one of the options was given. */
bool args_only_one(const struct args *args, const char *const *names, size_t n);

/* Of two exit statuses the one that counts: 2, 75, 1, 0. */
int exit_worse(int a, int b);

/* Outside text, safe for a terminal; free it. */
char *printable(const char *s);

/* Shell completions from the tables: "bash", "zsh" or "fish". */
int completion(const char *shell);

#endif
