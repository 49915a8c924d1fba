/* SPDX-License-Identifier: ISC */
#include "base/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define TEMP_TRIES 8

static char *
parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return (strdup("."));
	return (strndup(path, slash == path ? 1 : (size_t)(slash - path)));
}

prov_status
fd_write(int fd, prov_span bytes, const char *what, prov_err *err)
{
	for (size_t done = 0; done < bytes.len;) {
		ssize_t n = write(fd, bytes.p + done, bytes.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (prov_fail_errno(err, PROV_EWRITE, "%s: write",
			    what));
		done += (size_t)n;
	}
	return (PROV_OK);
}

static prov_status
temp_name(char **name, const char *path, prov_err *err)
{
	AUTO_FREE char *dir = parent_of(path);
	AUTO_BUF b = { 0 };
	uint64_t r;

	if (dir == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%s: out of memory", path));
	if (getrandom(&r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return (
		    prov_fail_errno(err, PROV_EWRITE, "%s: getrandom", path));
	buf_printf(&b, "%s/.prov-%016" PRIx64 ".tmp", dir, r);
	return (buf_take_str(&b, name, err));
}

static void
temp_end(struct temp *t)
{
	auto_fd(&t->fd);
	free(t->name);
	free(t->path);
	*t = (struct temp){ .fd = -1 };
}

void
temp_drop(struct temp *t)
{
	if (t->name != NULL && t->fd >= 0)
		(void)unlink(t->name);
	temp_end(t);
}

prov_status
temp_open(struct temp *t, const char *path, mode_t mode, prov_err *err)
{
	prov_status st;

	*t = (struct temp){ .path = strdup(path), .fd = -1 };
	if (t->path == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%s: out of memory", path));
	for (int i = 0; i < TEMP_TRIES; i++) {
		free(TAKE(t->name));
		if ((st = temp_name(&t->name, path, err)) != PROV_OK) {
			temp_end(t);
			return (st);
		}
		t->fd = open(t->name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (t->fd >= 0)
			return (PROV_OK);
		if (errno != EEXIST)
			break;
	}
	st = prov_fail_errno(err, PROV_EWRITE, "%s: create", path);
	temp_end(t);
	return (st);
}

/* Gives it its path; tells whether its name is gone by *moved. */
static prov_status
temp_move(const struct temp *t, unsigned flags, bool *moved, prov_err *err)
{
	if ((flags & FILE_EXCL) == 0) {
		*moved = rename(t->name, t->path) == 0;
	} else {
		*moved = renameat2(AT_FDCWD, t->name, AT_FDCWD, t->path,
			     RENAME_NOREPLACE) == 0;
		/* Some file systems know only link for this. */
		if (!*moved && (errno == EINVAL || errno == ENOSYS) &&
		    link(t->name, t->path) == 0)
			*moved = unlink(t->name) == 0;
	}
	if (*moved)
		return (PROV_OK);
	return (prov_fail_errno(err,
	    errno == EEXIST ? PROV_EEXIST : PROV_EWRITE, "%s", t->path));
}

static prov_status
temp_settle(struct temp *t, unsigned flags, prov_err *err)
{
	int rc;

	/* After a failed fsync the pages may be gone: never try again. */
	if ((flags & FILE_SYNC) != 0 && fsync(t->fd) != 0)
		return (
		    prov_fail_errno(err, PROV_EWRITE, "%s: fsync", t->path));
	rc = close(t->fd);
	t->fd = -1;
	if (rc != 0)
		return (
		    prov_fail_errno(err, PROV_EWRITE, "%s: close", t->path));
	return (PROV_OK);
}

prov_status
temp_publish(struct temp *t, unsigned flags, prov_err *err)
{
	AUTO_FREE char *dir = NULL;
	bool moved = false;
	prov_status st;

	if ((st = temp_settle(t, flags, err)) == PROV_OK)
		st = temp_move(t, flags, &moved, err);
	if (!moved)
		(void)unlink(t->name);
	if (st == PROV_OK && (flags & FILE_SYNC) != 0) {
		if ((dir = parent_of(t->path)) == NULL)
			st = prov_fail(err, PROV_ENOMEM, "%s: out of memory",
			    t->path);
		else
			st = dir_sync(dir, err);
	}
	temp_end(t);
	return (st);
}

prov_status
file_write(const char *path, prov_span bytes, mode_t mode, unsigned flags,
    prov_err *err)
{
	AUTO_TEMP t = { .fd = -1 };
	prov_status st;

	if ((st = temp_open(&t, path, mode, err)) != PROV_OK ||
	    (st = fd_write(t.fd, bytes, path, err)) != PROV_OK)
		return (st);
	return (temp_publish(&t, flags, err));
}
