/* SPDX-License-Identifier: ISC */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
input_open(const struct args *args, const char *path)
{
	struct stat sb;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		complain(args, path, "%s", strerror(errno));
		return (-1);
	}
	if (fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode)) {
		complain(args, path, "%s",
		    S_ISDIR(sb.st_mode)
			? "is a directory; -r works on what is in it"
			: "is not a regular file");
		(void)close(fd);
		return (-1);
	}
	return (fd);
}

static uint8_t *
read_all(int fd, size_t *len)
{
	size_t cap = 1 << 16, n = 0;
	uint8_t *p = malloc(cap);
	ssize_t got = 1;

	while (p != NULL && (got = read(fd, p + n, cap - n)) > 0) {
		n += (size_t)got;
		if (n == cap) {
			uint8_t *q =
			    cap >= INPUT_MAX ? NULL : realloc(p, cap * 2);

			if (q == NULL)
				free(p);
			p = q;
			cap *= 2;
		}
	}
	if (p != NULL && got < 0) {
		free(p);
		p = NULL;
	}
	*len = n;
	return (p);
}

uint8_t *
input_read(const struct args *args, const char *path, size_t *len)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? dup(STDIN_FILENO) : input_open(args, path);
	uint8_t *p;

	if (fd < 0)
		return (NULL);
	if ((p = read_all(fd, len)) == NULL)
		complain(args, path, "cannot be read, or is over %lu MiB",
		    INPUT_MAX >> 20);
	(void)close(fd);
	return (p);
}
