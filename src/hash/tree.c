/* SPDX-License-Identifier: ISC */
#include "hash/tree.h"

#include <inttypes.h>
#include <string.h>

#define SIZE_TOO_LARGE (UINT64_C(1) << 63)

enum { LEAF = 0x00, NODE = 0x01 };

static prov_status
hash_two(struct sha256 *h, uint8_t prefix, uint8_t out[32], prov_span a,
    prov_span b, prov_err *err)
{
	sha256_init(h);
	sha256_add(h, &prefix, 1);
	sha256_add(h, a.p, a.len);
	sha256_add(h, b.p, b.len);
	return (sha256_done(h, out, err));
}

static prov_status
node(struct sha256 *h, uint8_t out[32], const uint8_t *l, const uint8_t *r,
    prov_err *err)
{
	return (hash_two(h, NODE, out, span(l, 32), span(r, 32), err));
}

prov_status
tree_leaf(uint8_t out[32], prov_span data, prov_err *err)
{
	AUTO_SHA256 *h = NULL;
	prov_status st;

	if ((st = sha256_new(&h, err)) != PROV_OK)
		return (st);
	return (hash_two(h, LEAF, out, data, span(NULL, 0), err));
}

prov_status
tree_node(uint8_t out[32], const uint8_t l[32], const uint8_t r[32],
    prov_err *err)
{
	AUTO_SHA256 *h = NULL;
	prov_status st;

	if ((st = sha256_new(&h, err)) != PROV_OK)
		return (st);
	return (node(h, out, l, r, err));
}

/* Hashes of full subtrees, largest first: one for each bit of a size. */
struct peaks {
	unsigned n;
	uint8_t hash[64][32];
};

/* Folds them from the right, which leaves the root of the whole. */
static prov_status
peaks_root(struct sha256 *h, uint8_t out[32], struct peaks *p, prov_err *err)
{
	prov_status st;

	if (p->n == 0)
		return (sha256_of(out, span(NULL, 0), err));
	for (unsigned i = p->n - 1; i > 0; i--)
		if ((st = node(h, p->hash[i - 1], p->hash[i - 1], p->hash[i],
			 err)) != PROV_OK)
			return (st);
	memcpy(out, p->hash[0], 32);
	return (PROV_OK);
}

prov_status
tree_root(uint8_t out[32], const uint8_t *leaves, uint64_t n, prov_err *err)
{
	AUTO_SHA256 *h = NULL;
	struct peaks p = { .n = 0 };
	prov_status st;

	if (n > SIZE_MAX / 32)
		return (
		    prov_fail(err, PROV_EARG, "tree of %" PRIu64 " leaves", n));
	if ((st = sha256_new(&h, err)) != PROV_OK)
		return (st);
	for (uint64_t i = 0; i < n; i++) {
		memcpy(p.hash[p.n++], leaves + i * 32, 32);
		/* Each trailing one bit of i is a pair that is now whole. */
		for (uint64_t bits = i; (bits & 1) != 0; bits >>= 1) {
			p.n--;
			if ((st = node(h, p.hash[p.n - 1], p.hash[p.n - 1],
				 p.hash[p.n], err)) != PROV_OK)
				return (st);
		}
	}
	return (peaks_root(h, out, &p, err));
}

static prov_status
wrong_length(size_t n, prov_err *err)
{
	return (prov_fail(err, PROV_EUNTRUSTED,
	    "proof of %zu hashes has not the length that its tree asks for",
	    n));
}

/* RFC 9162 2.1.3.2. In the inner loop fn is odd, or sn, which is not 0. */
prov_status
tree_inclusion_root(uint8_t root[32], const uint8_t leaf[32], uint64_t index,
    uint64_t size, const uint8_t *path, size_t n, prov_err *err)
{
	AUTO_SHA256 *h = NULL;
	uint64_t fn = index, sn = size - 1;
	uint8_t r[32];
	prov_status st;

	if (index >= size || size >= SIZE_TOO_LARGE)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "leaf %" PRIu64 " is not in a tree of %" PRIu64, index,
		    size));
	if ((st = sha256_new(&h, err)) != PROV_OK)
		return (st);
	memcpy(r, leaf, 32);
	for (size_t i = 0; i < n; i++, path += 32) {
		if (sn == 0)
			return (wrong_length(n, err));
		if ((fn & 1) != 0 || fn == sn) {
			st = node(h, r, path, r, err);
			while ((fn & 1) == 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else
			st = node(h, r, r, path, err);
		if (st != PROV_OK)
			return (st);
		fn >>= 1;
		sn >>= 1;
	}
	if (sn != 0)
		return (wrong_length(n, err));
	memcpy(root, r, 32);
	return (PROV_OK);
}

/* The loop of RFC 9162 2.1.4.2: recomputes both roots, fr and sr. */
static prov_status
consistency_roots(uint8_t fr[32], uint8_t sr[32], uint64_t fn, uint64_t sn,
    const uint8_t *path, size_t n, prov_err *err)
{
	AUTO_SHA256 *h = NULL;
	prov_status st;

	if ((st = sha256_new(&h, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < n; i++, path += 32) {
		if (sn == 0)
			return (wrong_length(n, err));
		if ((fn & 1) != 0 || fn == sn) {
			if ((st = node(h, fr, path, fr, err)) != PROV_OK ||
			    (st = node(h, sr, path, sr, err)) != PROV_OK)
				return (st);
			while ((fn & 1) == 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else if ((st = node(h, sr, sr, path, err)) != PROV_OK)
			return (st);
		fn >>= 1;
		sn >>= 1;
	}
	return (sn == 0 ? PROV_OK : wrong_length(n, err));
}

/* An empty tree is extended by any: proving that would prove nothing. */
static prov_status
no_extension(prov_status st, uint64_t size1, uint64_t size2, prov_err *err)
{
	return (prov_fail(err, st,
	    "the tree of %" PRIu64
	    " is not shown to extend the one of %" PRIu64,
	    size2, size1));
}

prov_status
tree_consistency_verify(uint64_t size1, uint64_t size2, const uint8_t root1[32],
    const uint8_t root2[32], const uint8_t *path, size_t n, prov_err *err)
{
	uint64_t fn = size1 - 1, sn = size2 - 1;
	uint8_t fr[32], sr[32];
	prov_status st;

	if (size1 == 0 || size1 > size2 || size2 >= SIZE_TOO_LARGE)
		return (no_extension(PROV_EUNTRUSTED, size1, size2, err));
	if (size1 == size2) {
		if (n != 0)
			return (wrong_length(n, err));
		if (memcmp(root1, root2, 32) != 0)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    "two roots for the tree of %" PRIu64, size1));
		return (PROV_OK);
	}
	/* The first hash is left out where it is the old root itself. */
	if ((size1 & (size1 - 1)) == 0) {
		memcpy(fr, root1, 32);
	} else {
		if (n == 0)
			return (wrong_length(n, err));
		memcpy(fr, path, 32);
		path += 32;
		n--;
	}
	memcpy(sr, fr, 32);
	while ((fn & 1) != 0) {
		fn >>= 1;
		sn >>= 1;
	}
	if ((st = consistency_roots(fr, sr, fn, sn, path, n, err)) != PROV_OK)
		return (st);
	if (memcmp(fr, root1, 32) != 0 || memcmp(sr, root2, 32) != 0)
		return (no_extension(PROV_EUNTRUSTED, size1, size2, err));
	return (PROV_OK);
}

prov_status
tree_range_root(uint8_t out[32], uint64_t begin, uint64_t end, tree_get_fn get,
    void *arg, prov_err *err)
{
	AUTO_SHA256 *h = NULL;
	struct peaks p = { .n = 0 };
	uint64_t left, top;
	prov_status st;

	if (begin > end || end >= SIZE_TOO_LARGE)
		return (prov_fail(err, PROV_EARG,
		    "leaves %" PRIu64 " to %" PRIu64, begin, end));
	left = end - begin;
	top = left == 0 ? 1 : UINT64_C(1) << (63 - __builtin_clzll(left));
	if (begin % top != 0)
		return (prov_fail(err, PROV_EARG,
		    "leaves %" PRIu64 " to %" PRIu64 " are no subtree", begin,
		    end));
	while (left != 0) {
		unsigned level = 63U - (unsigned)__builtin_clzll(left);

		if ((st = get(arg, level, begin >> level, p.hash[p.n++],
			 err)) != PROV_OK)
			return (st);
		begin += UINT64_C(1) << level;
		left -= UINT64_C(1) << level;
	}
	if ((st = sha256_new(&h, err)) != PROV_OK)
		return (st);
	return (peaks_root(h, out, &p, err));
}

/* The largest power of two below n, which is at least 2. */
static uint64_t
split(uint64_t n)
{
	return (UINT64_C(1) << (63 - __builtin_clzll(n - 1)));
}

/* A proof under construction, from the root down. */
struct proof {
	uint8_t *path;
	size_t n;
	tree_get_fn get;
	void *arg;
};

static prov_status
proof_add(struct proof *p, uint64_t begin, uint64_t end, prov_err *err)
{
	prov_status st;

	if (p->n == TREE_PATH_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "proof of more than %d hashes", TREE_PATH_MAX));
	if ((st = tree_range_root(p->path + p->n * 32, begin, end, p->get,
		 p->arg, err)) == PROV_OK)
		p->n++;
	return (st);
}

/* Proofs are written from the leaf up. */
static void
proof_reverse(struct proof *p)
{
	uint8_t hash[32];

	for (size_t i = 0, j = p->n; i + 1 < j; i++) {
		j--;
		memcpy(hash, p->path + i * 32, 32);
		memcpy(p->path + i * 32, p->path + j * 32, 32);
		memcpy(p->path + j * 32, hash, 32);
	}
}

prov_status
tree_inclusion_path(uint8_t *path, size_t *n, uint64_t index, uint64_t size,
    tree_get_fn get, void *arg, prov_err *err)
{
	struct proof p = { .path = path, .get = get, .arg = arg };
	uint64_t begin = 0, end = size;
	prov_status st;

	if (index >= size || size >= SIZE_TOO_LARGE)
		return (prov_fail(err, PROV_EARG,
		    "leaf %" PRIu64 " is not in a tree of %" PRIu64, index,
		    size));
	while (end - begin > 1) {
		uint64_t middle = begin + split(end - begin);

		if (index < middle) {
			st = proof_add(&p, middle, end, err);
			end = middle;
		} else {
			st = proof_add(&p, begin, middle, err);
			begin = middle;
		}
		if (st != PROV_OK)
			return (st);
	}
	proof_reverse(&p);
	*n = p.n;
	return (PROV_OK);
}

/* RFC 9162 2.1.4.1, from the top: which side holds the end of the old tree? */
prov_status
tree_consistency_path(uint8_t *path, size_t *n, uint64_t size1, uint64_t size2,
    tree_get_fn get, void *arg, prov_err *err)
{
	struct proof p = { .path = path, .get = get, .arg = arg };
	uint64_t begin = 0, end = size2;
	prov_status st;

	if (size1 == 0 || size1 > size2 || size2 >= SIZE_TOO_LARGE)
		return (no_extension(PROV_EARG, size1, size2, err));
	while (end != size1) {
		uint64_t middle = begin + split(end - begin);

		if (size1 <= middle) {
			st = proof_add(&p, middle, end, err);
			end = middle;
		} else {
			st = proof_add(&p, begin, middle, err);
			begin = middle;
		}
		if (st != PROV_OK)
			return (st);
	}
	if (begin != 0 && (st = proof_add(&p, begin, end, err)) != PROV_OK)
		return (st);
	proof_reverse(&p);
	*n = p.n;
	return (PROV_OK);
}
