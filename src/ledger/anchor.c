/* SPDX-License-Identifier: ISC */
#include "ledger/anchor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ledger/layout.h"
#include "ledger/memory.h"
#include "sign/note.h"

struct anchor {
	prov_pubkey log;
	char path[LEDGER_PATH_MAX];
	char fresh[LEDGER_PATH_MAX]; /* path.new */
	bool moved;                  /* what is in fresh is not yet in path */
	struct buf fits; /* the note that the log was last shown to extend */
};

prov_status
anchor_open(struct anchor **out, const char *state, const prov_pubkey *log,
    prov_err *err)
{
	struct anchor *a = calloc(1, sizeof(*a));
	char id[MEMORY_ID_LEN + 1];
	prov_status st;

	if (a == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	a->log = *log;
	if ((st = memory_name(id, log, err)) != PROV_OK ||
	    (st = layout_path(a->path, err, state, "anchors/%s", id)) !=
		PROV_OK ||
	    (st = layout_path(a->fresh, err, state, "anchors/%s.new", id)) !=
		PROV_OK ||
	    (st = layout_make_parent(a->path, err)) != PROV_OK) {
		free(a);
		return (st);
	}
	*out = a;
	return (PROV_OK);
}

void
anchor_free(struct anchor *a)
{
	if (a == NULL)
		return;
	buf_free(&a->fits);
	free(a);
}

/* A note in a file: *valid where it is there, whole and signed by the log. */
static prov_status
read_note(const struct anchor *a, const char *path, struct buf *note,
    struct checkpoint *c, bool *there, bool *valid, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st = file_read(note, path, NOTE_MAX, &why);

	*there = st != PROV_ENOTFOUND;
	*valid = false;
	if (st == PROV_ENOTFOUND || st == PROV_ELIMIT)
		return (PROV_OK);
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	st = checkpoint_verify(c, buf_span(note), &a->log, NULL);
	*valid = st == PROV_OK;
	return (
	    st == PROV_ENOMEM ? prov_fail(err, st, "out of memory") : PROV_OK);
}

static void
take(struct buf *out, struct buf *from)
{
	buf_free(out);
	*out = *from;
	memset(from, 0, sizeof(*from));
}

/* The anchor that counts; an empty note: none was ever written. */
static prov_status
load(const struct anchor *a, struct buf *note, struct checkpoint *c,
    prov_err *err)
{
	AUTO_BUF one = { 0 }, two = { 0 };
	struct checkpoint old = { 0 }, fresh = { 0 };
	bool there[2], valid[2];
	prov_status st;

	if ((st = read_note(a, a->path, &one, &old, &there[0], &valid[0],
		 err)) != PROV_OK ||
	    (st = read_note(a, a->fresh, &two, &fresh, &there[1], &valid[1],
		 err)) != PROV_OK)
		return (st);
	if ((there[0] && !valid[0]) || (!there[0] && there[1] && !valid[1]))
		return (prov_fail(err, PROV_EOPEN,
		    "%s: the anchor of %s is damaged; nothing is signed before "
		    "prov ledger check and a look at published copies have "
		    "shown that no entry is missing, and that file is removed",
		    there[0] ? a->path : a->fresh, a->log.name));
	if (valid[1] && (!valid[0] || fresh.size >= old.size)) {
		*c = fresh;
		take(note, &two);
	} else if (valid[0]) {
		*c = old;
		take(note, &one);
	}
	return (PROV_OK);
}

static prov_status
rolled_back(const struct anchor *a, const struct checkpoint *c, uint64_t size,
    prov_err *err)
{
	return (prov_fail(err, PROV_EUNTRUSTED,
	    "the ledger has %llu entries%s, and %s signed %llu: it is an old "
	    "copy, and nothing was signed; prov ledger recover --from brings "
	    "the "
	    "rest back from where it was published or cloned to (anchor: %s)",
	    (unsigned long long)size,
	    size < c->size ? "" : " of another history", a->log.name,
	    (unsigned long long)c->size, a->path));
}

prov_status
anchor_compare(struct anchor *a, const struct checkpoint *at, bool *open,
    prov_err *err)
{
	AUTO_BUF note = { 0 };
	struct checkpoint c = { 0 };
	prov_status st;

	*open = false;
	if ((st = load(a, &note, &c, err)) != PROV_OK || note.len == 0)
		return (st);
	if (c.size > at->size ||
	    (c.size == at->size && memcmp(c.root, at->root, 32) != 0))
		return (rolled_back(a, &c, at->size, err));
	*open = c.size != 0 && c.size < at->size &&
	        !span_eq(buf_span(&note), buf_span(&a->fits));
	if (c.size == at->size)
		take(&a->fits, &note);
	return (PROV_OK);
}

prov_status
anchor_check(struct anchor *a, prov_ledger *l, prov_err *err)
{
	AUTO_BUF note = { 0 }, evidence = { 0 };
	struct signed_head old = { 0 };
	bool forked, open;
	prov_status st;

	if ((st = anchor_compare(a, &l->view.at, &open, err)) != PROV_OK ||
	    !open || (st = load(a, &note, &old.at, err)) != PROV_OK)
		return (st);
	old.note = buf_span(&note);
	if ((st = ledger_look(l, &old, &evidence, &forked, err)) != PROV_OK)
		return (st);
	if (forked)
		return (rolled_back(a, &old.at, l->view.at.size, err));
	take(&a->fits, &note);
	return (PROV_OK);
}

prov_status
anchor_write(struct anchor *a, prov_span note, prov_err *err)
{
	AUTO_BUF copy = { 0 };
	prov_status st;

	if (span_eq(note, buf_span(&a->fits)))
		return (PROV_OK);
	buf_put_span(&copy, note);
	if ((st = buf_done(&copy, err)) != PROV_OK ||
	    (st = file_write(a->fresh, note, 0644, 0, err)) != PROV_OK)
		return (st);
	take(&a->fits, &copy);
	a->moved = true;
	return (PROV_OK);
}

prov_status
anchor_settle(struct anchor *a, const char *dir, prov_err *err)
{
	struct stat here, there;
	prov_status st;

	if (!a->moved)
		return (PROV_OK);
	if (stat(dir, &here) == -1 || stat(a->fresh, &there) == -1)
		return (prov_fail_errno(err, PROV_EWRITE, "%s", a->fresh));
	if (here.st_dev != there.st_dev) {
		st = file_write(a->path, buf_span(&a->fits), 0644, FILE_SYNC,
		    err);
		if (st != PROV_OK)
			return (st);
	} else if (rename(a->fresh, a->path) == -1) {
		return (prov_fail_errno(err, PROV_EWRITE, "%s", a->path));
	}
	a->moved = false;
	return (PROV_OK);
}
