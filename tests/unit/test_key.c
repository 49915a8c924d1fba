/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "sample.h"
#include "sign/pubkey.h"

/* What libsodium calls interactive: the cheapest that a file may ask for. */
#define OPS 2
#define MEM (64UL << 20)

struct dir {
	char path[64];
	char key[96];
};

static int
setup(void **state)
{
	struct dir *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return (-1);
	(void)snprintf(d->path, sizeof(d->path), "/tmp/prov-key-XXXXXX");
	if (mkdtemp(d->path) == NULL)
		return (-1);
	(void)snprintf(d->key, sizeof(d->key), "%s/a.key", d->path);
	*state = d;
	return (0);
}

static int
teardown(void **state)
{
	struct dir *d = *state;

	(void)unlink(d->key);
	(void)rmdir(d->path);
	free(d);
	return (0);
}

struct answer {
	const char *text;
	prov_status st;
	unsigned asked;
};

static prov_status
ask(void *arg, const char *what, char *buf, size_t len, size_t *got)
{
	struct answer *a = arg;

	assert_non_null(what);
	a->asked++;
	if (a->st != PROV_OK)
		return (a->st);
	*got = strlen(a->text);
	assert_true(*got <= len);
	memcpy(buf, a->text, *got);
	return (PROV_OK);
}

static void
import_and_export(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	uint8_t seed[32], pub[32];

	(void)state;
	assert_non_null(k);
	assert_true(hex_decode(pub, 32,
	    "d75a980182b10ab7d54bfed3c964073a"
	    "0ee172f3daa62325af021a68f707511a",
	    64));
	assert_memory_equal(pub, prov_key_public(k)->key, 32);
	assert_int_equal(PROV_OK, prov_key_export(k, seed, NULL));
	assert_int_equal(0x9d, seed[0]);
	assert_int_equal(0x60, seed[31]);
	prov_key_free(NULL);
}

static void
import_refuses(void **state)
{
	const uint8_t seed[33] = { 1 };
	prov_key *k = NULL;

	(void)state;
	for (size_t n = 0; n <= 33; n++)
		if (n != 32)
			assert_int_equal(PROV_EARG,
			    prov_key_import(&k, "a", span(seed, n), NULL));
	assert_int_equal(PROV_EARG,
	    prov_key_import(&k, "a", span(NULL, 32), NULL));
	assert_int_equal(PROV_EFORMAT,
	    prov_key_import(&k, "a/../b", span(seed, 32), NULL));
	assert_int_equal(PROV_EFORMAT, prov_key_generate(&k, "", NULL));
	assert_null(k);
}

static void
generated_keys_differ(void **state)
{
	AUTO(prov_key) *a = NULL;
	AUTO(prov_key) *b = NULL;

	(void)state;
	assert_int_equal(PROV_OK, prov_key_generate(&a, "a", NULL));
	assert_int_equal(PROV_OK, prov_key_generate(&b, "a", NULL));
	assert_memory_not_equal(prov_key_public(a)->key,
	    prov_key_public(b)->key, 32);
}

static void
plain_file(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO(prov_key) *back = NULL;
	struct answer a = { .text = "x" };
	const struct dir *d = *state;
	struct stat sb;

	assert_int_equal(PROV_OK,
	    prov_key_save(k, d->key, span(NULL, 0), NULL));
	assert_int_equal(0, stat(d->key, &sb));
	assert_int_equal(0600, sb.st_mode & 07777);
	assert_int_equal(PROV_OK, prov_key_load(&back, d->key, ask, &a, NULL));
	assert_int_equal(0, a.asked);
	assert_memory_equal(prov_key_public(k), prov_key_public(back),
	    sizeof(prov_pubkey));
	/* Never over what is there. */
	assert_int_equal(PROV_EEXIST,
	    prov_key_save(k, d->key, span(NULL, 0), NULL));
}

static void
encrypted_file(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO(prov_key) *back = NULL;
	struct answer a = { .text = "correct horse" };
	const struct dir *d = *state;
	prov_err err = { 0 };
	uint8_t seed[32];
	AUTO_BUF b = { 0 };

	assert_int_equal(PROV_OK,
	    prov_key_save(k, d->key, span("correct horse", 13), NULL));
	assert_int_equal(PROV_OK, file_read(&b, d->key, KEY_FILE_MAX, NULL));
	assert_int_equal(PROV_OK, prov_key_export(k, seed, NULL));
	assert_null(memmem(b.p, b.len, seed, 8));
	assert_int_equal(PROV_EPASSPHRASE,
	    prov_key_load(&back, d->key, NULL, NULL, &err));
	assert_non_null(strstr(err.msg, "passphrase"));
	assert_null(back);
	assert_int_equal(PROV_OK, prov_key_load(&back, d->key, ask, &a, NULL));
	assert_int_equal(1, a.asked);
	assert_memory_equal(prov_key_public(k), prov_key_public(back),
	    sizeof(prov_pubkey));
}

static void
wrong_passphrases(void **state)
{
	static const char *const rows[] = { "", "Secret", "secret ", "secre" };
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	struct answer gives_up = { .st = PROV_EPASSPHRASE };
	prov_key *back = NULL;
	AUTO_BUF b = { 0 };

	(void)state;
	assert_int_equal(PROV_OK,
	    key_encode_cost(&b, k, span("secret", 6), OPS, MEM, NULL));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer a = { .text = rows[i] };
		prov_err err = { 0 };

		assert_int_equal(PROV_EPASSPHRASE,
		    key_decode(&back, buf_span(&b), ask, &a, "k", &err));
		assert_int_equal(1, a.asked);
		assert_non_null(strstr(err.msg, "wrong passphrase"));
	}
	assert_int_equal(PROV_EPASSPHRASE,
	    key_decode(&back, buf_span(&b), ask, &gives_up, "k", NULL));
	assert_null(back);
	b.len = 0;
	assert_int_equal(PROV_EPASSPHRASE,
	    key_encode(&b, k, span("", 0), NULL));
	assert_int_equal(0, b.len);
}

static prov_status
too_long(void *arg, const char *what, char *buf, size_t len, size_t *got)
{
	(void)arg;
	(void)what;
	(void)buf;
	*got = len + 1;
	return (PROV_OK);
}

static void
lying_callback(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	prov_key *back = NULL;
	AUTO_BUF b = { 0 };

	(void)state;
	assert_int_equal(PROV_OK,
	    key_encode_cost(&b, k, span("secret", 6), OPS, MEM, NULL));
	assert_int_equal(PROV_EARG,
	    key_decode(&back, buf_span(&b), too_long, NULL, "k", NULL));
}

/* A key file is asked for its passphrase only if its cost is allowed. */
static void
costs(void **state)
{
	static const struct {
		uint64_t ops, mem;
	} rows[] = { { 1, MEM }, { 5, MEM }, { 0, MEM }, { OPS, MEM - 1 },
		{ OPS, (1UL << 30) + 1 }, { OPS, 8192 }, { UINT64_MAX, MEM },
		{ OPS, UINT64_MAX } };
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	const prov_pubkey *pub = prov_key_public(k);
	uint8_t zero[48] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer a = { .text = "secret" };
		prov_key *back = NULL;
		AUTO_BUF b = { 0 };

		buf_put(&b, "\x82\xa4\x01\x01\x02", 5);
		cbor_put_text(&b, pub->name);
		cbor_put_uint(&b, 3);
		cbor_put_bytes(&b, span(pub->key, 32));
		cbor_put_uint(&b, 4);
		cbor_put_array(&b, 5);
		cbor_put_text(&b, "argon2id13");
		cbor_put_bytes(&b, span(zero, 16));
		cbor_put_uint(&b, rows[i].ops);
		cbor_put_uint(&b, rows[i].mem);
		cbor_put_bytes(&b, span(zero, 24));
		cbor_put_bytes(&b, span(zero, 48));
		assert_int_equal(PROV_ELIMIT,
		    key_decode(&back, buf_span(&b), ask, &a, "k", NULL));
		assert_int_equal(0, a.asked);
	}
}

static void
refused_files(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	const struct dir *d = *state;
	static const mode_t modes[] = { 0640, 0604, 0660, 0601, 0610, 0666 };
	prov_key *back = NULL;
	prov_err err = { 0 };
	char link[128];

	assert_int_equal(PROV_ENOTFOUND,
	    prov_key_load(&back, d->key, NULL, NULL, NULL));
	assert_int_equal(PROV_OK,
	    prov_key_save(k, d->key, span(NULL, 0), NULL));
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(0, chmod(d->key, modes[i]));
		prov_err_clear(&err);
		assert_int_equal(PROV_EUNTRUSTED,
		    prov_key_load(&back, d->key, NULL, NULL, &err));
		assert_non_null(strstr(err.msg, "chmod 600"));
	}
	assert_int_equal(0, chmod(d->key, 0600));
	(void)snprintf(link, sizeof(link), "%s/link", d->path);
	assert_int_equal(0, symlink(d->key, link));
	prov_err_clear(&err);
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_key_load(&back, link, NULL, NULL, &err));
	assert_non_null(strstr(err.msg, "symbolic link"));
	assert_int_equal(0, unlink(link));
	assert_int_equal(0, mkfifo(link, 0600));
	assert_int_equal(PROV_EOPEN,
	    prov_key_load(&back, link, NULL, NULL, NULL));
	assert_int_equal(0, unlink(link));
	assert_int_equal(PROV_EOPEN,
	    prov_key_load(&back, d->path, NULL, NULL, NULL));
	if (geteuid() != 0) {
		print_message("# not root: a file of another user not tried\n");
		return;
	}
	assert_int_equal(0, chown(d->key, 65534, 65534));
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_key_load(&back, d->key, NULL, NULL, NULL));
	assert_null(back);
}

static void
file_sizes(void **state)
{
	const struct dir *d = *state;
	uint8_t junk[KEY_FILE_MAX + 1] = { 0 };
	prov_key *back = NULL;

	for (size_t n = 0; n <= sizeof(junk); n += n < 3 ? 1 : 511) {
		assert_int_equal(PROV_OK,
		    file_write(d->key, span(junk, n), 0600, 0, NULL));
		assert_int_equal(PROV_EFORMAT,
		    prov_key_load(&back, d->key, NULL, NULL, NULL));
	}
}

/* A damaged plain file is refused, or still is the key that it says. */
static void
flips_plain(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_BUF b = { 0 };

	(void)state;
	assert_int_equal(PROV_OK, key_encode(&b, k, span(NULL, 0), NULL));
	for (size_t i = 0; i < b.len * 8; i++) {
		AUTO(prov_key) *back = NULL;

		b.p[i / 8] ^= (uint8_t)(1U << (i % 8));
		if (key_decode(&back, buf_span(&b), NULL, NULL, "k", NULL) ==
			PROV_OK &&
		    memcmp(prov_key_public(back)->key, prov_key_public(k)->key,
			32) != 0)
			fail_msg("bit %zu gives another key", i);
		b.p[i / 8] ^= (uint8_t)(1U << (i % 8));
	}
	for (size_t n = 0; n < b.len; n++) {
		prov_key *back = NULL;

		assert_int_not_equal(PROV_OK,
		    key_decode(&back, span(b.p, n), NULL, NULL, "k", NULL));
	}
}

/* Header and box are authenticated; a few bits, for each costs 0.1 s. */
static void
flips_encrypted(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_BUF b = { 0 };

	(void)state;
	assert_int_equal(PROV_OK,
	    key_encode_cost(&b, k, span("secret", 6), OPS, MEM, NULL));
	for (size_t i = 0; i < b.len; i += 9) {
		struct answer a = { .text = "secret" };
		prov_key *back = NULL;

		b.p[i] ^= 1;
		if (key_decode(&back, buf_span(&b), ask, &a, "k", NULL) ==
		    PROV_OK)
			fail_msg("byte %zu", i);
		b.p[i] ^= 1;
	}
}

/* The name is authenticated too: a file cannot be passed off as another's. */
static void
renamed(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	struct answer a = { .text = "secret" };
	prov_key *back = NULL;
	AUTO_BUF b = { 0 };
	uint8_t *name;

	(void)state;
	assert_int_equal(PROV_OK,
	    key_encode_cost(&b, k, span("secret", 6), OPS, MEM, NULL));
	name = memmem(b.p, b.len, "camera-1", 8);
	assert_non_null(name);
	name[7] = '2';
	assert_int_equal(PROV_EPASSPHRASE,
	    key_decode(&back, buf_span(&b), ask, &a, "k", NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(import_and_export),
		cmocka_unit_test(import_refuses),
		cmocka_unit_test(generated_keys_differ),
		cmocka_unit_test_setup_teardown(plain_file, setup, teardown),
		cmocka_unit_test_setup_teardown(encrypted_file, setup,
		    teardown),
		cmocka_unit_test(wrong_passphrases),
		cmocka_unit_test(lying_callback),
		cmocka_unit_test(costs),
		cmocka_unit_test_setup_teardown(refused_files, setup, teardown),
		cmocka_unit_test_setup_teardown(file_sizes, setup, teardown),
		cmocka_unit_test(flips_plain),
		cmocka_unit_test(flips_encrypted),
		cmocka_unit_test(renamed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
