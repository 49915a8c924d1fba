/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_NAME_H
#define PROV_BASE_NAME_H

#include "base/file.h"

/*
 * Names of files below a root, as others choose them: "a/b.mp4". They have to
 * be what they seem to be on every system, and lead nowhere else.
 */
#define NAME_PARTS_MAX 64   /* directories are rarely 10 deep */
#define NAME_LEN_MAX   4095 /* PATH_MAX less the NUL */

/*
 * PROV_EARG unless it is UTF-8 without control characters and backslashes,
 * and no part of it is empty, "." or "..".
 */
prov_status name_check(prov_span name, prov_err *err);

/* Opens a directory, which may be a link, as the root that names are below. */
prov_status name_root(int *root, const char *path, prov_err *err);

/*
 * Opens a regular file below root for reading, through no link: PROV_EARG and
 * PROV_EUNTRUSTED where the name is not one, or leads out, through a link or
 * to something else; PROV_ENOTFOUND, PROV_EOPEN and PROV_EIO as file_open.
 */
prov_status name_open(int *fd, struct stat *st, int root, const char *name,
    prov_err *err);

/* The same by one openat for each part, for kernels without openat2. */
prov_status name_open_parts(int *fd, struct stat *st, int root,
    const char *name, prov_err *err);

#endif
