/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ledger/writer.h"
#include "sign/note.h"

/* The merged note, which the log's own signature still opens. */
static prov_status
merge(struct buf *out, const prov_ledger *l, prov_span note, prov_span lines,
    const struct checkpoint *at, prov_err *err)
{
	struct checkpoint c;
	prov_status st;

	if ((st = note_merge(out, note, lines, err)) != PROV_OK ||
	    (st = checkpoint_verify(&c, buf_span(out), &l->key, err)) !=
		PROV_OK)
		return (st);
	if (c.size != at->size || memcmp(c.root, at->root, 32) != 0)
		return (prov_fail(err, PROV_EINTERNAL,
		    "cosignatures of another checkpoint"));
	return (PROV_OK);
}

/* The newest checkpoint of all: others may have put cosignatures there, too. */
static prov_status
cosign_head(prov_ledger *l, prov_span lines, prov_err *err)
{
	struct writer *w = l->writer;
	const struct publisher p = { .dir = l->dir };
	AUTO_BUF note = { 0 };
	prov_status st;

	st = merge(&note, l, buf_span(&w->state.note), lines, &w->at, err);
	if (st != PROV_OK || (st = w->ops->note(w->store, w->at.size,
				  buf_span(&note), &w->dead, err)) != PROV_OK)
		return (st);
	w->unsynced = true;
	if ((st = publish_checkpoint(&p, buf_span(&note), err)) != PROV_OK ||
	    (st = reader_stand(l, &w->at, buf_span(&note), err)) != PROV_OK)
		return (st);
	buf_free(&w->state.note);
	w->state.note = note;
	memset(&note, 0, sizeof(note));
	return (PROV_OK);
}

/* The log went on: what was cosigned is kept where it still is of use. */
static prov_status
cosign_older(prov_ledger *l, prov_span lines, prov_err *err)
{
	struct writer *w = l->writer;
	struct checkpoint at = l->view.at;
	AUTO_BUF note = { 0 };
	prov_status st;

	st = merge(&note, l, buf_span(&l->note), lines, &at, err);
	if (st != PROV_OK)
		return (st);
	st = w->ops->note(w->store, at.size, buf_span(&note), &w->dead, err);
	if (st != PROV_OK && st != PROV_ENOTFOUND)
		return (st);
	if (err != NULL)
		prov_err_clear(err);
	return (reader_stand(l, &at, buf_span(&note), err));
}

prov_status
writer_cosign(prov_ledger *l, prov_span lines, unsigned wait_ms, prov_err *err)
{
	struct writer *w = l->writer;
	prov_status st;

	if ((st = reader_ready(l, err)) != PROV_OK ||
	    (st = writer_enter(l, wait_ms, err)) != PROV_OK)
		return (st);
	st = w->at.size == l->view.at.size ? cosign_head(l, lines, err)
	                                   : cosign_older(l, lines, err);
	writer_leave(l);
	return (st);
}
