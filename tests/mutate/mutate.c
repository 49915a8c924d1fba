/* SPDX-License-Identifier: ISC */
/*
 * Which call of prov_fail is left out: that which PROV_MUTATE names, as
 * "sign/note.c:3". PROV_MUTATE_TRACE names a file to which each call that is
 * reached is appended. Neither allocates, and both leave errno alone; files are
 * written by system calls, since tests have functions of their own in front of
 * the C library's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"

#define NAME_MAX_LEN 96

static long
open_trace(const char *path)
{
	return (syscall(SYS_openat, AT_FDCWD, path,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
}

/* A test may have left itself no descriptor. */
static long
open_beyond(const char *path)
{
	struct rlimit was, all;
	long fd;

	if (syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &was) != 0)
		return (-1);
	all = was;
	all.rlim_cur = all.rlim_max;
	(void)syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &all, NULL);
	fd = open_trace(path);
	(void)syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &was, NULL);
	return (fd);
}

static void
trace(const char *path, const char *name, size_t len)
{
	long fd = open_trace(path);

	if (fd < 0)
		fd = open_beyond(path);
	if (fd < 0)
		return;
	(void)syscall(SYS_write, fd, name, len);
	(void)syscall(SYS_close, fd);
}

/* From the stage's folder on, however the compiler was told. */
static const char *
from_stage(const char *file)
{
	const char *src = strstr(file, "src/");

	return (src != NULL ? src + 4 : file);
}

bool
mutate_off(const char *file, unsigned call)
{
	const char *out = getenv("PROV_MUTATE_TRACE");
	const char *off = getenv("PROV_MUTATE");
	char name[NAME_MAX_LEN];
	int error = errno, len;

	if (out == NULL && off == NULL)
		return (false);
	len = snprintf(name, sizeof(name), "%s:%u\n", from_stage(file), call);
	if (len < 1 || (size_t)len >= sizeof(name))
		return (false);
	if (out != NULL)
		trace(out, name, (size_t)len);
	errno = error;
	name[len - 1] = '\0';
	return (off != NULL && strcmp(off, name) == 0);
}
