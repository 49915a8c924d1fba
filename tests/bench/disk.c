/* SPDX-License-Identifier: ISC */
#include "disk.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define PROBE_PAUSE_MS 50
#define PROBES_MAX     (1U << 20)
#define FIELDS         17 /* of Documentation/block/stat */

static const char *const wait_names[DISK_WAITS] = { "fsync", "fdatasync",
	"syncfs", "sync_file_range", "rename", "unlink", "pwrite" };
static _Thread_local double waited[DISK_WAITS];
static int counters = -1;

static struct {
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t ended;
	bool over;
	int fd;
	size_t n;
	struct probe {
		double at, ms;
	} * all;
} probe = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.ended = PTHREAD_COND_INITIALIZER };

double
disk_clock(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6);
}

static long
waits(enum disk_wait kind, double start, long ret)
{
	waited[kind] += disk_clock() - start;
	return (ret);
}

#define WAITING(type, kind, call)                        \
	do {                                             \
		double start = disk_clock();             \
		return ((type)waits(kind, start, call)); \
	} while (0)
#define SEEN __attribute__((visibility("default")))

SEEN int
fsync(int fd)
{
	WAITING(int, DISK_FSYNC, syscall(SYS_fsync, fd));
}

SEEN int
fdatasync(int fd)
{
	WAITING(int, DISK_FDATASYNC, syscall(SYS_fdatasync, fd));
}

SEEN int
syncfs(int fd)
{
	WAITING(int, DISK_SYNCFS, syscall(SYS_syncfs, fd));
}

SEEN int
sync_file_range(int fd, off_t at, off_t len, unsigned flags)
{
	WAITING(int, DISK_RANGE,
	    syscall(SYS_sync_file_range, fd, at, len, flags));
}

SEEN int
rename(const char *from, const char *to)
{
	WAITING(int, DISK_RENAME, syscall(SYS_rename, from, to));
}

SEEN int
unlink(const char *path)
{
	WAITING(int, DISK_UNLINK, syscall(SYS_unlink, path));
}

SEEN ssize_t
pwrite64(int fd, const void *p, size_t len, off_t at)
{
	WAITING(ssize_t, DISK_WRITE, syscall(SYS_pwrite64, fd, p, len, at));
}

SEEN ssize_t
pwrite(int fd, const void *p, size_t len, off_t at)
{
	return (pwrite64(fd, p, len, at));
}

static void
probe_once(void)
{
	static uint8_t block[4096];
	struct probe p = { .at = disk_clock() };

	if (pwrite(probe.fd, block, sizeof(block), 0) == -1 ||
	    fdatasync(probe.fd) == -1)
		exit(2);
	p.ms = disk_clock() - p.at;
	(void)pthread_mutex_lock(&probe.lock);
	if (probe.n < PROBES_MAX)
		probe.all[probe.n++] = p;
	(void)pthread_mutex_unlock(&probe.lock);
}

/* On any processor: what is asked is whether the disk waits. */
static void *
probe_on(void *arg)
{
	cpu_set_t set;
	bool over = false;

	(void)arg;
	memset(&set, 0xff, sizeof(set));
	(void)sched_setaffinity(0, sizeof(set), &set);
	while (!over) {
		double until;
		struct timespec ts;

		probe_once();
		(void)clock_gettime(CLOCK_REALTIME, &ts);
		until = (double)ts.tv_nsec + PROBE_PAUSE_MS * 1e6;
		ts.tv_sec += until >= 1e9;
		ts.tv_nsec = (long)(until >= 1e9 ? until - 1e9 : until);
		(void)pthread_mutex_lock(&probe.lock);
		if (!probe.over)
			(void)pthread_cond_timedwait(&probe.ended, &probe.lock,
			    &ts);
		over = probe.over;
		(void)pthread_mutex_unlock(&probe.lock);
	}
	return (NULL);
}

void
disk_begin(const char *dir)
{
	char path[512];
	struct stat sb;

	snprintf(path, sizeof(path), "%s.probe", dir);
	probe.fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	probe.all = calloc(PROBES_MAX, sizeof(*probe.all));
	if (probe.fd == -1 || probe.all == NULL || unlink(path) == -1 ||
	    fstat(probe.fd, &sb) == -1 ||
	    pthread_create(&probe.thread, NULL, probe_on, NULL) != 0)
		exit(2);
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/stat",
	    major(sb.st_dev), minor(sb.st_dev));
	counters = open(path, O_RDONLY | O_CLOEXEC);
}

struct disk
disk_now(void)
{
	struct disk d = { .at = disk_clock() };
	char text[512], *p = text;
	double f[FIELDS] = { 0 };
	ssize_t n = pread(counters, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	for (int i = 0; i < FIELDS; i++)
		f[i] = strtod(p, &p);
	memcpy(d.waited, waited, sizeof(waited));
	d.read = f[2] * 512 / 1e6;
	d.written = f[6] * 512 / 1e6;
	d.discarded = f[13] * 512 / 1e6;
	d.flushes = f[15];
	d.flush_ms = f[16];
	return (d);
}

struct disk
disk_since(const struct disk *then)
{
	struct disk d = disk_now();

	d.at = then->at;
	for (int i = 0; i < DISK_WAITS; i++)
		d.waited[i] -= then->waited[i];
	d.read -= then->read;
	d.written -= then->written;
	d.discarded -= then->discarded;
	d.flushes -= then->flushes;
	d.flush_ms -= then->flush_ms;
	return (d);
}

/* The longest probe that began or ended in the time. */
static double
probed(double from, double until)
{
	double longest = 0;

	(void)pthread_mutex_lock(&probe.lock);
	for (size_t i = 0; i < probe.n; i++) {
		const struct probe *p = &probe.all[i];

		if (p->at < until && p->at + p->ms > from && p->ms > longest)
			longest = p->ms;
	}
	(void)pthread_mutex_unlock(&probe.lock);
	return (longest);
}

void
disk_print(const struct disk *d, double ms)
{
	for (int i = 0; i < DISK_WAITS; i++)
		if (d->waited[i] >= 1)
			printf(", %s %.0f", wait_names[i], d->waited[i]);
	printf("; read %.1f, written %.1f, discarded %.1f MB, %.0f flushes of "
	       "%.0f ms; 4 KiB beside took %.0f",
	    d->read, d->written, d->discarded, d->flushes, d->flush_ms,
	    probed(d->at, d->at + ms));
}

static int
probe_cmp(const void *a, const void *b)
{
	const struct probe *x = a, *y = b;

	return ((x->ms > y->ms) - (x->ms < y->ms));
}

void
disk_end(void)
{
	size_t n;

	(void)pthread_mutex_lock(&probe.lock);
	probe.over = true;
	(void)pthread_cond_signal(&probe.ended);
	(void)pthread_mutex_unlock(&probe.lock);
	(void)pthread_join(probe.thread, NULL);
	n = probe.n;
	qsort(probe.all, n, sizeof(*probe.all), probe_cmp);
	printf("%-40s p50 %8.3f  p99 %8.3f  longest %8.3f ms\n",
	    "fdatasync of 4 KiB, beside all that", probe.all[n / 2].ms,
	    probe.all[n * 99 / 100].ms, probe.all[n - 1].ms);
	free(probe.all);
	(void)close(probe.fd);
	(void)close(counters);
}
