/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/text.h"
#include "ledger/fork.h"
#include "prov/ledger.h"

static const char FORK_HEADER[] = "prov-fork/1";

static void
put_hash(struct buf *b, const uint8_t hash[32])
{
	base64_put(b, span(hash, 32));
	buf_put_byte(b, '\n');
}

void
fork_encode(struct buf *b, const struct fork *f)
{
	buf_printf(b, "%s\n%zu %zu\n", FORK_HEADER, f->note[0].len,
	    f->note[1].len);
	if (f->grown)
		put_hash(b, f->root);
	for (size_t i = 0; f->grown && i < f->n; i++)
		put_hash(b, f->path + 32 * i);
	buf_put_byte(b, '\n');
	buf_put_span(b, f->note[0]);
	buf_put_span(b, f->note[1]);
}

static prov_status
malformed(prov_err *err, const char *what)
{
	return (prov_fail(err, PROV_EFORMAT, "fork evidence: %s", what));
}

static prov_status
take_lengths(uint64_t len[2], prov_span *text, prov_err *err)
{
	prov_span line;
	const uint8_t *space;
	size_t at;

	if (!text_line(text, &line) ||
	    !span_eq(line, span(FORK_HEADER, sizeof(FORK_HEADER) - 1)))
		return (malformed(err, "the first line is not prov-fork/1"));
	if (!text_line(text, &line) || line.len == 0 ||
	    (space = memchr(line.p, ' ', line.len)) == NULL)
		return (malformed(err, "no line of two lengths"));
	at = (size_t)(space - line.p);
	if (!u64_decode(&len[0], (const char *)line.p, at) ||
	    !u64_decode(&len[1], (const char *)space + 1, line.len - at - 1) ||
	    len[0] > NOTE_MAX || len[1] > NOTE_MAX)
		return (malformed(err, "no line of two lengths"));
	return (PROV_OK);
}

static prov_status
take_hash(uint8_t out[32], prov_span line, prov_err *err)
{
	return (base64_hash(out, line) ? PROV_OK
				       : malformed(err, "a hash is malformed"));
}

/* The lines up to the empty one. */
static prov_status
take_hashes(struct fork *f, prov_span *text, prov_err *err)
{
	prov_span line;
	prov_status st;

	for (;;) {
		if (!text_line(text, &line))
			return (malformed(err, "no empty line"));
		if (line.len == 0)
			return (PROV_OK);
		if (f->n == FORK_PATH_MAX)
			return (malformed(err, "too many hashes"));
		st = take_hash(f->grown ? f->path + 32 * f->n : f->root, line,
		    err);
		if (st != PROV_OK)
			return (st);
		f->n += f->grown;
		f->grown = true;
	}
}

prov_status
fork_parse(struct fork *out, prov_span bytes, prov_err *err)
{
	struct fork f = { 0 };
	uint64_t len[2];
	prov_status st;

	if (bytes.len > FORK_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "fork evidence: %zu bytes, more than %lu", bytes.len,
		    FORK_MAX));
	if ((st = take_lengths(len, &bytes, err)) != PROV_OK ||
	    (st = take_hashes(&f, &bytes, err)) != PROV_OK)
		return (st);
	if (bytes.len != len[0] + len[1])
		return (malformed(err, "the notes are not that long"));
	f.note[0] = span(bytes.p, len[0]);
	f.note[1] = span(bytes.p + len[0], len[1]);
	*out = f;
	return (PROV_OK);
}

/*
 * The proof must tie f's root to the larger tree. By RFC 9162 it then is that
 * tree's root at the smaller size, and no other one is.
 */
static prov_status
check_growth(const struct fork *f, const struct checkpoint at[2], prov_err *err)
{
	prov_status st;

	if (!f->grown || at[0].size == 0)
		return (malformed(err, "sizes differ, but nothing is proven"));
	st = tree_consistency_verify(at[0].size, at[1].size, f->root,
	    at[1].root, f->path, f->n, err);
	if (st != PROV_OK)
		return (st);
	if (memcmp(f->root, at[0].root, 32) == 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "fork evidence: size %llu extends size %llu",
		    (unsigned long long)at[1].size,
		    (unsigned long long)at[0].size));
	return (PROV_OK);
}

prov_status
fork_verify(struct checkpoint at[2], const struct fork *f,
    const prov_pubkey *log, prov_err *err)
{
	struct checkpoint c[2];
	prov_status st;

	for (size_t i = 0; i < 2; i++)
		if ((st = checkpoint_verify(&c[i], f->note[i], log, err)) !=
		    PROV_OK)
			return (prov_wrap(err, st, "fork evidence"));
	if (c[0].size > c[1].size)
		return (malformed(err, "the larger tree is first"));
	if (c[0].size < c[1].size) {
		if ((st = check_growth(f, c, err)) != PROV_OK)
			return (st);
	} else if (f->grown) {
		return (malformed(err, "a proof between equal sizes"));
	} else if (memcmp(c[0].root, c[1].root, 32) == 0) {
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "fork evidence: both checkpoints are of one tree"));
	}
	memcpy(at, c, sizeof(c));
	return (PROV_OK);
}

static prov_status
prove(struct fork *f, const struct signed_head *old,
    const struct signed_head *head, tree_get_fn get, void *arg, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	f->grown = true;
	if ((st = tree_range_root(f->root, 0, old->at.size, get, arg, err)) !=
		PROV_OK ||
	    (st = tree_consistency_path(f->path, &f->n, old->at.size,
		 head->at.size, get, arg, err)) != PROV_OK)
		return (st);
	st = tree_consistency_verify(old->at.size, head->at.size, f->root,
	    head->at.root, f->path, f->n, &why);
	if (st == PROV_EUNTRUSTED)
		return (prov_fail(err, st,
		    "ledger.invalid: the tiles at size %llu do not give the "
		    "checkpoint's root",
		    (unsigned long long)head->at.size));
	return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
}

prov_status
fork_look(struct buf *evidence, bool *forked, const struct signed_head *old,
    const struct signed_head *head, tree_get_fn get, void *arg, prov_err *err)
{
	struct fork f = { .note = { old->note, head->note } };
	const uint8_t *root = head->at.root;
	prov_status st;

	*forked = false;
	if (old->at.size > head->at.size)
		return (prov_fail(err, PROV_EINTERNAL, "the older is larger"));
	if (old->at.size == 0)
		return (PROV_OK); /* every tree extends the empty one */
	if (old->at.size < head->at.size) {
		if ((st = prove(&f, old, head, get, arg, err)) != PROV_OK)
			return (st);
		root = f.root;
	}
	if (memcmp(root, old->at.root, 32) == 0)
		return (PROV_OK);
	fork_encode(evidence, &f);
	*forked = true;
	return (buf_done(evidence, err));
}

prov_status
prov_ledger_fork(const prov_pubkey *log, prov_span evidence, uint64_t sizes[2],
    prov_err *err)
{
	struct checkpoint at[2];
	struct fork f;
	prov_status st;

	if ((st = fork_parse(&f, evidence, err)) != PROV_OK ||
	    (st = fork_verify(at, &f, log, err)) != PROV_OK)
		return (st);
	sizes[0] = at[0].size;
	sizes[1] = at[1].size;
	return (PROV_OK);
}
