/* SPDX-License-Identifier: ISC */
/* Key files on disk: who may read them, and how they are written. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "sign/key.h"
#include "sign/secret.h"

static prov_status
open_failed(const char *path, prov_err *err)
{
	switch (errno) {
	case ENOENT:
		return (prov_fail(err, PROV_ENOTFOUND, "%s: no such key file",
		    path));
	case ELOOP:
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "%s: a symbolic link, which key files may not be: name "
		    "the file itself",
		    path));
	default:
		return (prov_fail_errno(err, PROV_EOPEN, "%s", path));
	}
}

/* Only a regular file that its owner alone can read holds a secret key. */
static prov_status
stat_check(const struct stat *sb, const char *path, prov_err *err)
{
	if (!S_ISREG(sb->st_mode))
		return (
		    prov_fail(err, PROV_EOPEN, "%s: not a regular file", path));
	if (sb->st_uid != geteuid())
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "%s: belongs to user %lu, not to you: copy it and chown "
		    "the copy",
		    path, (unsigned long)sb->st_uid));
	if ((sb->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "%s: mode %04o lets others at it: chmod 600 it, and "
		    "replace the key if others may have read it",
		    path, (unsigned)(sb->st_mode & 07777)));
	if (sb->st_size > KEY_FILE_MAX)
		return (prov_fail(err, PROV_EFORMAT,
		    "%s: %lld bytes are too many for a key file", path,
		    (long long)sb->st_size));
	return (PROV_OK);
}

prov_status
prov_key_load(prov_key **out, const char *path, prov_passphrase_fn ask,
    void *arg, prov_err *err)
{
	AUTO_SECRET uint8_t *bytes = NULL;
	AUTO_FD int fd = -1;
	struct stat sb;
	prov_status st;
	size_t len;

	fd = open(path,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return (open_failed(path, err));
	if (fstat(fd, &sb) != 0)
		return (prov_fail_errno(err, PROV_EIO, "%s", path));
	if ((st = stat_check(&sb, path, err)) != PROV_OK)
		return (st);
	len = (size_t)sb.st_size;
	if ((st = secret_new(&bytes, KEY_FILE_MAX, err)) != PROV_OK)
		return (st);
	if ((st = fd_pread(fd, bytes, len, 0, err)) != PROV_OK)
		return (prov_wrap(err, st, path));
	return (key_decode(out, span(bytes, len), ask, arg, path, err));
}

prov_status
prov_key_save(const prov_key *key, const char *path, prov_span passphrase,
    prov_err *err)
{
	AUTO_SECRET_BUF b = { .max = KEY_FILE_MAX };
	prov_status st;

	if (buf_grow(&b, KEY_FILE_MAX) == NULL)
		return (buf_done(&b, err));
	b.len = 0;
	if ((st = key_encode(&b, key, passphrase, err)) != PROV_OK)
		return (prov_wrap(err, st, path));
	return (file_write(path, buf_span(&b), S_IRUSR | S_IWUSR,
	    FILE_SYNC | FILE_EXCL, err));
}
