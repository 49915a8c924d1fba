/* SPDX-License-Identifier: ISC */
#include "gate/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/temp.h"
#include "base/text.h"
#include "hash/sha256.h"

#define SYNC_BYTES (4UL << 20) /* or a second: what a power cut may cost */
#define SYNC_MS    1000
#define KEY_LEN    16
#define READ_LEN   (1UL << 18)

/* Where the record of an item is. */
struct place {
	uint8_t key[KEY_LEN];
	uint64_t at;
	uint32_t len;  /* of the line, without its newline */
	bool answered; /* otherwise than retry */
};

struct journal {
	int fd;
	char *path;
	uint64_t end;      /* of the last whole line */
	uint64_t unsynced; /* bytes */
	int64_t synced_ms;
	bool failed; /* nothing more is written */
	bool torn;   /* half a line is behind end */
	size_t n, cap;
	struct place *places; /* ordered by key, then by position */
};

static int64_t
clock_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

void
journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	auto_fd(&j->fd);
	free(j->path);
	free(j->places);
	free(j);
}

static void
auto_journal(struct journal **j)
{
	journal_close(*j);
}

/* Who chooses ids must not choose which of them look alike. */
static prov_status
key_of(uint8_t key[KEY_LEN], const char *id, const char *tenant, prov_err *err)
{
	AUTO_BUF b = { 0 };
	uint8_t digest[SHA256_LEN];
	prov_status st;

	buf_put_str(&b, tenant != NULL ? tenant : "");
	buf_put_byte(&b, 0);
	buf_put_str(&b, id);
	if ((st = buf_done(&b, err)) != PROV_OK ||
	    (st = sha256_of(digest, buf_span(&b), err)) != PROV_OK)
		return (st);
	memcpy(key, digest, KEY_LEN);
	return (PROV_OK);
}

static int
order(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int by_key = memcmp(x->key, y->key, KEY_LEN);

	return (by_key != 0 ? by_key : x->at < y->at ? -1 : x->at > y->at);
}

static prov_status
add(struct journal *j, const struct place *p, prov_err *err)
{
	size_t cap = j->cap == 0 ? 1024 : j->cap + j->cap / 2;
	struct place *places;

	if (j->n == JOURNAL_ITEMS_MAX)
		return (prov_fail(err, PROV_ELIMIT, "%s: more than %lu records",
		    j->path, JOURNAL_ITEMS_MAX));
	if (j->n == j->cap) {
		places = reallocarray(j->places, cap, sizeof(*places));
		if (places == NULL)
			return (prov_fail(err, PROV_ENOMEM, "%s", j->path));
		j->places = places;
		j->cap = cap;
	}
	j->places[j->n++] = *p;
	return (PROV_OK);
}

static prov_status
take_line(struct journal *j, prov_span line, const uint8_t policy[32],
    prov_err *err)
{
	struct place p = { .at = j->end, .len = (uint32_t)line.len };
	AUTO_RECORD r = { 0 };
	prov_err why = { 0 };
	prov_status st;

	if ((st = record_parse(&r, line, &why)) == PROV_OK &&
	    memcmp(r.policy, policy, 32) != 0)
		st = prov_fail(&why, PROV_EFORMAT, "made under another policy");
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s: record at byte %llu: %s",
		    j->path, (unsigned long long)j->end, why.msg));
	j->end += line.len + 1;
	if (r.id == NULL)
		return (PROV_OK); /* nobody could ask for it again */
	p.answered = r.decision != PROV_RETRY;
	st = key_of(p.key, r.id, r.tenant, err);
	return (st == PROV_OK ? add(j, &p, err) : st);
}

/* Takes the whole lines off the front of b. */
static prov_status
take_lines(struct journal *j, struct buf *b, const uint8_t policy[32],
    prov_err *err)
{
	prov_span text = buf_span(b), line;
	prov_status st = PROV_OK;

	while (st == PROV_OK && text_line(&text, &line))
		st = take_line(j, line, policy, err);
	if (text.len > RECORD_MAX && st == PROV_OK)
		st = prov_fail(err, PROV_EFORMAT,
		    "%s: a line of more than %lu bytes", j->path, RECORD_MAX);
	if (text.len > 0)
		memmove(b->p, text.p, text.len);
	b->len = text.len;
	return (st);
}

/* Reads all records, and cuts off what a crash left of one more. */
static prov_status
load(struct journal *j, const uint8_t policy[32], prov_err *err)
{
	AUTO_BUF b = { 0 };
	prov_status st;
	uint8_t *to;
	ssize_t n;

	do {
		if ((to = buf_grow(&b, READ_LEN)) == NULL)
			return (buf_done(&b, err));
		do
			n = read(j->fd, to, READ_LEN);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return (prov_fail_errno(err, PROV_EIO, "%s", j->path));
		b.len -= READ_LEN - (size_t)n;
		if ((st = take_lines(j, &b, policy, err)) != PROV_OK)
			return (st);
	} while (n > 0);
	if (b.len > 0 && ftruncate(j->fd, (off_t)j->end) != 0)
		return (prov_fail_errno(err, PROV_EWRITE, "%s", j->path));
	if (j->n > 0)
		qsort(j->places, j->n, sizeof(*j->places), order);
	return (PROV_OK);
}

/* A new file is there after a power cut, too. */
static prov_status
make(struct journal *j, bool resume, prov_err *err)
{
	const char *slash = strrchr(j->path, '/');
	AUTO_FREE char *dir = slash == NULL ? strdup(".")
	                      : slash == j->path
	                          ? strdup("/")
	                          : strndup(j->path, (size_t)(slash - j->path));

	j->fd = open(j->path,
	    O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY |
		(resume ? 0 : O_EXCL),
	    0666);
	if (j->fd < 0 && errno == EEXIST)
		return (prov_fail(err, PROV_EEXIST,
		    "%s: is there already; --resume goes on with it", j->path));
	if (j->fd < 0)
		return (prov_fail_errno(err, PROV_EOPEN, "%s", j->path));
	if (dir == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%s", j->path));
	return (dir_sync(dir, err));
}

static prov_status
hold(struct journal *j, prov_err *err)
{
	struct stat sb;

	if (fstat(j->fd, &sb) != 0)
		return (prov_fail_errno(err, PROV_EIO, "%s", j->path));
	if (!S_ISREG(sb.st_mode))
		return (prov_fail(err, PROV_EOPEN, "%s: is not a regular file",
		    j->path));
	if (flock(j->fd, LOCK_EX | LOCK_NB) == 0)
		return (PROV_OK);
	if (errno == EWOULDBLOCK)
		return (prov_fail(err, PROV_EBUSY,
		    "%s: another run writes to it", j->path));
	return (prov_fail_errno(err, PROV_EWRITE, "%s: lock", j->path));
}

prov_status
journal_open(struct journal **out, const char *path, bool resume,
    const uint8_t policy[32], prov_err *err)
{
	__attribute__((cleanup(auto_journal))) struct journal *j =
	    calloc(1, sizeof(*j));
	prov_status st;

	if (j == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%s", path));
	j->fd = -1;
	if ((j->path = strdup(path)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%s", path));
	if ((st = make(j, resume, err)) != PROV_OK ||
	    (st = hold(j, err)) != PROV_OK ||
	    (st = load(j, policy, err)) != PROV_OK)
		return (st);
	j->synced_ms = clock_ms();
	*out = TAKE(j);
	return (PROV_OK);
}

/* The last place with this key, or NULL. */
static const struct place *
place_of(const struct journal *j, const uint8_t key[KEY_LEN])
{
	size_t low = 0, high = j->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(j->places[mid].key, key, KEY_LEN) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0 || memcmp(j->places[low - 1].key, key, KEY_LEN) != 0)
		return (NULL);
	return (&j->places[low - 1]);
}

prov_status
journal_find(const struct journal *j, struct buf *line, const char *id,
    const char *tenant, prov_err *err)
{
	const struct place *p;
	uint8_t key[KEY_LEN], *to;
	prov_status st;

	if (j->n == 0)
		return (PROV_OK);
	if ((st = key_of(key, id, tenant, err)) != PROV_OK)
		return (st);
	if ((p = place_of(j, key)) == NULL || !p->answered)
		return (PROV_OK);
	if ((to = buf_grow(line, p->len)) == NULL)
		return (buf_done(line, err));
	return (fd_pread(j->fd, to, p->len, p->at, err));
}

prov_status
journal_sync(struct journal *j, prov_err *err)
{
	if (j->failed)
		return (
		    prov_fail(err, PROV_EWRITE, "%s: failed before", j->path));
	if (j->unsynced > 0 && fdatasync(j->fd) != 0) {
		/* What failed to sync may be gone: never say it is there. */
		j->failed = true;
		return (prov_fail_errno(err, PROV_EWRITE, "%s: sync", j->path));
	}
	j->unsynced = 0;
	j->synced_ms = clock_ms();
	return (PROV_OK);
}

prov_status
journal_append(struct journal *j, prov_span lines, prov_err *err)
{
	prov_status st;

	if (lines.len == 0)
		return (PROV_OK);
	if (j->failed)
		return (
		    prov_fail(err, PROV_EWRITE, "%s: failed before", j->path));
	if ((st = fd_write(j->fd, lines, j->path, err)) != PROV_OK) {
		/*
		 * The lines that were there stay whole. Where this fails as
		 * well, who goes on with the run cuts off what is torn.
		 */
		j->failed = true;
		j->torn = ftruncate(j->fd, (off_t)j->end) != 0;
		return (st);
	}
	j->end += lines.len;
	j->unsynced += lines.len;
	if (j->unsynced < SYNC_BYTES && clock_ms() - j->synced_ms < SYNC_MS)
		return (PROV_OK);
	return (journal_sync(j, err));
}
