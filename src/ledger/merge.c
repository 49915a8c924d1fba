/* SPDX-License-Identifier: ISC */
#include "ledger/merge.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "hash/sha256.h"
#include "ledger/filter.h"

/* Read and written at once. */
#define BLOCK_LEN (RUN_RECORD * 4096U)

/* Sections begin with an empty block, so that records fill it exactly. */
_Static_assert(BLOCK_LEN % RUN_RECORD == 0, "whole records");

struct input {
	int fd;
	struct run_info run;
	uint64_t off;  /* of what is read next */
	uint64_t left; /* bytes of this section that are not read yet */
	size_t at, len;
	bool known; /* what the next record says */
	uint64_t key, index;
	struct sha256 *hash; /* over what was read */
	uint8_t *block;
};

struct merge {
	char temp[LEDGER_PATH_MAX], path[LEDGER_PATH_MAX];
	int fd;
	struct run_info run;
	unsigned kind; /* the section that is being written */
	size_t n;
	struct input in[MERGE_INPUTS_MAX];
	struct sha256 *hash;
	uint8_t *filter;
	uint64_t filter_len, off;
	size_t len;
	uint8_t block[BLOCK_LEN];
};

static void
input_close(struct input *in)
{
	auto_fd(&in->fd);
	sha256_free(in->hash);
	free(in->block);
}

void
merge_free(struct merge *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->n; i++)
		input_close(&m->in[i]);
	auto_fd(&m->fd);
	if (m->temp[0] != '\0')
		(void)unlink(m->temp);
	sha256_free(m->hash);
	free(m->filter);
	free(m);
}

static void
auto_merge(struct merge **m)
{
	merge_free(*m);
}
#define AUTO_MERGE __attribute__((cleanup(auto_merge))) struct merge

const struct run_info *
merge_run(const struct merge *m)
{
	return (&m->run);
}

size_t
merge_inputs(const struct merge *m)
{
	return (m->n);
}

uint64_t
merge_records(const struct merge *m)
{
	uint64_t n = 0;

	for (unsigned k = 0; k < INDEX_KINDS; k++)
		n += m->run.n[k];
	return (n);
}

/* Reads on, at most len bytes, and hashes them. */
static prov_status
input_read(struct input *in, uint64_t len, prov_err *err)
{
	prov_status st;

	in->at = 0;
	in->len = len < BLOCK_LEN ? (size_t)len : BLOCK_LEN;
	if ((st = fd_pread(in->fd, in->block, in->len, in->off, err)) !=
	    PROV_OK)
		return (st);
	sha256_add(in->hash, in->block, in->len);
	in->off += in->len;
	return (PROV_OK);
}

static prov_status
input_open(struct input *in, const char *dir, const struct run_info *run,
    prov_err *err)
{
	prov_status st;

	st = run_open(&in->fd, &in->run, dir, run->begin, run->end, err);
	if (st != PROV_OK || (st = sha256_new(&in->hash, err)) != PROV_OK)
		return (st);
	if ((in->block = malloc(BLOCK_LEN)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	if ((st = input_read(in, RUN_HEAD, err)) != PROV_OK)
		return (st);
	in->at = in->len;
	in->left = in->run.n[0] * RUN_RECORD;
	return (PROV_OK);
}

/* Reads the section's next record, if there is one and it is not known. */
static prov_status
input_peek(struct input *in, prov_err *err)
{
	prov_status st;

	if (in->at == in->len) {
		if (in->left == 0)
			return (PROV_OK);
		if ((st = input_read(in, in->left, err)) != PROV_OK)
			return (st);
		in->left -= in->len;
	}
	in->key = be64(in->block + in->at);
	in->index = be64(in->block + in->at + 8);
	in->known = true;
	return (PROV_OK);
}

/* Its filter is not needed, but belongs to what the digest is over. */
static prov_status
input_end(struct input *in, prov_err *err)
{
	uint64_t left = filter_len(in->run.n[INDEX_ASSET]);
	uint8_t want[32], got[32];
	prov_status st;

	for (; left > 0; left -= in->len)
		if ((st = input_read(in, left, err)) != PROV_OK)
			return (st);
	if ((st = sha256_done(in->hash, got, err)) != PROV_OK ||
	    (st = fd_pread(in->fd, want, sizeof(want), in->off, err)) !=
		PROV_OK)
		return (st);
	if (memcmp(got, want, sizeof(want)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: index/%" PRIu64 "-%" PRIu64 " is damaged",
		    in->run.begin, in->run.end));
	return (PROV_OK);
}

static prov_status
flush(struct merge *m, prov_err *err)
{
	uint64_t begin = m->off;

	sha256_add(m->hash, m->block, m->len);
	for (size_t at = 0; at < m->len;) {
		ssize_t n =
		    pwrite(m->fd, m->block + at, m->len - at, (off_t)m->off);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (
			    prov_fail_errno(err, PROV_EWRITE, "%s", m->temp));
		at += (size_t)n;
		m->off += (size_t)n;
	}
	m->len = 0;
	/* On its way early, so that the sync in the end takes no time. */
	(void)sync_file_range(m->fd, (off_t)begin, (off_t)(m->off - begin),
	    SYNC_FILE_RANGE_WRITE);
	return (PROV_OK);
}

static prov_status
put(struct merge *m, const uint8_t *p, uint64_t len, prov_err *err)
{
	prov_status st;

	while (len > 0) {
		size_t part = sizeof(m->block) - m->len;

		if (part > len)
			part = (size_t)len;
		memcpy(m->block + m->len, p, part);
		m->len += part;
		p += part;
		len -= part;
		if (m->len == sizeof(m->block) &&
		    (st = flush(m, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

/* A file of a name that no other process has. */
static prov_status
make_temp(struct merge *m, const char *dir, prov_err *err)
{
	char name[LEDGER_PATH_MAX];
	uint64_t r;
	prov_status st;

	run_name(name, &m->run);
	if (getrandom(&r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return (prov_fail_errno(err, PROV_EWRITE, "getrandom"));
	if ((st = layout_path(m->path, err, dir, "%s", name)) != PROV_OK ||
	    (st = layout_path(m->temp, err, dir,
		 "index/.prov-%016" PRIx64 ".tmp", r)) != PROV_OK)
		return (st);
	m->fd = open(m->temp,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (m->fd == -1)
		return (prov_fail_errno(err, PROV_EWRITE, "%s", m->temp));
	/* Whose lock it is is alive: merge_tidy leaves it alone. */
	if (flock(m->fd, LOCK_EX | LOCK_NB) == -1)
		return (prov_fail_errno(err, PROV_EWRITE, "%s", m->temp));
	return (PROV_OK);
}

static prov_status
open_inputs(struct merge *m, const char *dir, const struct run_info *runs,
    size_t n, prov_err *err)
{
	prov_status st;

	for (; m->n < n; m->n++) {
		struct input *in = &m->in[m->n];

		in->fd = -1;
		if ((st = input_open(in, dir, &runs[m->n], err)) != PROV_OK) {
			input_close(in);
			return (st);
		}
		for (unsigned k = 0; k < INDEX_KINDS; k++)
			m->run.n[k] += in->run.n[k];
	}
	m->run.begin = runs[0].begin;
	m->run.end = runs[n - 1].end;
	return (PROV_OK);
}

prov_status
merge_begin(struct merge **out, const char *dir, const struct run_info *runs,
    size_t n, prov_err *err)
{
	AUTO_MERGE *m = calloc(1, sizeof(*m));
	uint8_t head[RUN_HEAD];
	prov_status st;

	if (m == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	m->fd = -1;
	if (n == 0 || n > MERGE_INPUTS_MAX)
		return (prov_fail(err, PROV_EINTERNAL, "%zu runs", n));
	if ((st = open_inputs(m, dir, runs, n, err)) != PROV_OK ||
	    (st = sha256_new(&m->hash, err)) != PROV_OK)
		return (st);
	if (merge_records(m) > RUN_FILE_MAX / RUN_RECORD)
		return (prov_fail(err, PROV_ELIMIT,
		    "runs of %" PRIu64 " records", merge_records(m)));
	m->filter_len = filter_len(m->run.n[INDEX_ASSET]);
	if ((m->filter = calloc(1, (size_t)m->filter_len + 1)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	run_put_head(head, &m->run);
	if ((st = make_temp(m, dir, err)) != PROV_OK ||
	    (st = put(m, head, sizeof(head), err)) != PROV_OK ||
	    (st = flush(m, err)) != PROV_OK)
		return (st);
	*out = TAKE(m);
	return (PROV_OK);
}

static bool
is_less(const struct input *a, const struct input *b)
{
	return (a->key != b->key ? a->key < b->key : a->index < b->index);
}

/* The input with the least record of all, or NULL at the section's end. */
static prov_status
find_least(struct merge *m, struct input **least, prov_err *err)
{
	prov_status st;

	*least = NULL;
	for (struct input *in = m->in; in < m->in + m->n; in++) {
		if (!in->known && (st = input_peek(in, err)) != PROV_OK)
			return (st);
		if (in->known && (*least == NULL || is_less(in, *least)))
			*least = in;
	}
	return (PROV_OK);
}

/* Moves an input's record to the output. */
static prov_status
move(struct merge *m, struct input *in, prov_err *err)
{
	if (m->kind == INDEX_ASSET)
		filter_add(m->filter, m->filter_len, in->key);
	memcpy(m->block + m->len, in->block + in->at, RUN_RECORD);
	m->len += RUN_RECORD;
	in->at += RUN_RECORD;
	in->known = false;
	return (m->len < sizeof(m->block) ? PROV_OK : flush(m, err));
}

static void
next_section(struct merge *m)
{
	if (++m->kind == INDEX_KINDS)
		return;
	for (size_t i = 0; i < m->n; i++)
		m->in[i].left = m->in[i].run.n[m->kind] * RUN_RECORD;
}

static prov_status
finish(struct merge *m, prov_err *err)
{
	uint8_t digest[32];
	prov_status st;

	for (size_t i = 0; i < m->n; i++)
		if ((st = input_end(&m->in[i], err)) != PROV_OK)
			return (st);
	if ((st = put(m, m->filter, m->filter_len, err)) != PROV_OK ||
	    (st = flush(m, err)) != PROV_OK ||
	    (st = sha256_done(m->hash, digest, err)) != PROV_OK ||
	    (st = put(m, digest, sizeof(digest), err)) != PROV_OK ||
	    (st = flush(m, err)) != PROV_OK)
		return (st);
	if (fsync(m->fd) == -1)
		return (
		    prov_fail_errno(err, PROV_EWRITE, "%s: fsync", m->temp));
	return (PROV_OK);
}

prov_status
merge_step(struct merge *m, uint64_t records, bool *done, prov_err *err)
{
	struct input *in;
	prov_status st;

	*done = false;
	while (m->kind < INDEX_KINDS) {
		if (records-- == 0)
			return (PROV_OK);
		if ((st = find_least(m, &in, err)) != PROV_OK)
			return (st);
		if (in == NULL)
			next_section(m);
		else if ((st = move(m, in, err)) != PROV_OK)
			return (st);
	}
	st = finish(m, err);
	*done = st == PROV_OK;
	return (st);
}

prov_status
merge_publish(struct merge *m, prov_err *err)
{
	if (rename(m->temp, m->path) == -1)
		return (prov_fail_errno(err, PROV_EWRITE, "%s", m->path));
	m->temp[0] = '\0';
	return (PROV_OK);
}

static bool
is_temp(const char *name)
{
	size_t n = strlen(name);

	return (strncmp(name, ".prov-", 6) == 0 && n > 10 &&
		strcmp(name + n - 4, ".tmp") == 0);
}

void
merge_tidy(const char *dir)
{
	char path[LEDGER_PATH_MAX];
	struct dirent *de;
	DIR *d;

	if (layout_path(path, NULL, dir, "index") != PROV_OK ||
	    (d = opendir(path)) == NULL)
		return;
	while ((de = readdir(d)) != NULL) {
		AUTO_FD int fd = -1;

		if (!is_temp(de->d_name))
			continue;
		fd = openat(dirfd(d), de->d_name,
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			(void)unlinkat(dirfd(d), de->d_name, 0);
	}
	(void)closedir(d);
}
