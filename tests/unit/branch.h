/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_BRANCH_H
#define PROV_TESTS_BRANCH_H

/*
 * One history of a log, in memory. Histories with the same seed up to an index
 * have the same entries up to there.
 */
#include "ledger/fork.h"
#include "logged.h"
#include "sign/note.h"

#define BRANCH_LEVELS 11
#define BRANCH_MAX    1024

struct branch {
	uint64_t size;
	uint8_t (*node[BRANCH_LEVELS])[32];
};

static inline void
branch_close(struct branch *b)
{
	for (unsigned i = 0; i < BRANCH_LEVELS; i++)
		free(b->node[i]);
	memset(b, 0, sizeof(*b));
}

static inline void
branch_open(struct branch *b)
{
	memset(b, 0, sizeof(*b));
	for (unsigned i = 0; i < BRANCH_LEVELS; i++)
		if ((b->node[i] = calloc(BRANCH_MAX >> i, 32)) == NULL)
			abort();
}

/* Adds the entry "seed/index". */
static inline void
branch_add(struct branch *b, uint64_t seed)
{
	uint8_t entry[16];
	uint64_t i = b->size++;

	if (i >= BRANCH_MAX)
		abort();
	put_be64(entry, seed);
	put_be64(entry + 8, i);
	if (tree_leaf(b->node[0][i], span(entry, sizeof(entry)), NULL) !=
	    PROV_OK)
		abort();
	for (unsigned k = 1; k < BRANCH_LEVELS && (i & 1) != 0; k++, i >>= 1)
		if (tree_node(b->node[k][i >> 1], b->node[k - 1][i - 1],
			b->node[k - 1][i], NULL) != PROV_OK)
			abort();
}

/* Entries up to size, those from index at on being of another seed. */
static inline void
branch_grow(struct branch *b, uint64_t size, uint64_t at, uint64_t seed)
{
	while (b->size < size)
		branch_add(b, b->size < at ? 0 : seed);
}

/* A tree_get_fn. */
static inline prov_status
branch_get(void *arg, unsigned level, uint64_t index, uint8_t out[32],
    prov_err *err)
{
	const struct branch *b = arg;

	if (level >= BRANCH_LEVELS || index >= b->size >> level)
		return (prov_fail(err, PROV_ENOTFOUND, "no such node"));
	memcpy(out, b->node[level][index], 32);
	return (PROV_OK);
}

/* Its checkpoint at a size, signed; note has to be freed. */
static inline void
branch_sign(struct buf *note, struct signed_head *head, struct branch *b,
    uint64_t size, const prov_key *log)
{
	AUTO_BUF text = { 0 };

	memset(head, 0, sizeof(*head));
	snprintf(head->at.origin, sizeof(head->at.origin), "%s",
	    prov_key_public(log)->name);
	head->at.size = size;
	if (tree_range_root(head->at.root, 0, size, branch_get, b, NULL) !=
	    PROV_OK)
		abort();
	checkpoint_text(&text, &head->at);
	note->len = 0;
	if (note_sign(note, log, buf_span(&text), NULL) != PROV_OK)
		abort();
	head->note = buf_span(note);
}

/* Two histories that part at entry 7, with checkpoints at 10 and at 12. */
struct branches {
	struct branch at[2];
	struct buf note[2];
	struct signed_head head[2];
};

static inline void
branches_open(struct branches *f, const prov_key *log)
{
	memset(f, 0, sizeof(*f));
	for (size_t i = 0; i < 2; i++) {
		branch_open(&f->at[i]);
		branch_grow(&f->at[i], 12, 7, i);
		branch_sign(&f->note[i], &f->head[i], &f->at[i], 10 + 2 * i,
		    log);
	}
}

static inline void
branches_close(struct branches *f)
{
	for (size_t i = 0; i < 2; i++) {
		branch_close(&f->at[i]);
		buf_free(&f->note[i]);
	}
}

#endif
