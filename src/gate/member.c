/* SPDX-License-Identifier: ISC */
#include "gate/member.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/name.h"
#include "base/temp.h"

/* What WebDatasets keep beside media: text and numbers about it. */
static const char *const companions[] = { "json", "jsonl", "txt", "text",
	"caption", "cls", "cls2", "id", "inx", "index", "count", "csv", "tsv",
	"yaml", "yml", "xml", "srt", "vtt", "url" };

void
member_clear(struct member *m)
{
	free(m->name);
	archive_entry_free(m->entry);
	buf_free(&m->bytes);
	auto_fd(&m->fd);
	*m = (struct member){ .fd = -1 };
}

enum member_kind
member_kind(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (dot == NULL || strchr(dot, '/') != NULL)
		return (MEMBER_MEDIA);
	if (strcmp(dot + 1, "prov") == 0)
		return (MEMBER_SIDECAR);
	for (size_t i = 0; i < sizeof(companions) / sizeof(companions[0]); i++)
		if (strcmp(dot + 1, companions[i]) == 0)
			return (MEMBER_COMPANION);
	return (MEMBER_MEDIA);
}

size_t
member_key(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *last = slash != NULL ? slash + 1 : name;
	size_t len = strcspn(last, ".");

	return (len == 0 ? 0 : (size_t)(last - name) + len);
}

/* Why this header is of nothing that can be let in; NULL: it can. */
static const char *
header_odd(const struct member *m)
{
	struct archive_entry *e = m->entry;

	if (m->name == NULL ||
	    name_check(span(m->name, strlen(m->name)), NULL) != PROV_OK)
		return ("its name leads elsewhere or is no UTF-8");
	if (archive_entry_hardlink(e) != NULL ||
	    archive_entry_symlink(e) != NULL ||
	    archive_entry_filetype(e) != AE_IFREG)
		return ("it is no regular file");
	if (!archive_entry_size_is_set(e) || archive_entry_size(e) < 0)
		return ("its size is not stated");
	if (archive_entry_sparse_count(e) > 0)
		return ("it has holes");
	return (NULL);
}

/* "./a" is what tar calls "a" below the directory that it was told to pack. */
static prov_status
take_name(struct member *m, prov_err *err)
{
	const char *name = archive_entry_pathname_utf8(m->entry);

	if (name == NULL)
		name = archive_entry_pathname(m->entry);
	if (name == NULL)
		return (PROV_OK);
	if (strncmp(name, "./", 2) == 0)
		name += 2;
	if ((m->name = strdup(name)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "member"));
	archive_entry_set_pathname(m->entry, m->name);
	return (PROV_OK);
}

static prov_status
take_header(struct member *m, struct archive_entry *entry, prov_err *err)
{
	prov_status st;

	if ((m->entry = archive_entry_clone(entry)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "member"));
	if ((st = take_name(m, err)) != PROV_OK)
		return (st);
	m->odd = header_odd(m);
	m->kind = m->odd != NULL ? MEMBER_ODD : member_kind(m->name);
	if (archive_entry_size(m->entry) > 0)
		m->size = (uint64_t)archive_entry_size(m->entry);
	if (m->size > MEMBER_SIZE_MAX)
		return (
		    prov_fail(err, PROV_ELIMIT, "a member of more than 1 TiB"));
	return (PROV_OK);
}

static prov_status
take_piece(struct member *m, const void *p, size_t len, prov_err *err)
{
	if (m->fd >= 0)
		return (fd_write(m->fd, span(p, len), "held member", err));
	buf_put(&m->bytes, p, len);
	return (buf_done(&m->bytes, err));
}

/* Reads what the header promises, neither less nor more nor with holes. */
static prov_status
take_data(struct member *m, struct archive *a, prov_err *err)
{
	const void *p;
	size_t len;
	la_int64_t at;
	uint64_t done = 0;
	prov_status st;
	int r;

	while ((r = archive_read_data_block(a, &p, &len, &at)) == ARCHIVE_OK) {
		if (at < 0 || (uint64_t)at != done || len > m->size - done)
			return (prov_fail(err, PROV_EFORMAT,
			    "a member is not as long as it says"));
		if ((st = take_piece(m, p, len, err)) != PROV_OK)
			return (st);
		done += len;
	}
	if (r != ARCHIVE_EOF || done != m->size)
		return (prov_fail(err, PROV_EFORMAT, "%s",
		    r != ARCHIVE_EOF && archive_error_string(a) != NULL
			? archive_error_string(a)
			: "a member ends early"));
	return (PROV_OK);
}

prov_status
member_read(struct member *out, struct archive *a, struct archive_entry *entry,
    const char *spool_dir, prov_err *err)
{
	struct member m = { .fd = -1 };
	prov_status st;

	if ((st = take_header(&m, entry, err)) == PROV_OK &&
	    spool_dir != NULL) {
		m.fd = open(spool_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (m.fd < 0)
			st = prov_fail_errno(err, PROV_EWRITE,
			    "%.200s: no file to hold a member in", spool_dir);
	}
	if (st == PROV_OK)
		st = take_data(&m, a, err);
	if (st != PROV_OK) {
		member_clear(&m);
		return (st);
	}
	*out = m;
	return (PROV_OK);
}

static prov_status
fail_write(struct archive *a, prov_err *err)
{
	const char *why = archive_error_string(a);

	return (prov_fail(err, PROV_EWRITE, "%s",
	    why != NULL ? why : "the archive cannot be written"));
}

static prov_status
put_piece(struct archive *a, const uint8_t *p, size_t len, prov_err *err)
{
	while (len > 0) {
		la_ssize_t n = archive_write_data(a, p, len);

		if (n <= 0)
			return (fail_write(a, err));
		p += n;
		len -= (size_t)n;
	}
	return (PROV_OK);
}

#define PIECE (256U << 10)

static prov_status
put_spooled(const struct member *m, struct archive *a, prov_err *err)
{
	AUTO_FREE uint8_t *p = malloc(PIECE);
	prov_status st;

	if (p == NULL)
		return (prov_fail(err, PROV_ENOMEM, "member"));
	for (uint64_t at = 0, len; at < m->size; at += len) {
		len = m->size - at < PIECE ? m->size - at : PIECE;
		if ((st = fd_pread(m->fd, p, len, at, err)) != PROV_OK ||
		    (st = put_piece(a, p, len, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

prov_status
member_write(const struct member *m, struct archive *a, prov_err *err)
{
	/* A warning here is a name or a time that another reader sees else. */
	if (archive_write_header(a, m->entry) != ARCHIVE_OK)
		return (fail_write(a, err));
	if (m->fd >= 0)
		return (put_spooled(m, a, err));
	return (put_piece(a, m->bytes.p, m->bytes.len, err));
}
