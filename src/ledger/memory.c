/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ledger/layout.h"
#include "ledger/memory.h"
#include "ledger/reader.h"
#include "sign/note.h"

/* As many as a policy may name, and some that are gone from it. */
#define MEMORY_LOGS_MAX 1024

/* A head that grows all the time is written once a second. */
#define WRITE_INTERVAL_MS 1000

/* Others hold the lock for one fsync each. */
#define LOCK_WAIT_MS 10000
#define LOCK_POLL_MS 5

/* Each try that is not the last found that another process was faster. */
#define MEET_TRIES 16

/* One log. */
struct remembered {
	prov_pubkey log;
	char id[MEMORY_ID_LEN + 1];
	bool known;
	struct checkpoint at;
	struct buf note;
	struct buf stored; /* the file, as it was read or written last */
	bool moved;        /* past what is stored */
	uint64_t written_ms;
	char evidence[LEDGER_PATH_MAX]; /* "": the log is not known to fork */
};

struct memory {
	char *state;
	size_t n;
	struct remembered *at[MEMORY_LOGS_MAX];
};

static uint64_t
clock_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000);
}

prov_status
memory_open(struct memory **out, const char *state, prov_err *err)
{
	struct memory *m = calloc(1, sizeof(*m));

	if (m == NULL || (m->state = strdup(state)) == NULL) {
		free(m);
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	}
	*out = m;
	return (PROV_OK);
}

static void
remembered_free(struct remembered *r)
{
	buf_free(&r->note);
	buf_free(&r->stored);
	free(r);
}

void
memory_close(struct memory *m)
{
	if (m == NULL)
		return;
	(void)memory_sync(m, NULL);
	for (size_t i = 0; i < m->n; i++)
		remembered_free(m->at[i]);
	free(m->state);
	free(m);
}

void
auto_memory(struct memory **m)
{
	memory_close(*m);
}

static prov_status
head_path(char path[LEDGER_PATH_MAX], const struct memory *m,
    const struct remembered *r, prov_err *err)
{
	return (layout_path(path, err, m->state, "heads/%s", r->id));
}

/* SHA-256(name || "\n" || key): who has another key is another log. */
prov_status
memory_name(char id[MEMORY_ID_LEN + 1], const prov_pubkey *log, prov_err *err)
{
	AUTO_BUF b = { 0 };
	uint8_t digest[32];
	prov_status st;

	buf_printf(&b, "%s\n", log->name);
	buf_put(&b, log->key, sizeof(log->key));
	if ((st = buf_done(&b, err)) != PROV_OK ||
	    (st = sha256_of(digest, buf_span(&b), err)) != PROV_OK)
		return (st);
	hex_encode(id, digest, MEMORY_ID_LEN / 2);
	return (PROV_OK);
}

static prov_status
damaged(const char *path, const prov_err *why, prov_err *err)
{
	return (prov_fail(err, PROV_EOPEN,
	    "%s: what is remembered of a log is damaged (%.100s); compare the "
	    "log with a copy that you trust, then remove that file",
	    path, why->msg));
}

/* Takes what the file holds for what is remembered; empty is nothing. */
static prov_status
adopt(struct remembered *r, struct buf *bytes, const char *path, prov_err *err)
{
	struct checkpoint c = { 0 };
	struct buf note = { 0 };
	prov_err why = { 0 };
	prov_status st;

	if (bytes->len != 0) {
		st = checkpoint_verify(&c, buf_span(bytes), &r->log, &why);
		if (st == PROV_ENOMEM)
			return (prov_fail(err, st, "%s", why.msg));
		if (st != PROV_OK)
			return (damaged(path, &why, err));
	}
	buf_put_span(&note, buf_span(bytes));
	if ((st = buf_done(&note, err)) != PROV_OK) {
		buf_free(&note);
		return (st);
	}
	buf_free(&r->note);
	buf_free(&r->stored);
	r->note = note;
	r->stored = *bytes;
	memset(bytes, 0, sizeof(*bytes));
	r->known = r->note.len != 0;
	r->at = c;
	r->moved = false;
	return (PROV_OK);
}

static prov_status
read_head(struct buf *bytes, const char *path, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st = file_read(bytes, path, NOTE_MAX, &why);

	if (st == PROV_ENOTFOUND)
		return (PROV_OK);
	if (st == PROV_OK && bytes->len == 0) {
		(void)prov_fail(&why, PROV_EFORMAT, "it is empty");
		return (damaged(path, &why, err));
	}
	if (st == PROV_ELIMIT)
		return (damaged(path, &why, err));
	return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
}

static prov_status
load_head(const struct memory *m, struct remembered *r, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	AUTO_BUF bytes = { 0 };
	prov_status st;

	if ((st = head_path(path, m, r, err)) != PROV_OK ||
	    (st = read_head(&bytes, path, err)) != PROV_OK)
		return (st);
	return (adopt(r, &bytes, path, err));
}

static prov_status
check_evidence(struct remembered *r, const char *path, prov_span bytes,
    prov_err *err)
{
	struct checkpoint at[2];
	prov_err why = { 0 };
	struct fork f;
	prov_status st;

	if ((st = fork_parse(&f, bytes, &why)) == PROV_OK)
		st = fork_verify(at, &f, &r->log, &why);
	if (st == PROV_OK)
		memcpy(r->evidence, path, strlen(path) + 1);
	else if (st == PROV_ENOMEM)
		return (prov_fail(err, st, "%s", why.msg));
	else
		return (damaged(path, &why, err));
	return (PROV_OK);
}

/* One file is enough; what a killed process left begins with a dot. */
static prov_status
load_evidence(const struct memory *m, struct remembered *r, prov_err *err)
{
	char dir[LEDGER_PATH_MAX], path[LEDGER_PATH_MAX];
	AUTO_BUF bytes = { 0 };
	struct dirent *de;
	prov_status st;
	DIR *d;

	if ((st = layout_path(dir, err, m->state, "forks/%s", r->id)) !=
	    PROV_OK)
		return (st);
	if ((d = opendir(dir)) == NULL)
		return (errno == ENOENT
			    ? PROV_OK
			    : prov_fail_errno(err, PROV_EOPEN, "%s", dir));
	do
		st = dir_next(&de, d, dir, err);
	while (st == PROV_OK && de != NULL && de->d_name[0] == '.');
	path[0] = '\0';
	if (st == PROV_OK && de != NULL)
		st = layout_path(path, err, dir, "%s", de->d_name);
	(void)closedir(d);
	if (st != PROV_OK || path[0] == '\0')
		return (st);
	if ((st = file_read(&bytes, path, FORK_MAX, err)) != PROV_OK)
		return (st);
	return (check_evidence(r, path, buf_span(&bytes), err));
}

/* What is known of a log: its files are read once. */
static prov_status
find(struct memory *m, struct remembered **out, const prov_pubkey *log,
    prov_err *err)
{
	struct remembered *r;
	prov_status st;

	for (size_t i = 0; i < m->n; i++) {
		*out = m->at[i];
		if (strcmp((*out)->log.name, log->name) == 0 &&
		    memcmp((*out)->log.key, log->key, sizeof(log->key)) == 0)
			return (PROV_OK);
	}
	if (m->n == MEMORY_LOGS_MAX)
		return (prov_fail(err, PROV_ELIMIT, "more than %d logs",
		    MEMORY_LOGS_MAX));
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	r->log = *log;
	if ((st = memory_name(r->id, log, err)) != PROV_OK ||
	    (st = load_evidence(m, r, err)) != PROV_OK ||
	    (st = load_head(m, r, err)) != PROV_OK) {
		remembered_free(r);
		return (st);
	}
	*out = m->at[m->n++] = r;
	return (PROV_OK);
}

static prov_status
take_lock(int *out, const struct memory *m, prov_err *err)
{
	const struct timespec pause = { .tv_nsec = LOCK_POLL_MS * 1000000L };
	uint64_t until = clock_ms() + LOCK_WAIT_MS;
	char path[LEDGER_PATH_MAX];
	AUTO_FD int fd = -1;
	prov_status st;

	if ((st = layout_path(path, err, m->state, "heads/lock")) != PROV_OK ||
	    (st = layout_make_parent(path, err)) != PROV_OK)
		return (st);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd == -1)
		return (prov_fail_errno(err, PROV_EWRITE, "%s", path));
	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return (prov_fail_errno(err, PROV_EWRITE, "%s", path));
		if (clock_ms() >= until)
			return (prov_fail(err, PROV_EBUSY,
			    "%s: another process held it for %d ms", path,
			    LOCK_WAIT_MS));
		(void)nanosleep(&pause, NULL);
	}
	*out = fd;
	fd = -1;
	return (PROV_OK);
}

/*
 * Writes r's note, where the file still is what it was when that note was
 * shown to follow from it. Otherwise *raced, and bytes are what is there now.
 */
static prov_status
swap(const struct memory *m, struct remembered *r, prov_span note,
    struct buf *bytes, bool *raced, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	AUTO_FD int lock = -1;
	prov_status st;

	if ((st = head_path(path, m, r, err)) != PROV_OK ||
	    (st = take_lock(&lock, m, err)) != PROV_OK ||
	    (st = read_head(bytes, path, err)) != PROV_OK)
		return (st);
	*raced = !span_eq(buf_span(bytes), buf_span(&r->stored));
	if (*raced)
		return (PROV_OK);
	bytes->len = 0;
	buf_put_span(bytes, note);
	if ((st = buf_done(bytes, err)) != PROV_OK ||
	    (st = file_write(path, note, 0644, FILE_SYNC, err)) != PROV_OK)
		return (st);
	r->written_ms = clock_ms();
	return (PROV_OK);
}

/* Remembers head, which was shown to extend what r holds. */
static prov_status
move(const struct memory *m, struct remembered *r,
    const struct signed_head *head, bool *raced, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	AUTO_BUF bytes = { 0 };
	struct buf note = { 0 };
	prov_status st;

	*raced = false;
	if (r->written_ms == 0 ||
	    clock_ms() - r->written_ms >= WRITE_INTERVAL_MS) {
		if ((st = swap(m, r, head->note, &bytes, raced, err)) !=
			PROV_OK ||
		    (st = head_path(path, m, r, err)) != PROV_OK)
			return (st);
		return (adopt(r, &bytes, path, err));
	}
	buf_put_span(&note, head->note);
	if ((st = buf_done(&note, err)) != PROV_OK) {
		buf_free(&note);
		return (st);
	}
	buf_free(&r->note);
	r->note = note;
	r->at = head->at;
	r->moved = true;
	return (PROV_OK);
}

static prov_status
accuse(const struct memory *m, struct remembered *r, prov_span evidence,
    prov_err *err)
{
	char path[LEDGER_PATH_MAX], name[17];
	uint8_t digest[32];
	prov_status st;

	if (r->evidence[0] != '\0')
		return (PROV_OK);
	if ((st = sha256_of(digest, evidence, err)) != PROV_OK)
		return (st);
	hex_encode(name, digest, 8);
	st = layout_path(path, err, m->state, "forks/%s/%s", r->id, name);
	if (st != PROV_OK || (st = layout_make_parent(path, err)) != PROV_OK ||
	    (st = file_write(path, evidence, 0644, FILE_SYNC, err)) != PROV_OK)
		return (st);
	memcpy(r->evidence, path, sizeof(path));
	return (PROV_OK);
}

/* Two heads of which the second is not the smaller. */
static prov_status
look(const struct memory *m, struct remembered *r, enum meeting *out,
    const struct signed_head *old, const struct signed_head *head,
    tree_get_fn get, void *arg, prov_err *err)
{
	AUTO_BUF evidence = { 0 };
	bool forked;
	prov_status st;

	st = fork_look(&evidence, &forked, old, head, get, arg, err);
	if (st != PROV_OK)
		return (st);
	*out = old->at.size == head->at.size ? MEETING_SAME : MEETING_GROWN;
	if (!forked)
		return (PROV_OK);
	*out = MEETING_FORK;
	return (accuse(m, r, buf_span(&evidence), err));
}

static struct signed_head
held(const struct remembered *r)
{
	return ((struct signed_head){ r->at, buf_span(&r->note) });
}

static prov_status
meet(const struct memory *m, struct remembered *r, enum meeting *out,
    const struct signed_head *head, tree_get_fn get, void *arg, bool *raced,
    prov_err *err)
{
	const struct signed_head old = held(r);
	prov_status st;

	*raced = false;
	*out = MEETING_FIRST;
	if (r->known && head->at.size < old.at.size) {
		*out = MEETING_OLDER;
		return (PROV_OK);
	}
	if (r->known &&
	    (st = look(m, r, out, &old, head, get, arg, err)) != PROV_OK)
		return (st);
	if (*out == MEETING_SAME || *out == MEETING_FORK)
		return (PROV_OK);
	return (move(m, r, head, raced, err));
}

prov_status
memory_meet(struct memory *m, enum meeting *out, const prov_pubkey *log,
    const struct signed_head *head, tree_get_fn get, void *arg, prov_err *err)
{
	struct remembered *r;
	enum meeting how = MEETING_FORK;
	bool raced = true;
	prov_status st;

	if ((st = find(m, &r, log, err)) != PROV_OK)
		return (st);
	for (int i = 0; i < MEET_TRIES && raced; i++) {
		raced = false;
		if (r->evidence[0] == '\0' &&
		    (st = meet(m, r, &how, head, get, arg, &raced, err)) !=
			PROV_OK)
			return (st);
	}
	if (raced)
		return (prov_fail(err, PROV_EBUSY,
		    "what is remembered of %s kept changing", log->name));
	*out = how;
	return (PROV_OK);
}

struct meet_op {
	struct memory *m;
	enum meeting how;
};

static prov_status
do_meet(prov_ledger *l, void *arg, prov_err *err)
{
	struct meet_op *op = arg;
	const struct signed_head head = { l->view.at, buf_span(&l->note) };

	return (memory_meet(op->m, &op->how, &l->key, &head, view_node,
	    &l->view, err));
}

prov_status
memory_meet_ledger(struct memory *m, enum meeting *out, prov_ledger *l,
    prov_err *err)
{
	struct meet_op op = { .m = m, .how = MEETING_FORK };
	prov_status st;

	if ((st = reader_do(l, do_meet, &op, err)) != PROV_OK)
		return (st);
	/* It may have grown meanwhile, and another process have seen that. */
	if (op.how == MEETING_OLDER &&
	    ((st = ledger_refresh(l, err)) != PROV_OK ||
		(st = reader_do(l, do_meet, &op, err)) != PROV_OK))
		return (st);
	*out = op.how;
	return (PROV_OK);
}

prov_status
memory_compare(struct memory *m, enum meeting *out, const prov_pubkey *log,
    const struct signed_head *head, prov_err *err)
{
	struct signed_head old;
	struct remembered *r;
	prov_status st;

	if ((st = find(m, &r, log, err)) != PROV_OK)
		return (st);
	old = held(r);
	if (r->evidence[0] != '\0')
		*out = MEETING_FORK;
	else if (!r->known)
		*out = MEETING_FIRST;
	else if (head->at.size < old.at.size)
		*out = MEETING_OLDER;
	else if (head->at.size > old.at.size)
		*out = MEETING_NEWER;
	else
		return (look(m, r, out, &old, head, NULL, NULL, err));
	return (PROV_OK);
}

prov_status
memory_recall(struct memory *m, struct signed_head *out, const prov_pubkey *log,
    prov_err *err)
{
	struct remembered *r;
	prov_status st;

	if ((st = find(m, &r, log, err)) != PROV_OK)
		return (st);
	if (!r->known)
		return (prov_fail(err, PROV_ENOTFOUND,
		    "nothing is remembered of %s", log->name));
	*out = held(r);
	return (PROV_OK);
}

prov_status
memory_accuse(struct memory *m, const prov_pubkey *log, prov_span evidence,
    prov_err *err)
{
	struct checkpoint at[2];
	struct remembered *r;
	struct fork f;
	prov_status st;

	if ((st = fork_parse(&f, evidence, err)) != PROV_OK ||
	    (st = fork_verify(at, &f, log, err)) != PROV_OK ||
	    (st = find(m, &r, log, err)) != PROV_OK)
		return (st);
	return (accuse(m, r, evidence, err));
}

const char *
memory_evidence(struct memory *m, const prov_pubkey *log)
{
	struct remembered *r;

	return (find(m, &r, log, NULL) == PROV_OK ? r->evidence : "");
}

prov_status
memory_sync(struct memory *m, prov_err *err)
{
	for (size_t i = 0; i < m->n; i++) {
		struct remembered *r = m->at[i];
		AUTO_BUF bytes = { 0 };
		bool raced;
		prov_status st;

		if (!r->moved)
			continue;
		st = swap(m, r, buf_span(&r->note), &bytes, &raced, err);
		if (st != PROV_OK)
			return (st);
		/* Another head would have to be proven: left to the next. */
		r->moved = raced;
		if (!raced) {
			buf_free(&r->stored);
			r->stored = bytes;
			memset(&bytes, 0, sizeof(bytes));
		}
	}
	return (PROV_OK);
}
