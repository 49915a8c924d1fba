/* SPDX-License-Identifier: ISC */
#include "gate/shard.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Small enough that what was read is still near when it is copied. */
#define BLOCK (256U << 10)

struct shard {
	struct archive *a;
	const char *spool_dir;
	locale_t utf8;       /* libarchive reads names by the locale */
	struct member ahead; /* first of the next sample */
	bool has_ahead, ended;
	_Atomic uint64_t held; /* bytes in memory, of all samples */
};

void
sample_free(struct sample *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		member_clear(&s->at[i]);
	free(s);
}

void
shard_done(struct shard *s, struct sample *sample)
{
	if (sample != NULL)
		atomic_fetch_sub(&s->held, sample->held);
	sample_free(sample);
}

/* Whether a member is NAME.prov of media. */
static bool
is_sidecar_of(const struct member *m, const struct member *media)
{
	size_t len = strlen(media->name);

	return (m->kind == MEMBER_SIDECAR &&
		strncmp(m->name, media->name, len) == 0 &&
		strcmp(m->name + len, ".prov") == 0);
}

static const struct member *
keyed_sidecar(const struct sample *s)
{
	const struct member *found = NULL;
	size_t n_media = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct member *m = &s->at[i];

		n_media += m->kind == MEMBER_MEDIA;
		if (m->kind == MEMBER_SIDECAR &&
		    strcmp(m->name + member_key(m->name), ".prov") == 0)
			found = m;
	}
	return (n_media == 1 ? found : NULL);
}

const struct member *
sample_sidecar(const struct sample *s, const struct member *media)
{
	for (size_t i = 0; i < s->n; i++)
		if (is_sidecar_of(&s->at[i], media))
			return (&s->at[i]);
	return (keyed_sidecar(s));
}

static prov_status
fail_archive(struct archive *a, prov_err *err)
{
	const char *why = archive_error_string(a);

	return (prov_fail(err, PROV_EFORMAT, "%s",
	    why != NULL ? why : "not a tar"));
}

static prov_status
open_archive(struct shard *s, int fd, prov_err *err)
{
	struct archive *a = archive_read_new();

	s->a = a;
	s->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (a == NULL || s->utf8 == (locale_t)0)
		return (prov_fail(err, PROV_ENOMEM, "shard"));
	if (archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
	    archive_read_support_filter_zstd(a) != ARCHIVE_OK ||
	    archive_read_open_fd(a, fd, BLOCK) != ARCHIVE_OK)
		return (fail_archive(a, err));
	return (PROV_OK);
}

prov_status
shard_open(struct shard **out, int fd, const char *spool_dir, prov_err *err)
{
	struct shard *s = calloc(1, sizeof(*s));
	prov_status st;

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "shard"));
	s->spool_dir = spool_dir;
	s->ahead.fd = -1;
	if ((st = open_archive(s, fd, err)) != PROV_OK) {
		shard_close(s);
		return (st);
	}
	*out = s;
	return (PROV_OK);
}

void
shard_close(struct shard *s)
{
	if (s == NULL)
		return;
	member_clear(&s->ahead);
	if (s->a != NULL)
		(void)archive_read_free(s->a);
	if (s->utf8 != (locale_t)0)
		freelocale(s->utf8);
	free(s);
}

const char *
shard_filter(const struct shard *s)
{
	return (archive_filter_name(s->a, 0));
}

/* Directories hold nothing: neither tar needs them. */
static int
next_header(struct archive *a, struct archive_entry **entry)
{
	int r;

	do
		r = archive_read_next_header(a, entry);
	while (r == ARCHIVE_OK && archive_entry_filetype(*entry) == AE_IFDIR &&
	       archive_entry_size(*entry) <= 0);
	return (r);
}

/* Reads the next member ahead; at the end there is none. */
static prov_status
read_ahead(struct shard *s, prov_err *err)
{
	struct archive_entry *entry;
	const char *spool = s->spool_dir;
	prov_status st;
	int r;

	if (s->has_ahead || s->ended)
		return (PROV_OK);
	r = next_header(s->a, &entry);
	if (r == ARCHIVE_EOF) {
		s->ended = true;
		return (PROV_OK);
	}
	/* A warning is a header that another reader may take for another. */
	if (r != ARCHIVE_OK)
		return (fail_archive(s->a, err));
	if (archive_entry_size(entry) >= 0 &&
	    archive_entry_size(entry) <=
		(int64_t)HELD_MAX - (int64_t)atomic_load(&s->held))
		spool = NULL;
	if ((st = member_read(&s->ahead, s->a, entry, spool, err)) != PROV_OK)
		return (st);
	s->has_ahead = true;
	return (PROV_OK);
}

/* Whether the member ahead belongs to what the sample has already. */
static bool
belongs(const struct sample *s, const struct member *m)
{
	const struct member *first = &s->at[0];
	size_t len;

	if (m->kind == MEMBER_ODD || first->kind == MEMBER_ODD)
		return (false);
	len = member_key(first->name);
	return (len > 0 && member_key(m->name) == len &&
		strncmp(first->name, m->name, len) == 0);
}

/* A reader may take either of two members with one name. */
static bool
has_name(const struct sample *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->at[i].name, name) == 0)
			return (true);
	return (false);
}

static void
take_ahead(struct shard *s, struct sample *sample)
{
	struct member *m = &s->ahead;

	if (m->kind == MEMBER_ODD)
		sample->odd = m->odd;
	else if (has_name(sample, m->name))
		sample->odd = "two of its members have one name";
	sample->held += m->bytes.len;
	atomic_fetch_add(&s->held, m->bytes.len);
	sample->at[sample->n++] = *m;
	*m = (struct member){ .fd = -1 };
	s->has_ahead = false;
}

static prov_status
gather(struct shard *s, struct sample *sample, prov_err *err)
{
	prov_status st;

	while ((st = read_ahead(s, err)) == PROV_OK && s->has_ahead) {
		if (sample->n > 0 && !belongs(sample, &s->ahead))
			return (PROV_OK);
		if (sample->n == SAMPLE_MEMBERS_MAX)
			return (prov_fail(err, PROV_ELIMIT,
			    "a sample has more than %d members",
			    SAMPLE_MEMBERS_MAX));
		take_ahead(s, sample);
	}
	return (st);
}

prov_status
shard_next(struct shard *s, struct sample **out, prov_err *err)
{
	struct sample *sample = calloc(1, sizeof(*sample));
	locale_t was = uselocale(s->utf8);
	prov_status st;

	*out = NULL;
	if (sample == NULL)
		st = prov_fail(err, PROV_ENOMEM, "sample");
	else
		st = gather(s, sample, err);
	(void)uselocale(was);
	if (sample != NULL && sample->n == 0) {
		free(sample);
		sample = NULL;
	}
	*out = sample;
	return (st);
}
