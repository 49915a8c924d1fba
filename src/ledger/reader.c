/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "hash/digest.h"
#include "ledger/blob.h"
#include "ledger/fork.h"
#include "ledger/layout.h"
#include "ledger/reader.h"
#include "sign/note.h"
#include "sign/statement.h"

/*
 * How often a file may be gone before that is held against the ledger: runs of
 * the index are merged while a reader that waits for the processor looks on.
 */
#define GONE_MAX 16

/* A checkpoint's file that seems to be the same is read again after this. */
#define FOLLOW_MS 1000

prov_status
reader_new(prov_ledger **out, const char *dir, const prov_pubkey *key,
    prov_err *err)
{
	AUTO(prov_ledger) *l = calloc(1, sizeof(*l));
	prov_status st;

	if (l == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	l->key = *key;
	l->dir_fd = -1;
	if ((l->dir = realpath(dir, NULL)) == NULL)
		return (prov_fail_errno(err, PROV_ENOTFOUND,
		    "no ledger at %s; prov init makes one", dir));
	if ((st = view_init(&l->view, l->dir, err)) != PROV_OK)
		return (st);
	l->dir_fd = open(l->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*out = TAKE(l);
	return (PROV_OK);
}

void
prov_ledger_close(prov_ledger *l)
{
	if (l == NULL)
		return;
	if (l->writer_close != NULL)
		l->writer_close(l);
	view_clear(&l->view);
	index_clear(&l->index);
	buf_free(&l->note);
	if (l->dir_fd >= 0)
		(void)close(l->dir_fd);
	free(l->dir);
	free(l);
}

prov_status
reader_stand(prov_ledger *l, const struct checkpoint *at, prov_span note,
    prov_err *err)
{
	struct buf copy = { 0 };
	prov_status st;

	buf_put_span(&copy, note);
	if ((st = buf_done(&copy, err)) != PROV_OK) {
		buf_free(&copy);
		return (st);
	}
	buf_free(&l->note);
	l->note = copy;
	view_move(&l->view, at);
	return (PROV_OK);
}

/* Whether the tree at the new checkpoint begins with the one at the old. */
static prov_status
check_growth(prov_ledger *l, const struct checkpoint *old, prov_err *err)
{
	const struct checkpoint *at = &l->view.at;
	uint8_t root[32];
	prov_status st;

	if (at->size < old->size)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: the checkpoint went back from %llu "
		    "entries to %llu",
		    (unsigned long long)old->size,
		    (unsigned long long)at->size));
	if (at->size == old->size)
		memcpy(root, at->root, sizeof(root));
	else if (old->size == 0)
		return (PROV_OK);
	else if ((st = tree_range_root(root, 0, old->size, view_node, &l->view,
		      err)) != PROV_OK)
		return (st);
	if (memcmp(root, old->root, sizeof(root)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: the checkpoint of %llu entries does not "
		    "extend the one of %llu",
		    (unsigned long long)at->size,
		    (unsigned long long)old->size));
	return (PROV_OK);
}

prov_status
reader_verify(const prov_pubkey *key, struct checkpoint *c, prov_span note,
    prov_err *err)
{
	prov_err why = { 0 };
	prov_span text;
	prov_status st;

	st = note_parse(&text, note, NULL);
	if (st == PROV_ENOMEM)
		return (prov_fail(err, st, LEDGER_CHECKPOINT));
	if (st == PROV_OK && checkpoint_parse(c, text, NULL) == PROV_OK &&
	    strcmp(c->origin, key->name) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.untrusted: the log is %s, not %s", c->origin,
		    key->name));
	st = checkpoint_verify(c, note, key, &why);
	if (st == PROV_OK || st == PROV_ENOMEM || st == PROV_EINTERNAL)
		return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
	return (prov_fail(err, PROV_EUNTRUSTED,
	    "ledger.invalid: " LEDGER_CHECKPOINT ": %s", why.msg));
}

/* Passes a failure on; a file that a checkpoint needs must not be gone. */
static prov_status
gone_is_bad(prov_status st, const prov_err *why, prov_err *err)
{
	if (st == PROV_ENOTFOUND)
		return (prov_fail(err, PROV_EUNTRUSTED, "ledger.invalid: %s",
		    why->msg));
	return (st == PROV_OK ? st : prov_fail(err, st, "%s", why->msg));
}

/* Moves to another checkpoint, or back to the old one where it is no good. */
static prov_status
move(prov_ledger *l, prov_span note, prov_err *err)
{
	struct checkpoint old = l->view.at, c;
	struct tile **kept;
	prov_err why = { 0 };
	prov_status st;

	if ((st = reader_verify(&l->key, &c, note, err)) != PROV_OK)
		return (st);
	view_leave(&l->view, &c, &kept);
	if (l->note.len != 0 && (st = check_growth(l, &old, &why)) != PROV_OK) {
		view_drop(&kept);
		view_move(&l->view, &old);
		return (gone_is_bad(st, &why, err));
	}
	if ((st = reader_stand(l, &c, note, err)) == PROV_OK)
		view_keep(&l->view, &kept);
	view_drop(&kept);
	return (st);
}

static int64_t
clock_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

/* Reads the checkpoint's file, and notes which one that was. */
static prov_status
read_note(prov_ledger *l, struct buf *note, const char *path, prov_err *err)
{
	AUTO_FD int fd = -1;
	int64_t now = clock_ms();
	struct stat sb;
	prov_status st;

	l->seen_ms = 0;
	if ((st = file_open(&fd, &sb, path, err)) != PROV_OK ||
	    (st = fd_read(note, fd, NOTE_MAX, err)) != PROV_OK)
		return (st);
	l->seen = sb;
	l->seen_ms = now;
	return (PROV_OK);
}

prov_status
ledger_refresh(prov_ledger *l, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	prov_err why = { 0 };
	AUTO_BUF note = { 0 };
	prov_status st;

	if ((st = layout_path(path, err, l->dir, LEDGER_CHECKPOINT)) != PROV_OK)
		return (st);
	st = read_note(l, &note, path, &why);
	if (st == PROV_ENOTFOUND)
		return (prov_fail(err, st,
		    "no ledger in %s; prov init makes one", l->dir));
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	if (note.len != 0 && span_eq(buf_span(&note), buf_span(&l->note)))
		return (PROV_OK);
	return (move(l, buf_span(&note), err));
}

/*
 * A file that was replaced is told by what it is, or a second later, as is a
 * directory. What cannot be told is read.
 */
prov_status
ledger_follow(prov_ledger *l, prov_err *err)
{
	struct stat sb;

	if (l->note.len != 0 && l->seen_ms != 0 &&
	    clock_ms() - l->seen_ms < FOLLOW_MS &&
	    fstatat(l->dir_fd, LEDGER_CHECKPOINT, &sb, 0) == 0 &&
	    stat_same(&sb, &l->seen))
		return (PROV_OK);
	return (ledger_refresh(l, err));
}

prov_status
reader_ready(prov_ledger *l, prov_err *err)
{
	return (l->note.len != 0 ? PROV_OK : ledger_refresh(l, err));
}

prov_status
prov_ledger_open(prov_ledger **out, const char *dir, const prov_pubkey *log,
    prov_err *err)
{
	AUTO(prov_ledger) *l = NULL;
	prov_status st;

	if ((st = reader_new(&l, dir, log, err)) != PROV_OK ||
	    (st = ledger_refresh(l, err)) != PROV_OK)
		return (st);
	*out = TAKE(l);
	return (PROV_OK);
}

prov_status
reader_do(prov_ledger *l, reader_op op, void *arg, prov_err *err)
{
	prov_err gone = { 0 };
	prov_status st;

	if ((st = reader_ready(l, err)) != PROV_OK)
		return (st);
	st = op(l, arg, &gone);
	for (unsigned i = 0; i < GONE_MAX && st == PROV_ENOTFOUND; i++) {
		if ((st = ledger_refresh(l, err)) != PROV_OK)
			return (st);
		prov_err_clear(&gone);
		st = op(l, arg, &gone);
	}
	return (gone_is_bad(st, &gone, err));
}

const char *
prov_ledger_origin(const prov_ledger *l)
{
	return (l->key.name);
}

prov_status
ledger_cosign(prov_ledger *l, prov_span lines, unsigned wait_ms, prov_err *err)
{
	if (l->writer_cosign == NULL)
		return (prov_fail(err, PROV_EARG,
		    "the ledger was opened for reading"));
	return (l->writer_cosign(l, lines, wait_ms, err));
}

prov_span
ledger_note(const prov_ledger *l)
{
	return (buf_span(&l->note));
}

prov_status
prov_ledger_checkpoint(prov_ledger *l, uint64_t *size, uint8_t root[32],
    char **note, prov_err *err)
{
	AUTO_BUF copy = { 0 };
	prov_status st;

	if ((st = reader_ready(l, err)) != PROV_OK)
		return (st);
	if (note != NULL) {
		buf_put_span(&copy, buf_span(&l->note));
		if ((st = buf_take_str(&copy, note, err)) != PROV_OK)
			return (st);
	}
	if (size != NULL)
		*size = l->view.at.size;
	if (root != NULL)
		memcpy(root, l->view.at.root, 32);
	return (PROV_OK);
}

struct entry_op {
	uint64_t i;
	struct buf *out;
};

static prov_status
check_index(const prov_ledger *l, uint64_t i, prov_err *err)
{
	if (i < l->view.at.size)
		return (PROV_OK);
	return (prov_fail(err, PROV_EARG, "no entry %llu: the log has %llu",
	    (unsigned long long)i, (unsigned long long)l->view.at.size));
}

static prov_status
do_entry(prov_ledger *l, void *arg, prov_err *err)
{
	struct entry_op *op = arg;
	prov_status st;

	if ((st = check_index(l, op->i, err)) != PROV_OK)
		return (st);
	op->out->len = 0;
	return (view_entry(&l->view, op->i, op->out, err));
}

prov_status
prov_ledger_entry(prov_ledger *l, uint64_t i, uint8_t **bytes, size_t *len,
    prov_err *err)
{
	AUTO_BUF b = { 0 };
	struct entry_op op = { .i = i, .out = &b };
	prov_status st;

	if ((st = reader_do(l, do_entry, &op, err)) != PROV_OK)
		return (st);
	return (buf_take(&b, bytes, len, err));
}

prov_status
ledger_entry_proven(prov_ledger *l, uint64_t index, struct buf *statement,
    struct checkpoint *at, prov_err *err)
{
	AUTO_BUF b = { 0 };
	struct entry_op op = { .i = index, .out = &b };
	prov_status st;

	if ((st = reader_do(l, do_entry, &op, err)) != PROV_OK)
		return (st);
	buf_free(statement);
	*statement = b;
	memset(&b, 0, sizeof(b));
	*at = l->view.at;
	return (PROV_OK);
}

/* Ends with what a client would do, before the proof goes out. */
static prov_status
do_prove(prov_ledger *l, void *arg, prov_err *err)
{
	struct entry_op *op = arg;
	const struct checkpoint *at = &l->view.at;
	struct proof p = { .index = op->i, .note = buf_span(&l->note) };
	uint8_t leaf[32], root[32];
	prov_status st;

	if ((st = check_index(l, op->i, err)) != PROV_OK ||
	    (st = tree_inclusion_path(p.path, &p.n, op->i, at->size, view_node,
		 &l->view, err)) != PROV_OK ||
	    (st = view_leaf(&l->view, op->i, leaf, err)) != PROV_OK ||
	    (st = tree_inclusion_root(root, leaf, op->i, at->size, p.path, p.n,
		 err)) != PROV_OK)
		return (st);
	if (memcmp(root, at->root, sizeof(root)) != 0)
		return (prov_fail(err, PROV_EINTERNAL,
		    "the proof of entry %llu does not verify",
		    (unsigned long long)op->i));
	op->out->len = 0;
	proof_encode(op->out, &p);
	return (buf_done(op->out, err));
}

prov_status
reader_prove(prov_ledger *l, uint64_t i, struct buf *out, prov_err *err)
{
	struct entry_op op = { .i = i, .out = out };

	return (reader_do(l, do_prove, &op, err));
}

prov_status
prov_ledger_prove(prov_ledger *l, uint64_t i, char **proof, prov_err *err)
{
	AUTO_BUF b = { 0 };
	prov_status st;

	if ((st = reader_prove(l, i, &b, err)) != PROV_OK)
		return (st);
	return (buf_take_str(&b, proof, err));
}

struct root_op {
	uint64_t size;
	uint8_t *root;
};

static prov_status
do_root(prov_ledger *l, void *arg, prov_err *err)
{
	struct root_op *op = arg;

	if (op->size > l->view.at.size)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: %llu entries, and not the %llu that it "
		    "had once",
		    (unsigned long long)l->view.at.size,
		    (unsigned long long)op->size));
	if (op->size == l->view.at.size) {
		memcpy(op->root, l->view.at.root, 32);
		return (PROV_OK);
	}
	return (
	    tree_range_root(op->root, 0, op->size, view_node, &l->view, err));
}

prov_status
ledger_root_at(prov_ledger *l, uint64_t size, uint8_t root[32], prov_err *err)
{
	struct root_op op = { size, root };
	prov_status st;

	if ((st = reader_ready(l, err)) != PROV_OK)
		return (st);
	return (reader_do(l, do_root, &op, err));
}

struct consistency_op {
	uint64_t from, to;
	uint8_t *path;
	size_t n;
};

static prov_status
do_consistency(prov_ledger *l, void *arg, prov_err *err)
{
	struct consistency_op *op = arg;

	if (op->from > op->to || op->to > l->view.at.size)
		return (prov_fail(err, PROV_EARG,
		    "sizes %llu and %llu: the log has %llu entries",
		    (unsigned long long)op->from, (unsigned long long)op->to,
		    (unsigned long long)l->view.at.size));
	op->n = 0;
	if (op->from == 0 || op->from == op->to)
		return (PROV_OK);
	return (tree_consistency_path(op->path, &op->n, op->from, op->to,
	    view_node, &l->view, err));
}

prov_status
prov_ledger_consistency(prov_ledger *l, uint64_t from, uint64_t to,
    uint8_t **hashes, size_t *n, prov_err *err)
{
	/* One hash more than an inclusion proof may have. */
	AUTO_FREE uint8_t *path = malloc((TREE_PATH_MAX + 1) * 32);
	struct consistency_op op = { .from = from, .to = to, .path = path };
	prov_status st;

	if (path == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	if ((st = reader_do(l, do_consistency, &op, err)) != PROV_OK)
		return (st);
	*hashes = TAKE(path);
	*n = op.n;
	return (PROV_OK);
}

const prov_pubkey *
ledger_key(const prov_ledger *l)
{
	return (&l->key);
}

struct look_op {
	const struct signed_head *old;
	struct buf *evidence;
	bool forked;
};

static prov_status
do_look(prov_ledger *l, void *arg, prov_err *err)
{
	struct look_op *op = arg;
	const struct signed_head head = { l->view.at, buf_span(&l->note) };

	op->evidence->len = 0;
	return (fork_look(op->evidence, &op->forked, op->old, &head, view_node,
	    &l->view, err));
}

prov_status
ledger_look(prov_ledger *l, const struct signed_head *old, struct buf *evidence,
    bool *forked, prov_err *err)
{
	struct look_op op = { .old = old, .evidence = evidence };
	prov_status st;

	if ((st = reader_do(l, do_look, &op, err)) != PROV_OK)
		return (st);
	*forked = op.forked;
	return (PROV_OK);
}

prov_status
ledger_blob(prov_ledger *l, const uint8_t sha256[32], struct buf *out,
    prov_err *err)
{
	return (blob_read(out, l->dir, sha256, err));
}

prov_status
ledger_openings(prov_ledger *l, const uint8_t statement[32], struct buf *out,
    prov_err *err)
{
	return (openings_read(out, l->dir, statement, err));
}
