/* SPDX-License-Identifier: ISC */
/*
 * Fails the first allocation, then the second, and so on until the work is
 * done without running out: every allocation site is seen to fail once.
 */
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

static long fail_at; /* 0: never */
static long calls;

static int
fails(void)
{
	calls++;
	return (fail_at > 0 && --fail_at == 0);
}

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
char *__real_strdup(const char *);
char *__real_strndup(const char *, size_t);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
char *__wrap_strdup(const char *);
char *__wrap_strndup(const char *, size_t);

void *
__wrap_malloc(size_t n)
{
	return (fails() ? NULL : __real_malloc(n));
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return (fails() ? NULL : __real_calloc(n, size));
}

void *
__wrap_realloc(void *p, size_t n)
{
	return (fails() ? NULL : __real_realloc(p, n));
}

char *
__wrap_strdup(const char *s)
{
	return (fails() ? NULL : __real_strdup(s));
}

char *
__wrap_strndup(const char *s, size_t n)
{
	return (fails() ? NULL : __real_strndup(s, n));
}

/* jansson and OpenSSL call malloc themselves; this puts ours in. */
static void *
json_malloc(size_t n)
{
	return (fails() ? NULL : __real_malloc(n));
}

static void *
crypto_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return (fails() ? NULL : __real_malloc(n));
}

static void *
crypto_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return (fails() ? NULL : __real_realloc(p, n));
}

static void
crypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static prov_status
work_buf(prov_err *err)
{
	AUTO_BUF b = { 0 };
	AUTO_FREE char *s = NULL;
	AUTO_FREE char *path = NULL;

	for (int i = 0; i < 300; i++)
		buf_printf(&b, "%d ", i);
	if ((path = path_join("a", "b")) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	return (buf_take_str(&b, &s, err));
}

static prov_status
work_cbor(prov_err *err)
{
	AUTO_BUF b = { 0 };
	struct cbor c;
	prov_status st;
	uint64_t n;

	cbor_put_array(&b, 300);
	for (uint64_t i = 0; i < 300; i++)
		cbor_put_uint(&b, i);
	if ((st = buf_done(&b, err)) != PROV_OK ||
	    (st = cbor_open(&c, buf_span(&b), err)) != PROV_OK)
		return (st);
	return (cbor_get_array(&c, &n, err));
}

static prov_status
work_yaml(prov_err *err)
{
	static const char text[] = "a: [1, 2, {b: c, d: [e, f]}, 'g']\nh: i\n";
	struct yaml *y = NULL;
	prov_status st;

	if ((st = yaml_parse(&y, span(text, sizeof(text) - 1), "t", err)) ==
	    PROV_OK)
		yaml_free(y);
	return (st);
}

static prov_status
work_json(prov_err *err)
{
	AUTO_JSON *j = json_new();
	AUTO_FREE char *out = NULL;

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
work_jsonin(prov_err *err)
{
	static const char text[] = "{\"a\":[1,{\"b\":\"c\"},null],\"d\":2.5}";
	AUTO_JSONIN *j = NULL;
	prov_status st;

	/* In the midst of a text jansson calls it a syntax error: refused. */
	st = jsonin_parse(&j, span(text, sizeof(text) - 1), "t", err);
	return (st == PROV_EFORMAT ? PROV_ENOMEM : st);
}

static prov_status
work_file(prov_err *err)
{
	char path[64];
	AUTO_BUF b = { 0 };
	prov_status st;

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
work_tree(prov_err *err)
{
	uint8_t leaves[3 * 32] = { 0 }, root[32];
	prov_status st;

	if ((st = tree_leaf(leaves, span("x", 1), err)) != PROV_OK)
		return (st);
	return (tree_root(root, leaves, 3, err));
}

/* PROV_OK at the end, PROV_ENOMEM with a message until then. */
static void
each_fails(int n, const char *what, prov_status (*work)(prov_err *), long least)
{
	prov_status st = PROV_ENOMEM;
	long i = 0;
	int good = 1;

	while (st != PROV_OK && good) {
		prov_err err = { 0 };

		fail_at = ++i;
		st = work(&err);
		good =
		    st == PROV_OK || (st == PROV_ENOMEM && err.msg[0] != '\0');
	}
	fail_at = 0;
	printf("%sok %d - %s: %ld allocations, each failed once\n",
	    good && i > least ? "" : "not ", n, what, i - 1);
}

/* Lengths that ask for exabytes must not be believed. */
static void
cbor_never_allocates(int n)
{
	static const uint8_t rows[][10] = {
		{ 5, 0x9a, 0x10, 0, 0, 0 },
		{ 9, 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		{ 9, 0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		{ 9, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		{ 6, 0x82, 0x9a, 0xff, 0xff, 0xff, 0xff },
	};
	int good = 1;

	calls = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		good &= cbor_check(span(rows[i] + 1, rows[i][0]), NULL) ==
		        PROV_EFORMAT;
	printf("%sok %d - cbor: huge counts are refused without allocating\n",
	    good && calls == 0 ? "" : "not ", n);
}

int
main(void)
{
	uint8_t sum[32];

	/* The digest is looked up once, before anything fails. */
	if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc,
		crypto_free) != 1 ||
	    sha256_of(sum, span("", 0), NULL) != PROV_OK)
		return (99);
	json_set_alloc_funcs(json_malloc, free);
	printf("1..8\n");
	each_fails(1, "buf", work_buf, 2);
	each_fails(2, "cbor", work_cbor, 1);
	each_fails(3, "yaml", work_yaml, 10);
	each_fails(4, "json", work_json, 4);
	each_fails(5, "file", work_file, 4);
	each_fails(6, "tree", work_tree, 4);
	cbor_never_allocates(7);
	each_fails(8, "jsonin", work_jsonin, 10);
	return (0);
}
