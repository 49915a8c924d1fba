/* SPDX-License-Identifier: ISC */
/*
 * pairs N: the inclusion proof of each entry and the consistency proof of each
 * size in every tree of 1 to N entries, verified, and then printed as one line
 * a tree: its size, and SHA-256 over all of its proofs of either sort, each as
 * a byte with the number of hashes and the hashes. Entry i is u16 i.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "hash/tree.h"

#define N_MAX 2048

/* Hashes of full subtrees, as a ledger keeps them, and the root at each size.
 */
struct forest {
	uint64_t n;
	uint8_t node[12][N_MAX][32];
	uint8_t root[N_MAX + 1][32];
};

static prov_status
get(void *arg, unsigned level, uint64_t index, uint8_t out[32], prov_err *err)
{
	const struct forest *f = arg;

	if (level >= 12 || (index + 1) << level > f->n)
		return (prov_fail(err, PROV_EINTERNAL, "no such node"));
	memcpy(out, f->node[level][index], 32);
	return (PROV_OK);
}

static prov_status
grow(struct forest *f, uint64_t n, prov_err *err)
{
	prov_status st = PROV_OK;

	f->n = n;
	for (uint64_t i = 0; i < n && st == PROV_OK; i++) {
		uint8_t entry[2] = { (uint8_t)(i >> 8), (uint8_t)i };

		st = tree_leaf(f->node[0][i], span(entry, 2), err);
	}
	for (unsigned l = 1; l < 12 && st == PROV_OK; l++)
		for (uint64_t i = 0; (i + 1) << l <= n && st == PROV_OK; i++)
			st = tree_node(f->node[l][i], f->node[l - 1][2 * i],
			    f->node[l - 1][2 * i + 1], err);
	for (uint64_t i = 1; i <= n && st == PROV_OK; i++)
		st = tree_root(f->root[i], f->node[0][0], i, err);
	return (st);
}

static void
add(struct sha256 *h, const uint8_t *path, size_t n)
{
	uint8_t count = (uint8_t)n;

	sha256_add(h, &count, 1);
	sha256_add(h, path, 32 * n);
}

static prov_status
inclusion(struct forest *f, uint64_t size, struct sha256 *h, prov_err *err)
{
	uint8_t path[TREE_PATH_MAX * 32], root[32];
	prov_status st;
	size_t n;

	for (uint64_t i = 0; i < size; i++) {
		if ((st = tree_inclusion_path(path, &n, i, size, get, f,
			 err)) != PROV_OK ||
		    (st = tree_inclusion_root(root, f->node[0][i], i, size,
			 path, n, err)) != PROV_OK)
			return (st);
		if (memcmp(root, f->root[size], 32) != 0)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    "entry %" PRIu64 " of %" PRIu64, i, size));
		add(h, path, n);
	}
	return (PROV_OK);
}

static prov_status
consistency(struct forest *f, uint64_t size, struct sha256 *h, prov_err *err)
{
	uint8_t path[(TREE_PATH_MAX + 1) * 32];
	prov_status st;
	size_t n;

	for (uint64_t old = 1; old <= size; old++) {
		if ((st = tree_consistency_path(path, &n, old, size, get, f,
			 err)) != PROV_OK ||
		    (st = tree_consistency_verify(old, size, f->root[old],
			 f->root[size], path, n, err)) != PROV_OK)
			return (st);
		add(h, path, n);
	}
	return (PROV_OK);
}

static prov_status
print(struct forest *f, uint64_t size, struct sha256 *h, prov_err *err)
{
	char hex[2][65];
	uint8_t digest[32];
	prov_status st;

	sha256_init(h);
	if ((st = inclusion(f, size, h, err)) != PROV_OK ||
	    (st = sha256_done(h, digest, err)) != PROV_OK)
		return (st);
	hex_encode(hex[0], digest, 32);
	sha256_init(h);
	if ((st = consistency(f, size, h, err)) != PROV_OK ||
	    (st = sha256_done(h, digest, err)) != PROV_OK)
		return (st);
	hex_encode(hex[1], digest, 32);
	printf("%" PRIu64 " %s %s\n", size, hex[0], hex[1]);
	return (PROV_OK);
}

int
main(int argc, char **argv)
{
	AUTO_FREE struct forest *f = calloc(1, sizeof(*f));
	AUTO_SHA256 *h = NULL;
	prov_err err = { 0 };
	prov_status st = PROV_OK;
	uint64_t n;

	if (argc != 2 || !u64_decode(&n, argv[1], strlen(argv[1])) ||
	    n > N_MAX || f == NULL || sha256_new(&h, &err) != PROV_OK)
		return (2);
	st = grow(f, n, &err);
	for (uint64_t size = 1; size <= n && st == PROV_OK; size++)
		st = print(f, size, h, &err);
	if (st != PROV_OK)
		fprintf(stderr, "pairs: %s\n", err.msg);
	return (st == PROV_OK ? 0 : 1);
}
