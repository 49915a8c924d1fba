/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_DISK_H
#define PROV_TESTS_DISK_H

/*
 * An ext4 file system in a file. What the file holds is what reached the disk:
 * a copy of it is the disk of a machine whose power went at that moment.
 * Mounts are in a mount namespace of our own and loop devices clear
 * themselves, so that nothing stays however the test ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DISK_SIZE (32L << 20)
#define DISK_STEP (1L << 16)

/* No journal commit comes of itself while a copy is made. */
#define DISK_OPTIONS "commit=600"

/* Formats in a child that says nothing. */
static inline bool
disk_format(const char *image)
{
	pid_t pid = fork();
	int status, null;

	if (pid == 0) {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		(void)dup2(null, 1);
		(void)dup2(null, 2);
		(void)execlp("/sbin/mkfs.ext4", "mkfs.ext4", "-q", "-F", "-E",
		    "lazy_itable_init=0,lazy_journal_init=0,nodiscard", image,
		    NULL);
		_exit(127);
	}
	return (pid > 0 && waitpid(pid, &status, 0) == pid &&
		WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static inline bool
disk_make(const char *image)
{
	int fd = open(image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool fine = fd != -1 && ftruncate(fd, DISK_SIZE) == 0;

	(void)close(fd);
	return (fine && disk_format(image));
}

/* A free loop device with the image in it; its descriptor, or -1. */
static inline int
disk_loop(const char *image, char name[32])
{
	struct loop_config c = { 0 };
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int fd = open(image, O_RDWR | O_CLOEXEC), loop = -1, n;

	c.fd = (unsigned)fd;
	c.info.lo_flags = LO_FLAGS_AUTOCLEAR;
	/* Between asking and taking somebody else may take it. */
	for (int i = 0; i < 100 && fd != -1 && loop == -1; i++) {
		if ((n = ioctl(control, LOOP_CTL_GET_FREE)) < 0)
			break;
		snprintf(name, 32, "/dev/loop%d", n);
		if ((loop = open(name, O_RDWR | O_CLOEXEC)) == -1)
			break;
		if (ioctl(loop, LOOP_CONFIGURE, &c) == 0)
			break;
		n = errno;
		(void)close(loop);
		loop = -1;
		if (n != EBUSY)
			break;
		(void)usleep(10000);
	}
	(void)close(control);
	(void)close(fd);
	return (loop);
}

static inline bool
disk_mount(const char *image, const char *at)
{
	char name[32];
	int loop = disk_loop(image, name);
	bool fine = loop != -1 &&
	            mount(name, at, "ext4", MS_NOATIME, DISK_OPTIONS) == 0;

	if (loop != -1)
		(void)close(loop);
	return (fine);
}

/* Whether mounting may be done here at all; the namespace is then our own. */
static inline bool
disk_allowed(const char *dir)
{
	char image[128], at[128];
	bool fine;

	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return (false);
	snprintf(image, sizeof(image), "%s/try", dir);
	snprintf(at, sizeof(at), "%s/at", dir);
	fine = mkdir(at, 0700) == 0 && disk_make(image) &&
	       disk_mount(image, at) && umount(at) == 0;
	(void)unlink(image);
	(void)rmdir(at);
	return (fine);
}

static inline bool
copy_bytes(int from, int to)
{
	static char buf[DISK_STEP];
	off_t at = 0, hole;

	if (ftruncate(to, 0) != 0 || ftruncate(to, DISK_SIZE) != 0)
		return (false);
	while ((at = lseek(from, at, SEEK_DATA)) != -1) {
		hole = lseek(from, at, SEEK_HOLE);
		while (at < hole) {
			ssize_t n = pread(from, buf,
			    hole - at < (off_t)sizeof(buf) ? (size_t)(hole - at)
							   : sizeof(buf),
			    at);

			if (n <= 0 || pwrite(to, buf, (size_t)n, at) != n)
				return (false);
			at += n;
		}
	}
	return (errno == ENXIO);
}

static inline bool
disk_copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	bool fine = in != -1 && out != -1 && copy_bytes(in, out);

	(void)close(in);
	(void)close(out);
	return (fine);
}

static inline bool
disk_same(const char *a, const char *b)
{
	static char x[DISK_STEP], y[DISK_STEP];
	int in = open(a, O_RDONLY | O_CLOEXEC);
	int other = open(b, O_RDONLY | O_CLOEXEC);
	bool same = in != -1 && other != -1;

	for (off_t at = 0; same && at < DISK_SIZE; at += DISK_STEP)
		same = pread(in, x, sizeof(x), at) == sizeof(x) &&
		       pread(other, y, sizeof(y), at) == sizeof(y) &&
		       memcmp(x, y, sizeof(x)) == 0;
	(void)close(in);
	(void)close(other);
	return (same);
}

/* A copy at one moment: nothing was written while it was made. */
static inline bool
disk_snapshot(const char *from, const char *to)
{
	for (int i = 0; i < 100; i++)
		if (!disk_copy(from, to))
			return (false);
		else if (disk_same(from, to))
			return (true);
	return (false);
}

#endif
