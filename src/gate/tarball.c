/* SPDX-License-Identifier: ISC */
#include "gate/tarball.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/temp.h"

struct tarball {
	struct archive *a;
	locale_t utf8; /* libarchive writes names by the locale */
	struct temp temp;
	bool piped; /* to standard output */
	uint64_t n;
	off_t begun; /* bytes that are on their way to the disk */
};

static prov_status
fail_write(const struct tarball *t, prov_err *err)
{
	const char *why = archive_error_string(t->a);

	return (prov_fail(err, PROV_EWRITE, "%.200s: %s", t->temp.path,
	    why != NULL ? why : "cannot be written"));
}

static bool
ends(const char *s, const char *with)
{
	size_t len = strlen(s), n = strlen(with);

	return (len >= n && strcmp(s + len - n, with) == 0);
}

static int
add_filter(struct archive *a, const char *path)
{
	if (ends(path, ".gz") || ends(path, ".tgz"))
		return (archive_write_add_filter_gzip(a));
	if (ends(path, ".zst"))
		return (archive_write_add_filter_zstd(a));
	return (archive_write_add_filter_none(a));
}

#define BLOCK (256 << 10)

static prov_status
open_archive(struct tarball *t, prov_err *err)
{
	t->a = archive_write_new();
	t->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (t->a == NULL || t->utf8 == (locale_t)0)
		return (prov_fail(err, PROV_ENOMEM, "tar"));
	if (archive_write_set_format_pax_restricted(t->a) != ARCHIVE_OK ||
	    add_filter(t->a, t->temp.path) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(t->a, BLOCK) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(t->a, 1) != ARCHIVE_OK ||
	    archive_write_open_fd(t->a, t->temp.fd) != ARCHIVE_OK)
		return (fail_write(t, err));
	return (PROV_OK);
}

/* A pipe has no name to be given at the end. */
static prov_status
open_temp(struct tarball *t, const char *path, prov_err *err)
{
	if (strcmp(path, "-") != 0)
		return (temp_open(&t->temp, path, 0666, err));
	t->piped = true;
	t->temp.path = strdup("standard output");
	t->temp.fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	if (t->temp.path == NULL)
		return (prov_fail(err, PROV_ENOMEM, "tar"));
	if (t->temp.fd < 0)
		return (prov_fail_errno(err, PROV_EWRITE, "standard output"));
	return (PROV_OK);
}

prov_status
tarball_open(struct tarball **out, const char *path, prov_err *err)
{
	struct tarball *t = calloc(1, sizeof(*t));
	prov_status st;

	if (t == NULL)
		return (prov_fail(err, PROV_ENOMEM, "tar"));
	t->temp.fd = -1;
	if ((st = open_temp(t, path, err)) != PROV_OK ||
	    (st = open_archive(t, err)) != PROV_OK) {
		tarball_drop(t);
		return (st);
	}
	*out = t;
	return (PROV_OK);
}

#define AHEAD (8 << 20)

/*
 * Has the disk write while the next members are judged: all of it is synced at
 * the end, which would wait for it. A hint; that sync tells what went wrong.
 */
static void
write_behind(struct tarball *t)
{
	off_t at = t->piped ? -1 : lseek(t->temp.fd, 0, SEEK_CUR);

	if (at - t->begun < AHEAD)
		return;
	(void)sync_file_range(t->temp.fd, t->begun, at - t->begun,
	    SYNC_FILE_RANGE_WRITE);
	t->begun = at;
}

prov_status
tarball_put(struct tarball *t, const struct sample *s, prov_err *err)
{
	locale_t was = uselocale(t->utf8);
	prov_status st = PROV_OK;

	for (size_t i = 0; i < s->n && st == PROV_OK; i++) {
		st = member_write(&s->at[i], t->a, err);
		t->n++;
	}
	(void)uselocale(was);
	if (st == PROV_OK)
		write_behind(t);
	return (st);
}

uint64_t
tarball_members(const struct tarball *t)
{
	return (t->n);
}

void
tarball_drop(struct tarball *t)
{
	if (t == NULL)
		return;
	if (t->a != NULL)
		(void)archive_write_free(t->a);
	if (t->utf8 != (locale_t)0)
		freelocale(t->utf8);
	temp_drop(&t->temp);
	free(t);
}

prov_status
tarball_finish(struct tarball *t, prov_err *err)
{
	prov_status st = PROV_OK;

	if (archive_write_close(t->a) != ARCHIVE_OK)
		st = fail_write(t, err);
	if (st == PROV_OK && !t->piped)
		st = temp_publish(&t->temp, FILE_SYNC, err);
	tarball_drop(t);
	return (st);
}
