/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/text.h"
#include "hash/tree.h"
#include "shared.h"

#define SIZE_MAX_TESTED 130
#define VECTORS         "vectors/transparency-dev-merkle/testdata"

/*
 * RFC 9162 2.1 word for word, over the leaves of one fixed tree, without any
 * function that is tested here.
 */
struct model {
	uint8_t leaf[SIZE_MAX_TESTED][32];
	struct sha256 *h;
};

static void
model_node(struct model *m, uint8_t out[32], const uint8_t *l, const uint8_t *r)
{
	sha256_init(m->h);
	sha256_add(m->h, "\x01", 1);
	sha256_add(m->h, l, 32);
	sha256_add(m->h, r, 32);
	assert_int_equal(PROV_OK, sha256_done(m->h, out, NULL));
}

static size_t
model_split(size_t n)
{
	size_t k = 1;

	while (k * 2 < n)
		k *= 2;
	return (k);
}

static void
model_root(struct model *m, uint8_t out[32], size_t begin, size_t end)
{
	uint8_t l[32], r[32];
	size_t k;

	if (end - begin == 1) {
		memcpy(out, m->leaf[begin], 32);
		return;
	}
	k = model_split(end - begin);
	model_root(m, l, begin, begin + k);
	model_root(m, r, begin + k, end);
	model_node(m, out, l, r);
}

/* PATH(index, D[begin:end]) of 2.1.3.1; returns the number of hashes. */
static size_t
model_path(struct model *m, uint8_t *path, size_t index, size_t begin,
    size_t end)
{
	size_t k, n;

	if (end - begin == 1)
		return (0);
	k = model_split(end - begin);
	if (index < k) {
		n = model_path(m, path, index, begin, begin + k);
		model_root(m, path + n * 32, begin + k, end);
	} else {
		n = model_path(m, path, index - k, begin + k, end);
		model_root(m, path + n * 32, begin, begin + k);
	}
	return (n + 1);
}

/* SUBPROOF(size, D[begin:end], whole) of 2.1.4.1. */
static size_t
model_subproof(struct model *m, uint8_t *path, size_t size, size_t begin,
    size_t end, bool whole)
{
	size_t k, n;

	if (size == end - begin) {
		if (!whole)
			model_root(m, path, begin, end);
		return (whole ? 0 : 1);
	}
	k = model_split(end - begin);
	if (size <= k) {
		n = model_subproof(m, path, size, begin, begin + k, whole);
		model_root(m, path + n * 32, begin + k, end);
	} else {
		n = model_subproof(m, path, size - k, begin + k, end, false);
		model_root(m, path + n * 32, begin, begin + k);
	}
	return (n + 1);
}

/* Nodes as a ledger stores them: full subtrees only. */
static prov_status
model_get(void *arg, unsigned level, uint64_t index, uint8_t out[32],
    prov_err *err)
{
	uint64_t begin = index << level, end = (index + 1) << level;

	(void)err;
	assert_true(end <= SIZE_MAX_TESTED);
	model_root(arg, out, begin, end);
	return (PROV_OK);
}

static int
model_new(void **state)
{
	struct model *m = calloc(1, sizeof(*m));

	if (m == NULL || sha256_new(&m->h, NULL) != PROV_OK)
		return (-1);
	for (size_t i = 0; i < SIZE_MAX_TESTED; i++) {
		uint8_t data[2] = { (uint8_t)i, 7 };

		if (tree_leaf(m->leaf[i], span(data, 2), NULL) != PROV_OK)
			return (-1);
	}
	*state = m;
	return (0);
}

static int
model_free(void **state)
{
	struct model *m = *state;

	sha256_free(m->h);
	free(m);
	return (0);
}

static void
assert_hex(const char *want, const uint8_t hash[32])
{
	char hex[65];

	hex_encode(hex, hash, 32);
	assert_string_equal(want, hex);
}

static void
prefixes(void **state)
{
	uint8_t leaf[32], node[32], root[32];

	(void)state;
	assert_int_equal(PROV_OK, tree_leaf(leaf, span("", 0), NULL));
	assert_hex("6e340b9cffb37a989ca544e6bb780a2c"
		   "78901d3fb33738768511a30617afa01d",
	    leaf);
	assert_int_equal(PROV_OK, tree_root(root, NULL, 0, NULL));
	assert_hex("e3b0c44298fc1c149afbf4c8996fb924"
		   "27ae41e4649b934ca495991b7852b855",
	    root);
	assert_int_equal(PROV_OK, tree_root(root, leaf, 1, NULL));
	assert_memory_equal(leaf, root, 32);
	/* The two leaves of RFC 6962's reference tree, "" and 00. */
	assert_int_equal(PROV_OK, tree_leaf(node, span("\0", 1), NULL));
	assert_int_equal(PROV_OK, tree_node(node, leaf, node, NULL));
	assert_hex("fac54203e7cc696cf0dfcb42c92a1d9d"
		   "baf70ad9e621f4bd8d98662f00e3c125",
	    node);
	assert_int_equal(PROV_EARG, tree_root(root, leaf, UINT64_MAX, NULL));
}

static void
roots(void **state)
{
	struct model *m = *state;
	uint8_t want[32], got[32];

	for (size_t end = 1; end <= SIZE_MAX_TESTED; end++) {
		model_root(m, want, 0, end);
		assert_int_equal(PROV_OK,
		    tree_root(got, m->leaf[0], end, NULL));
		assert_memory_equal(want, got, 32);
		assert_int_equal(PROV_OK,
		    tree_range_root(got, 0, end, model_get, m, NULL));
		assert_memory_equal(want, got, 32);
	}
	/* Subtrees elsewhere, and ranges that are none. */
	for (size_t begin = 0; begin < SIZE_MAX_TESTED; begin++)
		for (size_t end = begin + 1; end <= SIZE_MAX_TESTED; end++) {
			size_t top = model_split(end - begin + 1);
			prov_status st = tree_range_root(got, begin, end,
			    model_get, m, NULL);

			assert_int_equal(begin % top == 0 ? PROV_OK : PROV_EARG,
			    st);
			if (st != PROV_OK)
				continue;
			model_root(m, want, begin, end);
			assert_memory_equal(want, got, 32);
		}
	assert_int_equal(PROV_EARG,
	    tree_range_root(got, 2, 1, model_get, m, NULL));
	assert_int_equal(PROV_EARG,
	    tree_range_root(got, 0, UINT64_C(1) << 63, model_get, m, NULL));
	assert_int_equal(PROV_OK,
	    tree_range_root(got, 5, 5, model_get, m, NULL));
	assert_int_equal(PROV_OK, tree_root(want, NULL, 0, NULL));
	assert_memory_equal(want, got, 32);
}

/* Each pair of index and size: 8,515 proofs, and what is wrong around them. */
static void
inclusion(void **state)
{
	struct model *m = *state;
	uint8_t want[64 * 32], path[64 * 32] = { 0 }, root[32], got[32];

	for (size_t size = 1; size <= SIZE_MAX_TESTED; size++) {
		model_root(m, root, 0, size);
		for (size_t i = 0; i < size; i++) {
			size_t n = 99, len = model_path(m, want, i, 0, size);

			assert_int_equal(PROV_OK,
			    tree_inclusion_path(path, &n, i, size, model_get, m,
				NULL));
			assert_int_equal(len, n);
			assert_memory_equal(want, path, n * 32);
			assert_int_equal(PROV_OK,
			    tree_inclusion_root(got, m->leaf[i], i, size, path,
				n, NULL));
			assert_memory_equal(root, got, 32);
			assert_int_equal(PROV_EUNTRUSTED,
			    tree_inclusion_root(got, m->leaf[i], i, size, path,
				n + 1, NULL));
			if (n > 0)
				assert_int_equal(PROV_EUNTRUSTED,
				    tree_inclusion_root(got, m->leaf[i], i,
					size, path, n - 1, NULL));
			assert_int_equal(PROV_EUNTRUSTED,
			    tree_inclusion_root(got, m->leaf[i], size, size,
				path, n, NULL));
		}
	}
}

/* Each pair of sizes: 8,515 proofs; none passes for another pair. */
static void
consistency(void **state)
{
	struct model *m = *state;
	uint8_t want[64 * 32], path[64 * 32] = { 0 }, r1[32], r2[32];

	for (size_t s2 = 1; s2 <= SIZE_MAX_TESTED; s2++) {
		model_root(m, r2, 0, s2);
		for (size_t s1 = 1; s1 <= s2; s1++) {
			size_t len = model_subproof(m, want, s1, 0, s2, true);
			size_t n = 99;

			model_root(m, r1, 0, s1);
			assert_int_equal(PROV_OK,
			    tree_consistency_path(path, &n, s1, s2, model_get,
				m, NULL));
			assert_int_equal(len, n);
			assert_memory_equal(want, path, n * 32);
			assert_int_equal(PROV_OK,
			    tree_consistency_verify(s1, s2, r1, r2, path, n,
				NULL));
			assert_int_equal(PROV_EUNTRUSTED,
			    tree_consistency_verify(s1, s2, r1, r2, path, n + 1,
				NULL));
			assert_int_equal(PROV_EUNTRUSTED,
			    tree_consistency_verify(s2 + 1, s2, r1, r2, path, n,
				NULL));
			if (s1 == s2)
				continue;
			assert_int_equal(PROV_EUNTRUSTED,
			    tree_consistency_verify(s1, s2, r1, r2, path, n - 1,
				NULL));
			assert_int_equal(PROV_EUNTRUSTED,
			    tree_consistency_verify(s1, s2, r2, r1, path, n,
				NULL));
			assert_int_equal(PROV_EUNTRUSTED,
			    tree_consistency_verify(s2, s2, r1, r2, path, 0,
				NULL));
			for (size_t byte = 0; byte < n * 32; byte += 32) {
				path[byte + s1 % 32] ^= 1;
				assert_int_equal(PROV_EUNTRUSTED,
				    tree_consistency_verify(s1, s2, r1, r2,
					path, n, NULL));
				path[byte + s1 % 32] ^= 1;
			}
		}
	}
}

/* Nothing is proven from an empty tree, or in one. */
static void
empty_trees(void **state)
{
	struct model *m = *state;
	uint8_t empty[32], other[32], path[32];
	size_t n = 99;

	assert_int_equal(PROV_OK, tree_root(empty, NULL, 0, NULL));
	model_root(m, other, 0, 5);
	assert_int_equal(PROV_EARG,
	    tree_consistency_path(path, &n, 0, 5, model_get, m, NULL));
	assert_int_equal(PROV_EUNTRUSTED,
	    tree_consistency_verify(0, 5, empty, other, NULL, 0, NULL));
	assert_int_equal(PROV_EUNTRUSTED,
	    tree_consistency_verify(0, 0, empty, empty, NULL, 0, NULL));
	assert_int_equal(PROV_EUNTRUSTED,
	    tree_consistency_verify(0, 0, other, other, NULL, 0, NULL));
	assert_int_equal(PROV_EUNTRUSTED,
	    tree_consistency_verify(0, 5, empty, other, other, 1, NULL));
	assert_int_equal(PROV_EUNTRUSTED,
	    tree_inclusion_root(path, other, 0, 0, NULL, 0, NULL));
	assert_int_equal(PROV_EARG,
	    tree_inclusion_path(path, &n, 0, 0, model_get, m, NULL));
	assert_int_equal(PROV_EARG,
	    tree_consistency_path(path, &n, 6, 5, model_get, m, NULL));
}

static prov_status
constant_get(void *arg, unsigned level, uint64_t index, uint8_t out[32],
    prov_err *err)
{
	(void)arg;
	(void)level;
	(void)index;
	(void)err;
	memset(out, 7, 32);
	return (PROV_OK);
}

static prov_status
failing_get(void *arg, unsigned level, uint64_t index, uint8_t out[32],
    prov_err *err)
{
	int *left = arg;

	if ((*left)-- == 0)
		return (prov_fail(err, PROV_EIO, "level %u index %ju: gone",
		    level, (uintmax_t)index));
	memset(out, 7, 32);
	return (PROV_OK);
}

/* Sizes up to 2^63 - 1 stay in bounds; a node that is gone is an error. */
static void
extremes(void **state)
{
	const uint64_t huge = (UINT64_C(1) << 63) - 1;
	uint8_t path[TREE_PATH_MAX * 32], root[32], leaf[32] = { 7 };
	prov_err err = { 0 };
	size_t n = 0;

	(void)state;
	assert_int_equal(PROV_OK,
	    tree_inclusion_path(path, &n, 0, huge, constant_get, NULL, NULL));
	assert_int_equal(63, n);
	assert_int_equal(PROV_OK,
	    tree_inclusion_root(root, leaf, 0, huge, path, n, NULL));
	assert_int_equal(PROV_EUNTRUSTED,
	    tree_inclusion_root(root, leaf, 0, huge + 1, path, n, NULL));
	assert_int_equal(PROV_EUNTRUSTED,
	    tree_inclusion_root(root, leaf, 0, UINT64_MAX, path, n, NULL));
	assert_int_equal(PROV_EUNTRUSTED,
	    tree_consistency_verify(1, UINT64_MAX, root, root, path, n, NULL));
	assert_int_equal(PROV_EARG, tree_inclusion_path(path, &n, 0, huge + 1,
					constant_get, NULL, NULL));
	assert_int_equal(PROV_EARG, tree_consistency_path(path, &n, 1, huge + 1,
					constant_get, NULL, NULL));
	n = 99;
	assert_int_equal(PROV_OK,
	    tree_consistency_path(path, &n, 1, huge, constant_get, NULL, NULL));
	assert_int_equal(63, n);
	assert_int_equal(PROV_ELIMIT, tree_consistency_path(path, &n, huge - 2,
					  huge, constant_get, NULL, NULL));
	for (int left = 0; left < 4; left++) {
		int k = left;

		prov_err_clear(&err);
		assert_int_equal(PROV_EIO, tree_inclusion_path(path, &n, 2, 13,
					       failing_get, &k, &err));
		assert_non_null(strstr(err.msg, "gone"));
	}
	for (int left = 0; left < 4; left++) {
		int k = left;

		assert_int_equal(PROV_EIO, tree_consistency_path(path, &n, 7,
					       13, failing_get, &k, NULL));
	}
}

/*
 * A probe's hash. Some are shorter ("don't care 2"): as if zeros followed.
 * None at all cannot be passed on.
 */
static bool
get_hash(uint8_t out[32], json_t *v)
{
	const char *s = json_string_value(v);
	AUTO_BUF b = { 0 };

	if (s == NULL || !base64_decode(&b, s, strlen(s)) || b.len == 0 ||
	    b.len > 32)
		return (false);
	memset(out, 0, 32);
	memcpy(out, b.p, b.len);
	return (true);
}

static uint64_t
get_u64(json_t *probe, const char *key)
{
	json_t *v = json_object_get(probe, key);

	assert_true(json_is_number(v));
	/* Past 2^63, it does not matter how far. */
	if (json_number_value(v) >= 0x1p63)
		return (UINT64_MAX);
	return ((uint64_t)json_number_value(v));
}

struct probe {
	uint8_t path[80 * 32];
	size_t n;
	uint8_t a[32], b[32]; /* root and leaf, or the two roots */
};

/* False where a hash is missing, or longer than hashes are. */
static bool
get_probe(struct probe *p, json_t *probe, const char *a, const char *b)
{
	json_t *path = json_object_get(probe, "proof"), *v;
	size_t i;

	p->n = json_array_size(path);
	assert_true(p->n <= 80);
	json_array_foreach(path, i, v)
	{
		if (!get_hash(p->path + i * 32, v))
			return (false);
	}
	return (get_hash(p->a, json_object_get(probe, a)) &&
		get_hash(p->b, json_object_get(probe, b)));
}

static bool
included(const struct probe *p, uint64_t index, uint64_t size)
{
	uint8_t root[32];

	return (tree_inclusion_root(root, p->b, index, size, p->path, p->n,
		    NULL) == PROV_OK &&
		memcmp(root, p->a, 32) == 0);
}

static bool
run_inclusion(json_t *probe)
{
	struct probe p;

	return (get_probe(&p, probe, "root", "leafHash") &&
		included(&p, get_u64(probe, "leafIdx"),
		    get_u64(probe, "treeSize")));
}

static bool
run_consistency(json_t *probe)
{
	struct probe p;

	return (get_probe(&p, probe, "root1", "root2") &&
		tree_consistency_verify(get_u64(probe, "size1"),
		    get_u64(probe, "size2"), p.a, p.b, p.path, p.n,
		    NULL) == PROV_OK);
}

/* Of draft-ietf-plants-merkle-tree-certs: begins at a multiple of its size. */
static bool
is_subtree(uint64_t start, uint64_t end)
{
	uint64_t size = 1;

	if (start > end || end >= UINT64_C(1) << 63)
		return (false);
	while (size < end - start)
		size *= 2;
	return (start % size == 0);
}

/* Inclusion in a subtree is inclusion in a tree of its own. */
static bool
run_subtree_inclusion(json_t *probe)
{
	uint64_t index = get_u64(probe, "leafIdx");
	uint64_t start = get_u64(probe, "start"), end = get_u64(probe, "end");
	struct probe p;

	return (is_subtree(start, end) && index >= start &&
		get_probe(&p, probe, "root", "leafHash") &&
		included(&p, index - start, end - start));
}

/*
 * A subtree that begins at 0 is an older tree. An empty one is in every tree,
 * by no hashes, if its root is that of nothing. No probe has another one that
 * is valid.
 */
static bool
run_subtree_consistency(json_t *probe)
{
	uint64_t start = get_u64(probe, "start"), end = get_u64(probe, "end");
	uint8_t root[32];
	struct probe p;

	if (!is_subtree(start, end) || !get_probe(&p, probe, "root1", "root2"))
		return (false);
	if (start == end)
		return (p.n == 0 &&
			tree_range_root(root, start, end, constant_get, NULL,
			    NULL) == PROV_OK &&
			memcmp(root, p.a, 32) == 0);
	assert_int_equal(0, start);
	return (tree_consistency_verify(end, get_u64(probe, "size"), p.a, p.b,
		    p.path, p.n, NULL) == PROV_OK);
}

struct tally {
	size_t probes, good;
};

static void
run_file(const char *path, bool (*run)(json_t *), struct tally *t)
{
	json_error_t why;
	json_t *probe = json_load_file(path, 0, &why);
	bool want;

	/* Some have a number past 63 bits. */
	if (probe == NULL)
		probe = json_load_file(path, JSON_DECODE_INT_AS_REAL, &why);
	assert_non_null(probe);
	want = json_is_false(json_object_get(probe, "wantErr"));
	if (run(probe) != want)
		fail_msg("%s: %s", path, want ? "refused" : "accepted");
	t->probes++;
	t->good += want ? 1 : 0;
	json_decref(probe);
}

/* Probes are in folders, two or three deep. */
static void
run_folder(const char *path, bool (*run)(json_t *), struct tally *t,
    unsigned depth)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char name[1024];
	struct stat st;

	assert_non_null(d);
	assert_true(depth < 8);
	while ((e = readdir(d)) != NULL) {
		int n = snprintf(name, sizeof(name), "%s/%s", path, e->d_name);

		assert_true(n > 0 && (size_t)n < sizeof(name));
		assert_int_equal(0, stat(name, &st));
		if (e->d_name[0] == '.')
			continue;
		if (S_ISDIR(st.st_mode))
			run_folder(name, run, t, depth + 1);
		else
			run_file(name, run, t);
	}
	(void)closedir(d);
}

static void
probes(void **state)
{
	static const struct {
		const char *folder;
		bool (*run)(json_t *);
		size_t probes, good;
	} rows[] = {
		{ "inclusion", run_inclusion, 98, 6 },
		{ "consistency", run_consistency, 98, 6 },
		{ "subtreeinclusion", run_subtree_inclusion, 204, 12 },
		{ "subtreeconsistency", run_subtree_consistency, 118, 12 },
	};
	char path[512];

	(void)state;
	if (!shared_path(path, sizeof(path), VECTORS "/consistency"))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally t = { 0 };

		(void)shared_path(path, sizeof(path), VECTORS);
		strncat(path, "/", sizeof(path) - strlen(path) - 1);
		strncat(path, rows[i].folder, sizeof(path) - strlen(path) - 1);
		run_folder(path, rows[i].run, &t, 0);
		assert_int_equal(rows[i].probes, t.probes);
		assert_int_equal(rows[i].good, t.good);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes),
		cmocka_unit_test(roots),
		cmocka_unit_test(inclusion),
		cmocka_unit_test(consistency),
		cmocka_unit_test(empty_trees),
		cmocka_unit_test(extremes),
		cmocka_unit_test(probes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, model_new, model_free));
}
