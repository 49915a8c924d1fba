/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_SMALL_H
#define PROV_TESTS_SMALL_H

/* A log of SMALL_N entries "0" to "6", and its signed checkpoint. */
#include "ledger/proof.h"
#include "logged.h"
#include "sign/note.h"

#define SMALL_N 7 /* the last has a path of its own length */

struct small {
	prov_key *log;
	uint8_t leaf[SMALL_N][32], root[32];
	struct buf note;
};

static inline void
small_open(struct small *s)
{
	struct checkpoint c = { .origin = LOG_NAME, .size = SMALL_N };
	AUTO_BUF text = { 0 };
	prov_err err = { 0 };

	memset(s, 0, sizeof(*s));
	s->log = logged_key(LOG_NAME, 1);
	assert_non_null(s->log);
	for (unsigned i = 0; i < SMALL_N; i++) {
		const uint8_t entry = (uint8_t)('0' + i);

		assert_int_equal(PROV_OK,
		    tree_leaf(s->leaf[i], span(&entry, 1), &err));
	}
	assert_int_equal(PROV_OK,
	    tree_root(s->root, s->leaf[0], SMALL_N, &err));
	memcpy(c.root, s->root, 32);
	checkpoint_text(&text, &c);
	assert_int_equal(PROV_OK,
	    note_sign(&s->note, s->log, buf_span(&text), &err));
}

static inline void
small_close(struct small *s)
{
	prov_key_free(s->log);
	buf_free(&s->note);
}

static inline prov_status
small_node(void *arg, unsigned level, uint64_t index, uint8_t out[32],
    prov_err *err)
{
	const struct small *s = arg;

	return (
	    tree_root(out, s->leaf[index << level], UINT64_C(1) << level, err));
}

/* The proof of entry i, which stays as long as s. */
static inline struct proof
small_proof(struct small *s, uint64_t i)
{
	struct proof p = { .index = i, .note = buf_span(&s->note) };

	assert_int_equal(PROV_OK,
	    tree_inclusion_path(p.path, &p.n, i, SMALL_N, small_node, s, NULL));
	return (p);
}

#endif
