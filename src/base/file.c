/* SPDX-License-Identifier: ISC */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define READ_STEP 65536

void
auto_fd(int *fd)
{
	int error = errno;

	if (*fd >= 0)
		(void)close(*fd);
	errno = error;
}

static const char *
kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return ("is a directory");
	case S_IFIFO:
		return ("is a FIFO");
	case S_IFSOCK:
		return ("is a socket");
	case S_IFCHR:
		return ("is a character device");
	case S_IFBLK:
		return ("is a block device");
	default:
		return ("is not a regular file");
	}
}

/* What it says that nothing could be opened; no_file: that there is none. */
static prov_status
open_status(int error, prov_status no_file)
{
	switch (error) {
	case ENOENT:
		return (PROV_ENOTFOUND);
	case ENOMEM:
		return (PROV_ENOMEM);
	case EMFILE:
	case ENFILE:
	case EIO:
	case EINTR:
	case EAGAIN:
	case ESTALE:
	case ETIMEDOUT:
		return (PROV_EIO);
	case ELOOP:
	case ENOTDIR:
		return (no_file);
	default:
		return (PROV_EOPEN);
	}
}

static prov_status
open_regular(int *fd, struct stat *st, const char *path, prov_status no_file,
    prov_err *err)
{
	AUTO_FD int opened = -1;
	struct stat seen;

	/* A FIFO would make open wait for a writer, a tape would rewind. */
	opened = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (opened < 0)
		return (prov_fail_errno(err, open_status(errno, no_file), "%s",
		    path));
	if (fstat(opened, &seen) != 0)
		return (prov_fail_errno(err, PROV_EIO, "%s: fstat", path));
	if (!S_ISREG(seen.st_mode))
		return (prov_fail(err, no_file, "%s: %s", path,
		    kind_of(seen.st_mode)));
	if (st != NULL)
		*st = seen;
	*fd = opened;
	opened = -1;
	return (PROV_OK);
}

prov_status
file_open(int *fd, struct stat *st, const char *path, prov_err *err)
{
	return (open_regular(fd, st, path, PROV_EOPEN, err));
}

prov_status
part_open(int *fd, struct stat *st, const char *path, prov_err *err)
{
	return (open_regular(fd, st, path, PROV_EUNTRUSTED, err));
}

static ssize_t
read_some(int fd, void *p, size_t len)
{
	ssize_t n;

	do
		n = read(fd, p, len);
	while (n < 0 && errno == EINTR);
	return (n);
}

prov_status
fd_read(struct buf *b, int fd, size_t max, prov_err *err)
{
	struct stat st;
	size_t step = READ_STEP;

	/* A size that is known gives one allocation; others grow. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		if ((uintmax_t)st.st_size > max)
			return (prov_fail(err, PROV_ELIMIT,
			    "%jd bytes, more than the %zu allowed",
			    (intmax_t)st.st_size, max));
		step = (size_t)st.st_size;
	}
	for (;;) {
		size_t left = max - b->len;
		size_t len = b->len;
		uint8_t extra, *p = &extra;
		ssize_t n;

		/* At the limit, one more byte tells whether this is the end. */
		if (step > left)
			step = left;
		if (step > 0 && (p = buf_grow(b, step)) == NULL)
			return (buf_done(b, err));
		n = read_some(fd, p, step > 0 ? step : 1);
		b->len = len + (n > 0 && step > 0 ? (size_t)n : 0);
		if (n < 0)
			return (prov_fail_errno(err, PROV_EIO, "read"));
		if (n == 0)
			return (PROV_OK);
		if (step == 0)
			return (prov_fail(err, PROV_ELIMIT,
			    "more than the %zu bytes allowed", max));
		step = READ_STEP;
	}
}

static prov_status
read_regular(struct buf *b, const char *path, size_t max, prov_status no_file,
    prov_err *err)
{
	AUTO_FD int fd = -1;
	prov_status st;

	if ((st = open_regular(&fd, NULL, path, no_file, err)) != PROV_OK)
		return (st);
	if ((st = fd_read(b, fd, max, err)) != PROV_OK)
		return (prov_wrap(err, st, path));
	return (PROV_OK);
}

prov_status
file_read(struct buf *b, const char *path, size_t max, prov_err *err)
{
	return (read_regular(b, path, max, PROV_EOPEN, err));
}

prov_status
part_read(struct buf *b, const char *path, size_t max, prov_err *err)
{
	return (read_regular(b, path, max, PROV_EUNTRUSTED, err));
}

bool
file_missing(const char *path)
{
	return (
	    access(path, F_OK) == -1 && (errno == ENOENT || errno == ENOTDIR));
}

bool
file_holds(const char *path, prov_span bytes)
{
	AUTO_BUF b = { 0 };

	return (file_read(&b, path, bytes.len, NULL) == PROV_OK &&
		span_eq(buf_span(&b), bytes));
}

prov_status
fd_pread(int fd, void *p, size_t len, uint64_t off, prov_err *err)
{
	uint8_t *to = p;

	if (off > INT64_MAX || len > INT64_MAX - off)
		return (prov_fail(err, PROV_EIO,
		    "%zu bytes at %" PRIu64 " are past the end", len, off));
	for (size_t done = 0; done < len;) {
		ssize_t n =
		    pread(fd, to + done, len - done, (off_t)(off + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return (prov_fail_errno(err, PROV_EIO,
			    "read at %" PRIu64, off + done));
		if (n == 0)
			return (prov_fail(err, PROV_EIO,
			    "the file ends at %" PRIu64 ", %zu bytes early",
			    off + done, len - done));
		done += (size_t)n;
	}
	return (PROV_OK);
}

static prov_status
dir_make_one(const char *path, prov_err *err)
{
	struct stat st;
	int error;

	if (mkdir(path, 0777) == 0)
		return (PROV_OK);
	error = errno;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return (PROV_OK);
	if (error == EEXIST)
		return (prov_fail(err, PROV_EWRITE, "%s: is not a directory",
		    path));
	errno = error;
	return (prov_fail_errno(err, PROV_EWRITE, "%s: mkdir", path));
}

prov_status
dir_make(const char *path, prov_err *err)
{
	AUTO_FREE char *part = strdup(path);
	prov_status st;

	if (part == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%s: out of memory", path));
	for (char *p = part; *p != '\0'; p++) {
		if (*p != '/' || p == part || p[-1] == '/')
			continue;
		*p = '\0';
		if ((st = dir_make_one(part, err)) != PROV_OK)
			return (st);
		*p = '/';
	}
	return (dir_make_one(part, err));
}

prov_status
dir_sync(const char *path, prov_err *err)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return (prov_fail_errno(err, PROV_EWRITE, "%s", path));
	if (fsync(fd) != 0)
		return (prov_fail_errno(err, PROV_EWRITE, "%s: fsync", path));
	return (PROV_OK);
}

/* readdir says only by errno that what it did not read is more than nothing. */
prov_status
dir_next(struct dirent **out, DIR *d, const char *path, prov_err *err)
{
	errno = 0;
	if ((*out = readdir(d)) == NULL && errno != 0)
		return (prov_fail_errno(err, PROV_EIO, "%s", path));
	return (PROV_OK);
}

char *
path_join(const char *a, const char *b)
{
	size_t n = strlen(a);
	AUTO_BUF joined = { 0 };
	char *out = NULL;

	buf_put(&joined, a, n);
	if (n == 0 || a[n - 1] != '/')
		buf_put_byte(&joined, '/');
	buf_put_str(&joined, b);
	if (buf_take_str(&joined, &out, NULL) != PROV_OK)
		return (NULL);
	return (out);
}
