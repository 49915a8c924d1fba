/* SPDX-License-Identifier: ISC */
/* What everything else is made of, with each allocation failing in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cbor.h"
#include "base/file.h"
#include "base/json.h"
#include "base/jsonin.h"
#include "base/yaml.h"
#include "hash/tree.h"
#include "shortage.h"

/* Libraries have calls of their own; these put ours in. */
static void *
json_malloc(size_t n)
{
	return (malloc(n));
}

static void *
crypto_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return (malloc(n));
}

static void *
crypto_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return (realloc(p, n));
}

static void
crypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static prov_status
fill_buf(void *arg, prov_err *err)
{
	AUTO_BUF b = { 0 };
	AUTO_FREE char *s = NULL;
	AUTO_FREE char *path = NULL;

	(void)arg;
	for (int i = 0; i < 300; i++)
		buf_printf(&b, "%d ", i);
	if ((path = path_join("a", "b")) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	return (buf_take_str(&b, &s, err));
}

static prov_status
make_cbor(void *arg, prov_err *err)
{
	AUTO_BUF b = { 0 };
	struct cbor c;
	prov_status st;
	uint64_t n;

	(void)arg;
	cbor_put_array(&b, 300);
	for (uint64_t i = 0; i < 300; i++)
		cbor_put_uint(&b, i);
	if ((st = buf_done(&b, err)) != PROV_OK ||
	    (st = cbor_open(&c, buf_span(&b), err)) != PROV_OK)
		return (st);
	return (cbor_get_array(&c, &n, err));
}

static prov_status
parse_yaml(void *arg, prov_err *err)
{
	static const char text[] = "a: [1, 2, {b: c, d: [e, f]}, 'g']\nh: i\n";
	struct yaml *y = NULL;
	prov_status st;

	(void)arg;
	if ((st = yaml_parse(&y, span(text, sizeof(text) - 1), "t", err)) ==
	    PROV_OK)
		yaml_free(y);
	return (st);
}

static prov_status
make_json(void *arg, prov_err *err)
{
	AUTO_JSON *j = json_new();
	AUTO_FREE char *out = NULL;

	(void)arg;
	if (j == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	json_begin_array(j, "a");
	json_u64(j, NULL, UINT64_MAX);
	json_str(j, NULL, "bad \xff text");
	json_hex(j, NULL, (const uint8_t *)"\x01\x02", 2);
	json_begin_object(j, NULL);
	json_real(j, "r", 1.5);
	json_end(j);
	json_end(j);
	json_i64(j, "i", -1);
	json_null(j, "n");
	return (json_take(j, &out, err));
}

static prov_status
parse_json(void *arg, prov_err *err)
{
	static const char text[] = "{\"a\":[1,{\"b\":\"c\"},null],\"d\":2.5}";
	AUTO_JSONIN *j = NULL;
	prov_status st;

	(void)arg;
	/* In the midst of a text jansson calls it a syntax error: refused. */
	st = jsonin_parse(&j, span(text, sizeof(text) - 1), "t", err);
	return (st == PROV_EFORMAT ? PROV_ENOMEM : st);
}

static prov_status
keep_file(void *arg, prov_err *err)
{
	char path[64];
	AUTO_BUF b = { 0 };
	prov_status st;

	(void)arg;
	(void)snprintf(path, sizeof(path), "/tmp/prov-nomem.%ld",
	    (long)getpid());
	if ((st = dir_make(path, err)) == PROV_OK) {
		(void)strcat(path, "/f");
		st = file_write(path, span("x", 1), 0600, FILE_SYNC, err);
		if (st == PROV_OK)
			st = file_read(&b, path, 16, err);
		(void)unlink(path);
		*strrchr(path, '/') = '\0';
		/* Fails if a temporary file is left. */
		if (rmdir(path) != 0)
			return (PROV_EINTERNAL);
	}
	return (st);
}

static prov_status
hash_tree(void *arg, prov_err *err)
{
	uint8_t leaves[3 * 32] = { 0 }, root[32];
	prov_status st;

	(void)arg;
	if ((st = tree_leaf(leaves, span("x", 1), err)) != PROV_OK)
		return (st);
	return (tree_root(root, leaves, 3, err));
}

/* Lengths that ask for exabytes must not be believed. */
static void
cbor_never_allocates(void **state)
{
	static const uint8_t rows[][10] = {
		{ 5, 0x9a, 0x10, 0, 0, 0 },
		{ 9, 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		{ 9, 0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		{ 9, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		{ 6, 0x82, 0x9a, 0xff, 0xff, 0xff, 0xff },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_status st;

		shortage_begin(1, true);
		st = cbor_check(span(rows[i] + 1, rows[i][0]), NULL);
		assert_false(shortage_end());
		assert_int_equal(PROV_EFORMAT, st);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		shortage_unit_test("buf", fill_buf, 2),
		shortage_unit_test("cbor", make_cbor, 1),
		shortage_unit_test("yaml", parse_yaml, 10),
		shortage_unit_test("json", make_json, 4),
		shortage_unit_test("file", keep_file, 4),
		shortage_unit_test("tree", hash_tree, 4),
		cmocka_unit_test(cbor_never_allocates),
		shortage_unit_test("jsonin", parse_json, 10),
	};
	uint8_t sum[32];

	/* The digest is looked up once, before anything fails. */
	if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc,
		crypto_free) != 1 ||
	    sha256_of(sum, span("", 0), NULL) != PROV_OK)
		return (99);
	json_set_alloc_funcs(json_malloc, free);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
