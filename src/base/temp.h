/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_TEMP_H
#define PROV_BASE_TEMP_H

#include "base/file.h"

/*
 * A file that is being written: under a name beside path that nobody else
 * has, until it is published whole. struct temp t = { .fd = -1 } is none.
 */
struct temp {
	char *name, *path;
	int fd;
};

prov_status temp_open(struct temp *t, const char *path, mode_t mode,
    prov_err *err);

/*
 * Writes all of it down as flags say (file.h), gives it its path, and ends t
 * in any case: where that fails, nothing is left.
 */
prov_status temp_publish(struct temp *t, unsigned flags, prov_err *err);

/* Leaves nothing; fine for none. */
void temp_drop(struct temp *t);
#define AUTO_TEMP __attribute__((cleanup(temp_drop))) struct temp

/* write of all bytes; what is for messages. PROV_EWRITE. */
prov_status fd_write(int fd, prov_span bytes, const char *what, prov_err *err);

#endif
