/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_ASKED_H
#define PROV_TESTS_ASKED_H

/* One who is asked about a file that was signed: what tests of that share. */
#include "signed.h"
#include "verify/subject.h"

/* A desk where a.wav is signed, and one who verifies by its ledger. */
struct bench {
	struct desk d;
	prov_verify_options o;
	prov_verifier *v;
	struct buf media, sidecar;
	uint8_t sha256[32];
	struct facts f;
};

static inline void
look(struct bench *b)
{
	prov_verifier_free(b->v);
	b->v = NULL;
	ok(prov_verifier_new(&b->v, &b->o, err));
}

static inline void
bench_open(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	assert_true(desk_open(&b->d));
	assert_true(desk_put_wav(&b->d, "a.wav", 1, NULL));
	assert_true(desk_sign(&b->d, "a.wav"));
	assert_true(desk_read(&b->media, &b->d, "a.wav"));
	assert_true(desk_read(&b->sidecar, &b->d, "a.wav.prov"));
	ok(sha256_of(b->sha256, buf_span(&b->media), err));
	b->o = (prov_verify_options){ .trust = b->d.trust,
		.ledger_dir = b->d.g.path,
		.ledger_own = 1,
		.demux = b->d.demux,
		.now = DESK_NOW };
	look(b);
}

static inline void
bench_close(struct bench *b)
{
	prov_verifier_free(b->v);
	buf_free(&b->media);
	buf_free(&b->sidecar);
	desk_close(&b->d);
}

static inline const struct facts *
ask(struct bench *b, const struct subject *s)
{
	ok(verify_subject(b->v, s, &b->f, err));
	return (&b->f);
}

static inline struct subject
by_digest(const struct bench *b)
{
	return ((struct subject){ .fd = -1, .sha256 = b->sha256 });
}

static inline struct subject
by_bytes(const struct bench *b)
{
	return ((struct subject){ .fd = -1, .bytes = buf_span(&b->media) });
}

static inline void
trust_as(struct bench *b, const char *const *paths, size_t n, const char *iss)
{
	prov_trust_signer s = { .key = *prov_key_public(b->d.g.owner),
		.paths = paths,
		.n_paths = n,
		.iss = &iss,
		.n_iss = iss != NULL };

	ok(prov_trust_remove(b->d.trust, OWNER_NAME, err));
	ok(prov_trust_add_signer(b->d.trust, &s, err));
}

static inline void
take_down(struct bench *b)
{
	AUTO(prov_ledger) *l = NULL;
	prov_takedown t = { .reason = "rights" };
	prov_entry e;

	memcpy(t.asset, b->sha256, 32);
	ok(prov_ledger_open_writer(&l, b->d.g.path, b->d.g.log, err));
	ok(prov_ledger_takedown(l, b->d.g.owner, &t, &e, err));
}

#endif
