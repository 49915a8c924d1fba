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
#include "ledger/errand.h"
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

/* The sections, then what is left of the inputs, the filter, and the end. */
enum stage {
	SECTIONS,
	REST,
	FILTER,
	SYNC,
	WHOLE,
	PUBLISHED, /* the list is not yet on the disk */
	REMOVED,   /* the inputs' names are gone, their room is not */
	OVER
};

struct merge {
	char dir[LEDGER_PATH_MAX];
	char temp[LEDGER_PATH_MAX], path[LEDGER_PATH_MAX];
	int fd;
	struct run_info run;
	enum stage stage;
	unsigned kind;      /* the section that is being written */
	size_t ended;       /* inputs that were read to their end */
	uint64_t filter_at; /* what of the filter was written */
	struct errand errand;
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
	(void)errand_wait(&m->errand, NULL);
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

/* All of it was read: what the digest behind it is over. */
static prov_status
input_end(struct input *in, prov_err *err)
{
	uint8_t want[32], got[32];
	prov_status st;

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

/* Its filter is not needed, but belongs to what the digest is over. */
static prov_status
input_rest(struct input *in, bool *ended, prov_err *err)
{
	prov_status st;

	*ended = in->left == 0;
	if (*ended)
		return (input_end(in, err));
	if ((st = input_read(in, in->left, err)) == PROV_OK)
		in->left -= in->len;
	return (st);
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
	if ((st = layout_path(m->dir, err, dir, "%s", "")) != PROV_OK)
		return (st);
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

/* Of a section that is through; behind the last one come the filters. */
static void
next_section(struct merge *m)
{
	m->kind++;
	for (size_t i = 0; i < m->n; i++) {
		struct input *in = &m->in[i];

		in->left = m->kind < INDEX_KINDS
		               ? in->run.n[m->kind] * RUN_RECORD
		               : filter_len(in->run.n[INDEX_ASSET]);
	}
	if (m->kind == INDEX_KINDS)
		m->stage = REST;
}

static prov_status
merge_record(struct merge *m, prov_err *err)
{
	struct input *in;
	prov_status st;

	if ((st = find_least(m, &in, err)) != PROV_OK)
		return (st);
	if (in != NULL)
		return (move(m, in, err));
	next_section(m);
	return (PROV_OK);
}

static prov_status
merge_rest(struct merge *m, prov_err *err)
{
	bool ended;
	prov_status st;

	if (m->ended == m->n) {
		m->stage = FILTER;
		return (PROV_OK);
	}
	if ((st = input_rest(&m->in[m->ended], &ended, err)) == PROV_OK)
		m->ended += ended;
	return (st);
}

static prov_status
sync_run(void *arg, prov_err *err)
{
	const struct merge *m = arg;

	return (fsync(m->fd) == 0
		    ? PROV_OK
		    : prov_fail_errno(err, PROV_EWRITE, "%s: fsync", m->temp));
}

static prov_status
merge_filter(struct merge *m, prov_err *err)
{
	uint64_t left = m->filter_len - m->filter_at;
	uint64_t len = left < BLOCK_LEN ? left : BLOCK_LEN;
	uint8_t digest[32];
	prov_status st;

	if (left != 0) {
		st = put(m, m->filter + m->filter_at, len, err);
		m->filter_at += len;
		return (st);
	}
	if ((st = flush(m, err)) != PROV_OK ||
	    (st = sha256_done(m->hash, digest, err)) != PROV_OK ||
	    (st = put(m, digest, sizeof(digest), err)) != PROV_OK ||
	    (st = flush(m, err)) != PROV_OK)
		return (st);
	m->stage = SYNC;
	errand_send(&m->errand, sync_run, m);
	return (PROV_OK);
}

/* One record, or a block of what comes behind them, and what that weighs. */
static prov_status
advance(struct merge *m, uint64_t *weight, prov_err *err)
{
	*weight = m->stage == SECTIONS ? 1 : BLOCK_LEN / RUN_RECORD;
	if (m->stage == SECTIONS)
		return (merge_record(m, err));
	return (m->stage == REST ? merge_rest(m, err) : merge_filter(m, err));
}

prov_status
merge_step(struct merge *m, uint64_t records, bool *done, prov_err *err)
{
	uint64_t weight;
	prov_status st = PROV_OK;

	*done = false;
	for (; m->stage < SYNC; records -= weight) {
		if ((st = advance(m, &weight, err)) != PROV_OK)
			return (st);
		if (records <= weight)
			return (PROV_OK);
	}
	if (m->stage == SYNC && errand_back(&m->errand, &st, err) &&
	    st == PROV_OK)
		m->stage = WHOLE;
	*done = m->stage == WHOLE;
	return (st);
}

prov_status
merge_publish(struct merge *m, prov_err *err)
{
	if (rename(m->temp, m->path) == -1)
		return (prov_fail_errno(err, PROV_EWRITE, "%s", m->path));
	m->temp[0] = '\0';
	m->stage = PUBLISHED;
	return (PROV_OK);
}

bool
merge_published(const struct merge *m)
{
	return (m->stage >= PUBLISHED);
}

static prov_status
sync_name(const char *path, int flags, prov_err *err)
{
	AUTO_FD int fd = open(path, flags | O_RDONLY | O_CLOEXEC);

	if (fd == -1 || fsync(fd) == -1)
		return (prov_fail_errno(err, PROV_EWRITE, "%s: fsync", path));
	return (PROV_OK);
}

/* The list may have been replaced meanwhile by one that names the run, too. */
static prov_status
sync_list(void *arg, prov_err *err)
{
	const struct merge *m = arg;
	char path[LEDGER_PATH_MAX];
	prov_status st;

	if ((st = layout_path(path, err, m->dir, LEDGER_RUNS)) != PROV_OK ||
	    (st = sync_name(path, O_NOFOLLOW, err)) != PROV_OK ||
	    (st = layout_path(path, err, m->dir, "index")) != PROV_OK)
		return (st);
	return (sync_name(path, O_DIRECTORY, err));
}

/* The last that holds a file gives back its room, which takes a while. */
static prov_status
close_inputs(void *arg, prov_err *err)
{
	struct merge *m = arg;

	(void)err;
	for (; m->n > 0; m->n--)
		input_close(&m->in[m->n - 1]);
	return (PROV_OK);
}

/* Readers that still hold the old list find runs gone and load the new one. */
static void
remove_inputs(const struct merge *m)
{
	char name[LEDGER_PATH_MAX], path[LEDGER_PATH_MAX];

	for (size_t i = 0; i < m->n; i++) {
		run_name(name, &m->in[i].run);
		if (layout_path(path, NULL, m->dir, "%s", name) == PROV_OK)
			(void)unlink(path);
	}
}

static prov_status
errand_result(struct errand *e, bool wait, bool *back, prov_err *err)
{
	prov_status st = PROV_OK;

	*back = wait || errand_back(e, &st, err);
	return (wait ? errand_wait(e, err) : st);
}

prov_status
merge_retire(struct merge *m, bool wait, bool *done, prov_err *err)
{
	bool back = true;
	prov_status st;

	*done = false;
	if (m->errand.fn == NULL)
		errand_send(&m->errand, sync_list, m);
	while (back && m->stage != OVER) {
		st = errand_result(&m->errand, wait, &back, err);
		if (st != PROV_OK)
			return (st);
		if (back && m->stage == PUBLISHED) {
			remove_inputs(m);
			errand_send(&m->errand, close_inputs, m);
			m->stage = REMOVED;
		} else if (back) {
			m->stage = OVER;
		}
	}
	*done = m->stage == OVER;
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
