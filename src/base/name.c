/* SPDX-License-Identifier: ISC */
#include "base/name.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"

/* Renames below the root make the kernel give up; they are over soon. */
#define RACES_MAX 16

#define OPEN_FLAGS (O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW)

/* C0, DEL and C1 steer terminals; separators of Windows are none here. */
static bool
is_refused(uint32_t cp)
{
	return (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == '\\');
}

static prov_status
check_part(prov_span part, prov_err *err)
{
	if (part.len == 0)
		return (prov_fail(err, PROV_EARG, "name: an empty part"));
	if (part.p[0] == '.' &&
	    (part.len == 1 || (part.len == 2 && part.p[1] == '.')))
		return (prov_fail(err, PROV_EARG, "name: a part that is %.*s",
		    (int)part.len, (const char *)part.p));
	for (size_t i = 0, len; i < part.len; i += len) {
		uint32_t cp;

		if ((len = utf8_next(&cp, part.p + i, part.len - i)) == 0)
			return (prov_fail(err, PROV_EARG, "name: not UTF-8"));
		if (is_refused(cp))
			return (prov_fail(err, PROV_EARG,
			    "name: the character U+%04X", (unsigned)cp));
	}
	return (PROV_OK);
}

prov_status
name_check(prov_span name, prov_err *err)
{
	prov_status st;
	size_t parts = 0;

	if (name.len > NAME_LEN_MAX)
		return (prov_fail(err, PROV_EARG,
		    "name: %zu bytes, more than %d", name.len, NAME_LEN_MAX));
	for (;;) {
		const uint8_t *slash =
		    name.len == 0 ? NULL : memchr(name.p, '/', name.len);
		size_t len =
		    slash == NULL ? name.len : (size_t)(slash - name.p);

		if (++parts > NAME_PARTS_MAX)
			return (prov_fail(err, PROV_EARG,
			    "name: more than %d parts", NAME_PARTS_MAX));
		if ((st = check_part(span(name.p, len), err)) != PROV_OK)
			return (st);
		if (slash == NULL)
			return (PROV_OK);
		name = span(slash + 1, name.len - len - 1);
	}
}

prov_status
name_root(int *root, const char *path, prov_err *err)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return (prov_fail_errno(err, PROV_EOPEN, "%s", path));
	*root = fd;
	return (PROV_OK);
}

static prov_status
open_failed(int error, const char *name, prov_err *err)
{
	prov_status st = error == ENOENT || error == ENOTDIR ? PROV_ENOTFOUND
	                 : error == EIO || error == EAGAIN   ? PROV_EIO
	                                                     : PROV_EOPEN;

	if (error == ELOOP)
		return (prov_fail(err, PROV_EUNTRUSTED, "%s: a link", name));
	if (error == EXDEV)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "%s: not below the root", name));
	errno = error;
	return (prov_fail_errno(err, st, "%s", name));
}

/* Only what is a regular file is handed on. */
static prov_status
settle(int *fd, struct stat *st, int opened, const char *name, prov_err *err)
{
	AUTO_FD int mine = opened;
	struct stat seen;

	if (fstat(mine, &seen) != 0)
		return (prov_fail_errno(err, PROV_EIO, "%s: fstat", name));
	if (!S_ISREG(seen.st_mode))
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "%s: is not a regular file", name));
	if (st != NULL)
		*st = seen;
	*fd = mine;
	mine = -1;
	return (PROV_OK);
}

static int
open_beneath(int root, const char *name)
{
	struct open_how how = { .flags = OPEN_FLAGS,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		           RESOLVE_NO_MAGICLINKS };
	long fd = -1;

	errno = EAGAIN;
	for (int i = 0; i < RACES_MAX && fd < 0 && errno == EAGAIN; i++)
		fd = syscall(SYS_openat2, root, name, &how, sizeof(how));
	return ((int)fd);
}

prov_status
name_open(int *fd, struct stat *st, int root, const char *name, prov_err *err)
{
	prov_status bad = name_check(span(name, strlen(name)), err);
	int opened;

	if (bad != PROV_OK)
		return (bad);
	if ((opened = open_beneath(root, name)) >= 0)
		return (settle(fd, st, opened, name, err));
	/* Old kernels do not have it, and some sandboxes forbid it. */
	if (errno == ENOSYS || errno == EPERM)
		return (name_open_parts(fd, st, root, name, err));
	return (open_failed(errno, name, err));
}

/* Opens one part; a directory that is a link looks like no directory. */
static int
open_part(int at, const char *part, bool last)
{
	struct stat sb;
	int fd = openat(at, part,
	    last ? OPEN_FLAGS : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int error = errno;

	if (fd < 0 && error == ENOTDIR &&
	    fstatat(at, part, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(sb.st_mode))
		error = ELOOP;
	errno = error;
	return (fd);
}

prov_status
name_open_parts(int *fd, struct stat *st, int root, const char *name,
    prov_err *err)
{
	char part[NAME_LEN_MAX + 1];
	AUTO_FD int dir = -1;
	const char *slash;
	prov_status bad;
	int opened;

	if ((bad = name_check(span(name, strlen(name)), err)) != PROV_OK)
		return (bad);
	for (const char *at = name;; at = slash + 1) {
		slash = strchr(at, '/');
		(void)memccpy(part, at, '/', sizeof(part));
		part[slash == NULL ? strlen(at) : (size_t)(slash - at)] = '\0';
		opened = open_part(dir >= 0 ? dir : root, part, slash == NULL);
		if (opened < 0)
			return (open_failed(errno, name, err));
		if (slash == NULL)
			return (settle(fd, st, opened, name, err));
		auto_fd(&dir);
		dir = opened;
	}
}
