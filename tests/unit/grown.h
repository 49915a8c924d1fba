/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_GROWN_H
#define PROV_TESTS_GROWN_H

/*
 * A log in memory whose leaves are numbers, as a witness sees it: signed
 * checkpoints of any size, and the proofs between them. From leaf fork on, a
 * second history is another one.
 */
#include "hash/tree.h"
#include "logged.h"
#include "sign/note.h"
#include "witness/submission.h"

#define GROWN_MAX 64

struct grown {
	prov_key *key;
	uint64_t fork; /* GROWN_MAX: none */
	uint8_t leaf[GROWN_MAX][32];
};

static inline bool
grown_open(struct grown *g, const char *name, uint8_t seed, uint64_t fork)
{
	g->key = logged_key(name, seed);
	g->fork = fork;
	for (uint64_t i = 0; i < GROWN_MAX; i++)
		logged_digest(g->leaf[i], i, i < fork ? 'l' : 'm');
	return (g->key != NULL);
}

static inline void
grown_close(struct grown *g)
{
	prov_key_free(g->key);
}

/* A tree_get_fn. */
static inline prov_status
grown_node(void *arg, unsigned level, uint64_t index, uint8_t out[32],
    prov_err *err)
{
	const struct grown *g = arg;

	return (
	    tree_root(out, g->leaf[index << level], UINT64_C(1) << level, err));
}

static inline bool
grown_checkpoint(struct checkpoint *c, const struct grown *g, uint64_t size)
{
	memset(c, 0, sizeof(*c));
	snprintf(c->origin, sizeof(c->origin), "%s",
	    prov_key_public(g->key)->name);
	c->size = size;
	return (tree_root(c->root, g->leaf[0], size, NULL) == PROV_OK);
}

/* The signed checkpoint of a size, appended. */
static inline bool
grown_note(struct buf *b, const struct grown *g, uint64_t size)
{
	struct checkpoint c;
	AUTO_BUF text = { 0 };

	if (!grown_checkpoint(&c, g, size))
		return (false);
	checkpoint_text(&text, &c);
	return (note_sign(b, g->key, buf_span(&text), NULL) == PROV_OK);
}

/* What add-checkpoint takes to get from old to size, in place of b. */
static inline bool
grown_submit(struct buf *b, struct grown *g, uint64_t old, uint64_t size)
{
	uint8_t path[(TREE_PATH_MAX + 1) * 32];
	AUTO_BUF note = { 0 };
	size_t n = 0;

	if (!grown_note(&note, g, size) ||
	    (old != 0 && old < size &&
		tree_consistency_path(path, &n, old, size, grown_node, g,
		    NULL) != PROV_OK))
		return (false);
	b->len = 0;
	submission_encode(b, old, path, n, buf_span(&note));
	return (!b->failed);
}

#endif
