/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_FILE_H
#define PROV_BASE_FILE_H

#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"

/* Closes a descriptor when its scope ends: AUTO_FD int fd = -1; */
void auto_fd(int *fd);
#define AUTO_FD __attribute__((cleanup(auto_fd)))

/*
 * Reads a whole regular file of at most max bytes into an empty b.
 * PROV_ENOTFOUND, PROV_EOPEN, PROV_EIO or PROV_ELIMIT.
 */
prov_status file_read(struct buf *b, const char *path, size_t max,
    prov_err *err);
prov_status fd_read(struct buf *b, int fd, size_t max, prov_err *err);

/* Whether path can be read and holds exactly these bytes. */
bool file_holds(const char *path, prov_span bytes);

/* Whether nothing has that name; false also where that cannot be told. */
bool file_missing(const char *path);

/*
 * Opens a regular file for reading, never blocking on FIFOs and devices.
 * PROV_EIO where this machine cannot read it or has no descriptor left.
 */
prov_status file_open(int *fd, struct stat *st, const char *path,
    prov_err *err);

/*
 * The same for a file that is part of something else. What stands in its place
 * and is none is PROV_EUNTRUSTED; all that says nothing of the file itself is
 * other than that: PROV_EOPEN, PROV_EIO, PROV_ENOMEM.
 */
prov_status part_open(int *fd, struct stat *st, const char *path,
    prov_err *err);
prov_status part_read(struct buf *b, const char *path, size_t max,
    prov_err *err);

/* pread of exactly len bytes; PROV_EIO at the end of the file. */
prov_status fd_pread(int fd, void *p, size_t len, uint64_t off, prov_err *err);

#define FILE_SYNC 0x1U /* fsync the file and its directory */
#define FILE_EXCL 0x2U /* PROV_EEXIST rather than replace */

/* Writes to a temporary name beside path, then renames: whole or not at all. */
prov_status file_write(const char *path, prov_span bytes, mode_t mode,
    unsigned flags, prov_err *err);

/* Makes dir and its parents, mode 0777 & ~umask; fine if it is there. */
prov_status dir_make(const char *path, prov_err *err);
prov_status dir_sync(const char *path, prov_err *err);

/* The next entry of d, which is at path; NULL: there is none. */
prov_status dir_next(struct dirent **out, DIR *d, const char *path,
    prov_err *err);

/* a + "/" + b, malloc'ed; NULL when out of memory. */
char *path_join(const char *a, const char *b);

#endif
