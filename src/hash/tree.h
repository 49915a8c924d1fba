/* SPDX-License-Identifier: ISC */
#ifndef PROV_HASH_TREE_H
#define PROV_HASH_TREE_H

#include "hash/sha256.h"

/*
 * RFC 9162 2.1 Merkle trees: leaf = SHA-256(0x00 || d), node = SHA-256(0x01 ||
 * left || right), split at the largest power of two below n. The empty tree's
 * root is SHA-256 of nothing.
 */
#define TREE_PATH_MAX 63 /* hashes in a proof; sizes stay below 2^63 */

prov_status tree_leaf(uint8_t out[32], prov_span data, prov_err *err);
prov_status tree_node(uint8_t out[32], const uint8_t l[32],
    const uint8_t r[32], prov_err *err);

/* The root over n leaf hashes, 32 bytes each, one behind the other. */
prov_status tree_root(uint8_t out[32], const uint8_t *leaves, uint64_t n,
    prov_err *err);

/*
 * Recomputes the root from a leaf and its inclusion path. PROV_EUNTRUSTED if
 * the path has not exactly the hashes that (index, size) call for.
 */
prov_status tree_inclusion_root(uint8_t root[32], const uint8_t leaf[32],
    uint64_t index, uint64_t size, const uint8_t *path, size_t n,
    prov_err *err);

/*
 * PROV_OK only if path proves that root2 at size2 extends root1 at size1,
 * which is not 0: every tree extends the empty one.
 */
prov_status tree_consistency_verify(uint64_t size1, uint64_t size2,
    const uint8_t root1[32], const uint8_t root2[32], const uint8_t *path,
    size_t n, prov_err *err);

/*
 * Proofs from stored nodes. get returns the hash of the full subtree of
 * 2^level leaves that starts at leaf index << level.
 */
typedef prov_status (*tree_get_fn)(void *arg, unsigned level, uint64_t index,
    uint8_t out[32], prov_err *err);
prov_status tree_range_root(uint8_t out[32], uint64_t begin, uint64_t end,
    tree_get_fn get, void *arg, prov_err *err);
prov_status tree_inclusion_path(uint8_t *path, size_t *n, uint64_t index,
    uint64_t size, tree_get_fn get, void *arg, prov_err *err);
prov_status tree_consistency_path(uint8_t *path, size_t *n, uint64_t size1,
    uint64_t size2, tree_get_fn get, void *arg, prov_err *err);

#endif
