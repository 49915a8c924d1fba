/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "ledger/layout.h"
#include "ledger/lock.h"

/* Between looks at a lock that somebody else holds: a batch takes some 5. */
#define POLL_MIN_MS 1
#define POLL_MAX_MS 20

static const struct {
	unsigned type;
	const char *name;
} network[] = {
	{ NFS_SUPER_MAGIC, "NFS" },
	{ SMB_SUPER_MAGIC, "SMB" },
	{ 0xff534d42U, "CIFS" },
	{ 0xfe534d42U, "SMB2" },
	{ AFS_SUPER_MAGIC, "AFS" },
	{ CODA_SUPER_MAGIC, "Coda" },
	{ V9FS_MAGIC, "9P" },
	{ 0x00c36400U, "Ceph" },
};

static prov_status
check_place(int fd, const char *dir, prov_err *err)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) == -1)
		return (prov_fail_errno(err, PROV_EWRITE, "%s: statfs", dir));
	for (size_t i = 0; i < sizeof(network) / sizeof(network[0]); i++)
		if ((unsigned)fs.f_type == network[i].type)
			return (prov_fail(err, PROV_EUNSUPPORTED,
			    "%s is on %s: a ledger is written on a local file "
			    "system only; publish a copy there",
			    dir, network[i].name));
	return (PROV_OK);
}

uint64_t
lock_clock_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000);
}

static void
sleep_ms(uint64_t ms)
{
	struct timespec t = { .tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&t, NULL);
}

static prov_status
wait_lock(int fd, const char *what, unsigned wait_ms, prov_err *err)
{
	uint64_t start = lock_clock_ms(), pause = POLL_MIN_MS, gone;

	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return (prov_fail_errno(err, PROV_EWRITE, "%s", what));
		if ((gone = lock_clock_ms() - start) >= wait_ms)
			return (prov_fail(err, PROV_EBUSY,
			    "%s: another process held the ledger for %u ms; "
			    "try again",
			    what, wait_ms));
		sleep_ms(pause < wait_ms - gone ? pause : wait_ms - gone);
		pause = pause * 2 < POLL_MAX_MS ? pause * 2 : POLL_MAX_MS;
	}
	return (PROV_OK);
}

prov_status
lock_take(int *fd, const char *dir, unsigned wait_ms, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	AUTO_FD int lock = -1;
	prov_status st;

	if ((st = layout_path(path, err, dir, LEDGER_LOCK)) != PROV_OK)
		return (st);
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (lock == -1)
		return (prov_fail_errno(err, PROV_EWRITE,
		    "%s: cannot write there, nothing was logged", path));
	if ((st = check_place(lock, dir, err)) != PROV_OK ||
	    (st = wait_lock(lock, dir, wait_ms, err)) != PROV_OK)
		return (st);
	*fd = lock;
	lock = -1;
	return (PROV_OK);
}

prov_status
lock_dir(int *fd, const char *dir, unsigned wait_ms, prov_err *err)
{
	AUTO_FD int lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	prov_status st;

	if (lock == -1)
		return (prov_fail_errno(err, PROV_EOPEN, "%s", dir));
	if ((st = wait_lock(lock, dir, wait_ms, err)) != PROV_OK)
		return (st);
	*fd = lock;
	lock = -1;
	return (PROV_OK);
}
