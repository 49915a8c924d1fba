/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "cmd.h"

/* Whether an option's value is a path, which shells can complete. */
static bool
is_path(const struct opt *o)
{
	return (o->arg != NULL &&
		(strcmp(o->arg, "FILE") == 0 || strcmp(o->arg, "DIR") == 0));
}

/* Text inside single quotes, where escape stands for a quote. */
static void
put_quoted(const char *s, const char *escape)
{
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			fputs(escape, stdout);
		else
			putchar(*s);
	}
}

typedef void (*leaf_fn)(const char *family, const struct cmd *cmd);

/* Calls fn for each command that does something; families may be nested. */
static void
each_below(const char *family, const struct cmd *cmd, leaf_fn fn)
{
	char name[64];

	if (cmd->run != NULL)
		fn(family, cmd);
	if (cmd->subs == NULL)
		return;
	(void)snprintf(name, sizeof(name), "%s%s%s",
	    family != NULL ? family : "", family != NULL ? " " : "", cmd->name);
	for (size_t i = 0; cmd->subs[i] != NULL; i++)
		each_below(name, cmd->subs[i], fn);
}

static void
each_leaf(leaf_fn fn)
{
	for (size_t i = 0; commands[i] != NULL; i++)
		each_below(NULL, commands[i], fn);
}

/* The same for each family inside a family. */
static void
each_nested(leaf_fn fn)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		const struct cmd *const *subs = commands[i]->subs;

		for (size_t k = 0; subs != NULL && subs[k] != NULL; k++)
			if (subs[k]->subs != NULL)
				fn(commands[i]->name, subs[k]);
	}
}

static void
names(const struct cmd *const *at)
{
	for (size_t i = 0; at[i] != NULL; i++)
		printf("%s%s", i == 0 ? "" : " ", at[i]->name);
}

static void
bash_leaf(const char *family, const struct cmd *cmd)
{
	printf("\t'%s%s%s') opts='--help", family != NULL ? family : "",
	    family != NULL ? " " : "", cmd->name);
	for (const struct opt *o = cmd->opts; o->name != NULL; o++) {
		printf(" --%s", o->name);
		if (o->letter != 0)
			printf(" -%c", o->letter);
	}
	printf("' ;;\n");
}

static void
bash_nested(const char *family, const struct cmd *cmd)
{
	printf("\t'%s %s') subs='", family, cmd->name);
	names(cmd->subs);
	printf("' ;;\n");
}

static void
bash(void)
{
	printf("# bash completion for prov\n"
	       "_prov() {\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} opts= subs= also=\n"
	       "\tlocal one=${COMP_WORDS[1]} two=${COMP_WORDS[2]} key\n"
	       "\tCOMPREPLY=()\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W '");
	names(commands);
	printf(" --help --version' -- \"$cur\"))\n\t\treturn\n\tfi\n"
	       "\tcase $one in\n");
	for (size_t i = 0; commands[i] != NULL; i++) {
		if (commands[i]->subs == NULL)
			continue;
		printf("\t'%s') %s='", commands[i]->name,
		    commands[i]->run != NULL ? "also" : "subs");
		names(commands[i]->subs);
		printf("' ;;\n");
	}
	printf("\tesac\n"
	       "\tif [ -n \"$subs\" ] && [ \"$COMP_CWORD\" -eq 2 ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$subs\" -- \"$cur\"))\n"
	       "\t\treturn\n\tfi\n"
	       "\tkey=$one\n"
	       "\t[ -n \"$subs\" ] && key=\"$one $two\"\n"
	       "\t[[ \" $also \" == *\" $two \"* ]] && key=\"$one $two\"\n"
	       "\tsubs=\n"
	       "\tcase $key in\n");
	each_nested(bash_nested);
	printf("\tesac\n"
	       "\tif [ -n \"$subs\" ] && [ \"$COMP_CWORD\" -eq 3 ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$subs\" -- \"$cur\"))\n"
	       "\t\treturn\n\tfi\n"
	       "\t[ -n \"$subs\" ] && key=\"$key ${COMP_WORDS[3]}\"\n"
	       "\tcase $key in\n");
	each_leaf(bash_leaf);
	printf("\tesac\n"
	       "\tcase $cur in\n"
	       "\t-*) COMPREPLY=($(compgen -W \"$opts\" -- \"$cur\")) ;;\n"
	       "\t*) compopt -o filenames\n"
	       "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
	       "\tesac\n"
	       "}\n"
	       "complete -F _prov prov\n");
}

#define ZSH_QUOTE "'\\''"

/* One spelling of an option, such as "--jobs" or "-j". */
static void
zsh_opt(const struct opt *o, const char *dashes, const char *name, size_t len)
{
	printf(" \\\n\t\t\t'%s%.*s[", dashes, (int)len, name);
	put_quoted(o->help, ZSH_QUOTE);
	printf("]");
	if (o->arg != NULL)
		printf(":%s:%s", o->arg, is_path(o) ? "_files" : "");
	printf("'");
}

static void
zsh_leaf(const char *family, const struct cmd *cmd)
{
	printf("\t('%s%s%s')\n\t\t_arguments '--help[show the options]'",
	    family != NULL ? family : "", family != NULL ? " " : "", cmd->name);
	for (const struct opt *o = cmd->opts; o->name != NULL; o++) {
		zsh_opt(o, "--", o->name, strlen(o->name));
		if (o->letter != 0)
			zsh_opt(o, "-", &o->letter, 1);
	}
	printf(" \\\n\t\t\t'*:file:_files' ;;\n");
}

static void
zsh_names(const struct cmd *const *at)
{
	for (size_t i = 0; at[i] != NULL; i++) {
		printf(" '%s:", at[i]->name);
		put_quoted(at[i]->summary, ZSH_QUOTE);
		printf("'");
	}
}

static void
zsh_nested(const char *family, const struct cmd *cmd)
{
	printf("\t('%s %s')\n\t\tif (( CURRENT == 4 )); then\n\t\t\tnames=(",
	    family, cmd->name);
	zsh_names(cmd->subs);
	printf(" )\n\t\t\t_describe command names\n\t\t\treturn\n"
	       "\t\tfi\n\t\tkey=\"$key $words[4]\" ;;\n");
}

static void
zsh_family(const struct cmd *cmd)
{
	printf("\t(%s)\n\t\tif (( CURRENT == 3 )); then\n\t\t\tnames=(",
	    cmd->name);
	zsh_names(cmd->subs);
	printf(" )\n\t\t\t_describe command names\n\t\t\treturn\n"
	       "\t\tfi\n\t\tkey=\"$words[2] $words[3]\" ;;\n");
}

/* One that does something without a second name, too. */
static void
zsh_also(const struct cmd *cmd)
{
	printf("\t(%s)\n\t\tcase $words[3] in\n\t\t(", cmd->name);
	for (size_t i = 0; cmd->subs[i] != NULL; i++)
		printf("%s%s", i == 0 ? "" : "|", cmd->subs[i]->name);
	printf(") key=\"$words[2] $words[3]\" ;;\n\t\tesac ;;\n");
}

static void
zsh(void)
{
	printf("#compdef prov\n"
	       "local -a names\n"
	       "if (( CURRENT == 2 )); then\n\tnames=(");
	zsh_names(commands);
	printf(" )\n\t_describe command names\n\treturn\nfi\n"
	       "local key=$words[2]\n"
	       "case $words[2] in\n");
	for (size_t i = 0; commands[i] != NULL; i++) {
		if (commands[i]->subs == NULL)
			continue;
		if (commands[i]->run != NULL)
			zsh_also(commands[i]);
		else
			zsh_family(commands[i]);
	}
	printf("esac\ncase $key in\n");
	each_nested(zsh_nested);
	printf("esac\ncase $key in\n");
	each_leaf(zsh_leaf);
	printf("esac\n");
}

static void
fish_about(const char *text)
{
	printf(" -d '");
	put_quoted(text, "\\'");
	printf("'\n");
}

/* "ledger witness": each of the words has to be on the line. */
static void
fish_seen(char *out, size_t len, const char *family)
{
	size_t n = 0;

	out[0] = '\0';
	while (family != NULL && *family != '\0' && n < len) {
		size_t word = strcspn(family, " ");

		n += (size_t)snprintf(out + n, len - n,
		    "%s__fish_seen_subcommand_from %.*s",
		    n == 0 ? "" : "; and ", (int)word, family);
		family += word + (family[word] == ' ');
	}
}

static void
fish_nested(const char *family, const struct cmd *cmd)
{
	for (size_t i = 0; cmd->subs[i] != NULL; i++) {
		printf("complete -c prov -n '__fish_seen_subcommand_from %s; "
		       "and __fish_seen_subcommand_from %s' -f -a %s",
		    family, cmd->name, cmd->subs[i]->name);
		fish_about(cmd->subs[i]->summary);
	}
}

static void
fish_leaf(const char *family, const struct cmd *cmd)
{
	char when[256], all[128];

	(void)snprintf(all, sizeof(all), "%s%s%s", family != NULL ? family : "",
	    family != NULL ? " " : "", cmd->name);
	fish_seen(when, sizeof(when), all);
	for (const struct opt *o = cmd->opts; o->name != NULL; o++) {
		printf("complete -c prov -n '%s' -l %s", when, o->name);
		if (o->letter != 0)
			printf(" -s %c", o->letter);
		if (o->arg != NULL)
			printf(is_path(o) ? " -r -F" : " -x");
		fish_about(o->help);
	}
}

static void
fish(void)
{
	printf("# fish completion for prov\n");
	for (size_t i = 0; commands[i] != NULL; i++) {
		printf("complete -c prov -n __fish_use_subcommand -f -a %s",
		    commands[i]->name);
		fish_about(commands[i]->summary);
		for (size_t k = 0;
		     commands[i]->subs != NULL && commands[i]->subs[k] != NULL;
		     k++) {
			printf("complete -c prov -n '"
			       "__fish_seen_subcommand_from %s' -f -a %s",
			    commands[i]->name, commands[i]->subs[k]->name);
			fish_about(commands[i]->subs[k]->summary);
		}
	}
	each_nested(fish_nested);
	each_leaf(fish_leaf);
}

int
completion(const char *shell)
{
	if (strcmp(shell, "bash") == 0)
		bash();
	else if (strcmp(shell, "zsh") == 0)
		zsh();
	else if (strcmp(shell, "fish") == 0)
		fish();
	else {
		fprintf(stderr, "prov: --completion: bash, zsh or fish\n");
		return (EXIT_TROUBLE);
	}
	return (EXIT_HOLDS);
}
