/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "hash/sha256.h"
#include "ledger/lanes.h"
#include "ledger/stray.h"

#define DIRS  256
#define PIECE ((size_t)64 << 10)

struct blobs {
	const char *dir;
	struct damage *found;
	uint64_t *n;
	struct looked {
		uint64_t n;
		prov_status st;
		prov_err err;
	} looked[DIRS];
};

static prov_status
digest(uint8_t out[32], const char *path, prov_err *err)
{
	AUTO_FREE uint8_t *piece = malloc(PIECE);
	AUTO_SHA256 *h = NULL;
	AUTO_FD int fd = -1;
	struct stat sb;
	uint64_t at = 0;
	prov_status st;

	if (piece == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	if ((st = sha256_new(&h, err)) != PROV_OK ||
	    (st = part_open(&fd, &sb, path, err)) != PROV_OK)
		return (st);
	if (sb.st_size > (off_t)TIMELINE_MAX)
		return (prov_fail(err, PROV_ELIMIT, "is larger than any blob"));
	while (at < (uint64_t)sb.st_size) {
		uint64_t left = (uint64_t)sb.st_size - at;
		size_t len = left < PIECE ? (size_t)left : PIECE;

		if ((st = fd_pread(fd, piece, len, at, err)) != PROV_OK)
			return (st);
		sha256_add(h, piece, len);
		at += len;
	}
	return (sha256_done(h, out, err));
}

static prov_status
check_one(struct blobs *b, struct looked *l, unsigned xx, const char *name)
{
	char path[LEDGER_PATH_MAX], shown[FINDING_PATH_MAX];
	uint8_t want[32], got[32];
	prov_err why = { 0 };
	prov_status st;

	if (name[0] == '.')
		return (
		    PROV_OK); /* itself, its parent, what is being written */
	snprintf(shown, sizeof(shown), "blobs/%02x/%.120s", xx, name);
	if (strlen(name) != 64 || !hex_decode(want, 32, name, 64) ||
	    want[0] != xx) {
		damage_add(b->found, FOUND_BLOB, shown, NO_ENTRY,
		    "is no blob's name");
		return (PROV_OK);
	}
	l->n++;
	if ((st = layout_path(path, &l->err, b->dir, "%s", shown)) != PROV_OK)
		return (st);
	st = digest(got, path, &why);
	if (st == PROV_ENOTFOUND)
		return (PROV_OK); /* they may be deleted at any time */
	if (st == PROV_ENOMEM || st == PROV_EINTERNAL)
		return (prov_fail(&l->err, st, "%s", why.msg));
	if (st != PROV_OK)
		damage_read(b->found, FOUND_BLOB, shown, st, why.msg);
	else if (memcmp(want, got, 32) != 0)
		damage_add(b->found, FOUND_BLOB, shown, NO_ENTRY,
		    "is not what its name says");
	return (PROV_OK);
}

static void
work(void *arg, unsigned lane, uint64_t i, size_t slot)
{
	struct blobs *b = arg;
	struct looked *l = &b->looked[slot];
	char path[LEDGER_PATH_MAX];
	struct dirent *de;
	DIR *d;

	(void)lane;
	l->st = layout_path(path, &l->err, b->dir, "blobs/%02x", (unsigned)i);
	if (l->st != PROV_OK)
		return;
	if ((d = opendir(path)) == NULL) {
		if (errno != ENOENT)
			l->st = prov_fail_errno(&l->err, PROV_EIO, "%s", path);
		return;
	}
	while ((l->st = dir_next(&de, d, path, &l->err)) == PROV_OK &&
	       de != NULL) {
		l->st = check_one(b, l, (unsigned)i, de->d_name);
		if (l->st != PROV_OK)
			break;
	}
	(void)closedir(d);
}

static prov_status
take(void *arg, uint64_t i, size_t slot, prov_err *err)
{
	struct blobs *b = arg;
	const struct looked *l = &b->looked[slot];

	(void)i;
	*b->n += l->n;
	return (l->st == PROV_OK ? PROV_OK
				 : prov_fail(err, l->st, "%s", l->err.msg));
}

prov_status
stray_blobs(const char *dir, unsigned threads, struct damage *found,
    uint64_t *n, prov_err *err)
{
	AUTO_FREE struct blobs *b = calloc(1, sizeof(*b));
	struct lanes lanes = { .threads = threads,
		.n = DIRS,
		.slots = DIRS,
		.arg = b,
		.work = work,
		.take = take };

	if (b == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	b->dir = dir;
	b->found = found;
	b->n = n;
	return (lanes_run(&lanes, err));
}
