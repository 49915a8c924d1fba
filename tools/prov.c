/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

const struct cmd *const commands[] = {
	/* in the order of the flow */
	&cmd_init,
	&cmd_key,
	&cmd_trust,
	&cmd_sign,
	&cmd_verify,
	&cmd_policy,
	&cmd_gate,
	&cmd_rescan,
	&cmd_show,
	&cmd_hash,
	&cmd_ledger,
	NULL,
};

static int
help(FILE *out, int status)
{
	fprintf(out, "usage: prov command [argument ...]\n\n");
	for (size_t i = 0; commands[i] != NULL; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name,
		    commands[i]->summary);
	fprintf(out, "\nprov command -h lists a command's options; "
		     "man prov-command has the details.\n");
	return (status);
}

/*
 * Where standard output is closed, the next file that is opened would take its
 * place, and be written to. What stands there now cannot be written, or read,
 * so that it shows.
 */
static bool
hold_standard(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			return (false);
	return (true);
}

int
main(int argc, char **argv)
{
	int status = EXIT_TROUBLE;
	char *safe;

	if (!hold_standard())
		return (EXIT_TROUBLE);
	if (argc < 2)
		return (help(stderr, EXIT_TROUBLE));
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
		return (help(stdout, EXIT_HOLDS));
	if (strcmp(argv[1], "--version") == 0) {
		printf("prov %s\n", prov_version());
		return (EXIT_HOLDS);
	}
	if (strcmp(argv[1], "--completion") == 0 && argc == 3)
		return (completion(argv[2]));
	for (size_t i = 0; commands[i] != NULL; i++)
		if (strcmp(argv[1], commands[i]->name) == 0) {
			status = cmd_run(commands[i], NULL, argc - 1, argv + 1);
			if (fflush(stdout) != 0 || ferror(stdout)) {
				fprintf(stderr, "prov: standard output: "
						"cannot be written\n");
				return (exit_worse(status, EXIT_TROUBLE));
			}
			return (status);
		}
	safe = printable(argv[1]);
	fprintf(stderr, "prov: %s: no such command; prov --help lists them\n",
	    safe != NULL ? safe : "");
	free(safe);
	return (EXIT_TROUBLE);
}
