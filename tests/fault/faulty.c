/* SPDX-License-Identifier: ISC */
#include "faulty.h"

#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/err.h"
#include "wrap.h"

#define FRAMES     12   /* of a stack, enough to tell one from another */
#define FRAMES_OUR 2    /* fails(), and the wrapper */
#define PLACES_MAX 4096 /* in one work */

static enum faulty kind;
static atomic_bool armed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *failed;
static unsigned share; /* of all places, one in so many */

/* The hashes of the stacks from which a call has failed. */
static uint64_t place[PLACES_MAX];
static size_t n_places;

/* Nothing here is about the disk, and SQLite syncs as well. */
#define FOR_ALL __attribute__((visibility("default")))
FOR_ALL int
fsync(int fd)
{
	return (fcntl(fd, F_GETFD) == -1 ? -1 : 0);
}

FOR_ALL int
fdatasync(int fd)
{
	return (fsync(fd));
}

FOR_ALL int
syncfs(int fd)
{
	return (fsync(fd));
}

void
faulty_begin(unsigned one_in)
{
	void *frame[FRAMES];

	share = one_in;
	/* The first time it loads a library. */
	(void)backtrace(frame, FRAMES);
	n_places = 0;
}

void
faulty_arm(enum faulty what)
{
	kind = what;
	failed = NULL;
	armed = true;
}

const char *
faulty_disarm(void)
{
	armed = false;
	return (failed);
}

/* A reason that ends so says of what, and not what. */
static bool
is_cut_off(const char *msg)
{
	size_t n = strlen(msg);

	return (n == 0 || msg[n - 1] == ' ' || msg[n - 1] == ':');
}

bool
faulty_is_told(enum faulty what, prov_status st, const prov_err *why)
{
	if (is_cut_off(why->msg) || strstr(why->msg, "(null)") != NULL)
		return (false);
	if (what == FAULTY_MEMORY)
		return (st == PROV_ENOMEM);
	return (st != PROV_OK && st != PROV_EINTERNAL && !prov_is_no(st));
}

/* FNV-1a over where the call is, and who called that. */
static uint64_t
where(void)
{
	void *frame[FRAMES];
	int n = backtrace(frame, FRAMES);
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (int i = FRAMES_OUR; i < n; i++)
		h = (h ^ (uintptr_t)frame[i]) * UINT64_C(0x100000001b3);
	return (h);
}

static bool
is_new(uint64_t h)
{
	if (share > 1 && h % share != 0)
		return (false);
	for (size_t i = 0; i < n_places; i++)
		if (place[i] == h)
			return (false);
	if (n_places == PLACES_MAX)
		return (false);
	place[n_places++] = h;
	return (true);
}

static bool
fails(enum faulty what, const char *call)
{
	bool now;

	if (!armed || what != kind)
		return (false);
	(void)pthread_mutex_lock(&lock);
	now = armed && is_new(where());
	if (now) {
		armed = false;
		failed = call;
	}
	(void)pthread_mutex_unlock(&lock);
	if (now)
		errno = what == FAULTY_MEMORY ? ENOMEM : EIO;
	return (now);
}

bool
faulty_memory(const char *call)
{
	return (fails(FAULTY_MEMORY, call));
}

bool
faulty_files(const char *call)
{
	return (fails(FAULTY_FILES, call));
}

WRAP_ALLOCATIONS(faulty_memory)

#define FILES(type, bad, name, parameters, arguments) \
	WRAP(faulty_files, type, bad, name, parameters, arguments)

FILES(ssize_t, -1, read, (int fd, void *p, size_t n), (fd, p, n))
FILES(ssize_t, -1, __read_chk, (int fd, void *p, size_t n, size_t room),
    (fd, p, n, room))
FILES(ssize_t, -1, pread, (int fd, void *p, size_t n, off_t at), (fd, p, n, at))
FILES(ssize_t, -1, __pread_chk,
    (int fd, void *p, size_t n, off_t at, size_t room), (fd, p, n, at, room))
FILES(ssize_t, -1, write, (int fd, const void *p, size_t n), (fd, p, n))
FILES(ssize_t, -1, pwrite, (int fd, const void *p, size_t n, off_t at),
    (fd, p, n, at))
FILES(int, -1, fsync, (int fd), (fd))
FILES(int, -1, syncfs, (int fd), (fd))
FILES(int, -1, __open_2, (const char *path, int flags), (path, flags))
FILES(int, -1, __openat_2, (int fd, const char *path, int flags),
    (fd, path, flags))
FILES(int, -1, rename, (const char *from, const char *to), (from, to))
FILES(int, -1, renameat2,
    (int a, const char *from, int b, const char *to, unsigned flags),
    (a, from, b, to, flags))
FILES(int, -1, link, (const char *from, const char *to), (from, to))
FILES(int, -1, unlink, (const char *path), (path))
FILES(int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
FILES(int, -1, chmod, (const char *path, mode_t mode), (path, mode))
FILES(int, -1, stat, (const char *path, struct stat *sb), (path, sb))
FILES(int, -1, lstat, (const char *path, struct stat *sb), (path, sb))
FILES(int, -1, fstat, (int fd, struct stat *sb), (fd, sb))
FILES(int, -1, fstatat, (int fd, const char *path, struct stat *sb, int flags),
    (fd, path, sb, flags))
FILES(int, -1, fstatfs, (int fd, struct statfs *sb), (fd, sb))
FILES(int, -1, flock, (int fd, int how), (fd, how))
FILES(DIR *, NULL, opendir, (const char *path), (path))
FILES(struct dirent *, NULL, readdir, (DIR * d), (d))
FILES(char *, NULL, realpath, (const char *path, char *out), (path, out))
FILES(char *, NULL, __realpath_chk, (const char *path, char *out, size_t room),
    (path, out, room))
FILES(ssize_t, -1, getrandom, (void *p, size_t n, unsigned flags),
    (p, n, flags))
FILES(int, EAGAIN, pthread_create,
    (pthread_t * t, const pthread_attr_t *a, void *(*fn)(void *), void *arg),
    (t, a, fn, arg))

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_openat(int fd, const char *path, int flags, ...);
int __wrap_openat(int fd, const char *path, int flags, ...);

/* The mode, which is there only where a file may be created. */
static mode_t
mode_of(int flags, va_list ap)
{
	return ((flags & O_CREAT) != 0 ? va_arg(ap, mode_t) : 0);
}

int
__wrap_open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	return (faulty_files("open") ? -1 : __real_open(path, flags, mode));
}

int
__wrap_openat(int fd, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	return (
	    faulty_files("openat") ? -1 : __real_openat(fd, path, flags, mode));
}
