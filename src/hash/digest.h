/* SPDX-License-Identifier: ISC */
#ifndef PROV_HASH_DIGEST_H
#define PROV_HASH_DIGEST_H

#include <sys/stat.h>

#include "prov/media.h"

/* Who looks on while a file is hashed; either may be NULL. */
struct digest_watch {
	void (*feed)(void *arg, prov_span piece); /* all of it, in order */
	void *feed_arg;
	prov_progress_fn progress;
	void *progress_arg;
};

/* prov_digest_fd, watched. */
prov_status digest_fd(prov_digest *out, int fd, const struct digest_watch *w,
    prov_err *err);

/* Whether two looks at one descriptor saw the same, unchanged file. */
int stat_same(const struct stat *a, const struct stat *b);

#endif
