/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/file.h"
#include "base/text.h"
#include "hash/sha256.h"
#include "shared.h"
#include "sign/note.h"
#include "sign/pubkey.h"

/* reference/tlog.md 1.1: C2SP's own example. */
#define GOLDEN                      \
	"example.com/foo+530d903a+" \
	"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

static void
names(void **state)
{
	static const struct {
		const char *name;
		bool fine;
	} rows[] = { { "a", true }, { "demo/camera-1", true },
		{ "A.b_c-9/x", true }, { "...", true }, { "a/b/c/log", true },
		{ "", false }, { "/", false }, { "/a", false }, { "a/", false },
		{ "a//b", false }, { ".", false }, { "..", false },
		{ "a/../b", false }, { "a/.", false }, { "a b", false },
		{ "a+b", false }, { "a\nb", false }, { "caf\xc3\xa9", false },
		{ "a\\b", false }, { "a:b", false } };
	char longest[PROV_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((prov_name_check(rows[i].name, NULL) == PROV_OK) !=
		    rows[i].fine)
			fail_msg("name %s", rows[i].name);
	memset(longest, 'x', sizeof(longest));
	longest[PROV_NAME_MAX + 1] = '\0';
	assert_int_not_equal(PROV_OK, prov_name_check(longest, NULL));
	assert_int_equal(PROV_EARG, prov_name_check(NULL, NULL));
	longest[PROV_NAME_MAX] = '\0';
	assert_int_equal(PROV_OK, prov_name_check(longest, NULL));
	assert_int_equal(PROV_EARG, prov_name_check(NULL, NULL));
}

static void
vkey_golden(void **state)
{
	char out[PROV_VKEY_MAX + 1];
	prov_pubkey k;

	(void)state;
	assert_int_equal(PROV_OK, prov_vkey_parse(&k, GOLDEN, NULL));
	assert_string_equal("example.com/foo", k.name);
	prov_vkey_format(&k, out);
	assert_string_equal(GOLDEN, out);
}

static void
vkey_longest(void **state)
{
	char name[PROV_NAME_MAX + 1], out[PROV_VKEY_MAX + 1];
	const uint8_t key[32] = { 9 };
	prov_pubkey k, back;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[PROV_NAME_MAX] = '\0';
	assert_int_equal(PROV_OK, pubkey_init(&k, name, key, NULL));
	prov_vkey_format(&k, out);
	assert_int_equal(PROV_OK, prov_vkey_parse(&back, out, NULL));
	assert_memory_equal(&k, &back, sizeof(k));
}

static void
vkey_refused(void **state)
{
	static const char *const rows[] = { "", "+", "++",
		"example.com/foo+530d903a+",
		"example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYc"
		"rnKv3U2k",
		"example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYc"
		"rnKv3U2k",
		"example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYc"
		"rnKv3U2k",
		GOLDEN "\n", GOLDEN "=", " " GOLDEN,
		/* a cosigner's key: type 4 */
		"example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYc"
		"rnKv3U2k",
		"PRIVATE+KEY+example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV"
		"54Id2LKaANYcrnKv3U2k" };
	prov_pubkey k = { .name = "untouched" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_err err = { 0 };

		if (prov_vkey_parse(&k, rows[i], &err) == PROV_OK)
			fail_msg("accepted %s", rows[i]);
		assert_int_not_equal('\0', err.msg[0]);
	}
	assert_string_equal("untouched", k.name);
	assert_int_not_equal(PROV_OK, prov_vkey_parse(&k, NULL, NULL));
}

/* The hash is only 32 bits, but it sees every single bit. */
static void
vkey_flips(void **state)
{
	char s[] = GOLDEN;
	prov_pubkey k;

	(void)state;
	for (size_t i = 0; i < (sizeof(s) - 1) * 8; i++) {
		s[i / 8] = (char)(s[i / 8] ^ (1 << (i % 8)));
		if (prov_vkey_parse(&k, s, NULL) == PROV_OK)
			fail_msg("bit %zu: accepted %s", i, s);
		s[i / 8] = (char)(s[i / 8] ^ (1 << (i % 8)));
	}
}

static void
kid_is_rfc9679(void **state)
{
	uint8_t cose[40], want[32];
	prov_pubkey k;

	(void)state;
	assert_int_equal(PROV_OK, prov_vkey_parse(&k, GOLDEN, NULL));
	assert_true(hex_decode(cose, 8, "a301012006215820", 16));
	memcpy(cose + 8, k.key, 32);
	assert_int_equal(PROV_OK,
	    sha256_of(want, span(cose, sizeof(cose)), NULL));
	assert_memory_equal(want, k.kid, 32);
}

static prov_status
verify_hex(const char *key, const char *sig, const char *msg)
{
	uint8_t k[32], s[64], m[4096];
	size_t n = strlen(msg) / 2;

	if (!hex_decode(k, 32, key, strlen(key)) ||
	    !hex_decode(s, 64, sig, strlen(sig)))
		return (PROV_EUNTRUSTED);
	assert_true(n <= sizeof(m) && hex_decode(m, n, msg, strlen(msg)));
	return (pubkey_verify(k, s, span(m, n), NULL));
}

/* RFC 8032 7.1, tests 1 to 3. */
static void
rfc8032(void **state)
{
	static const struct {
		const char *key, *sig, *msg;
	} rows[] = {
		{ "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70"
		  "7511a",
		    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e0652"
		    "24901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe2465"
		    "5141438e7a100b",
		    "" },
		{ "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af"
		  "4660c",
		    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223e"
		    "bdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb0"
		    "0d291612bb0c00",
		    "72" },
		{ "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb9115489"
		  "08025",
		    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7d"
		    "b5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc0"
		    "27beceea1ec40a",
		    "af82" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(PROV_OK,
		    verify_hex(rows[i].key, rows[i].sig, rows[i].msg));
		assert_int_equal(PROV_EUNTRUSTED,
		    verify_hex(rows[i].key, rows[i].sig, "73"));
	}
}

/* S + L signs the same message: malleability, which must not pass. */
static void
malleable(void **state)
{
	uint8_t order[32], key[32], sig[64];
	unsigned carry = 0;

	(void)state;
	assert_true(hex_decode(order, 32,
	    "edd3f55c1a631258d69cf7a2def9de14"
	    "00000000000000000000000000000010",
	    64));
	assert_true(hex_decode(key, 32,
	    "d75a980182b10ab7d54bfed3c964073a"
	    "0ee172f3daa62325af021a68f707511a",
	    64));
	assert_true(hex_decode(sig, 64,
	    "e5564300c360ac729086e2cc806e828a"
	    "84877f1eb8e5d974d873e06522490155"
	    "5fb8821590a33bacc61e39701cf9b46b"
	    "d25bf5f0595bbe24655141438e7a100b",
	    128));
	assert_int_equal(PROV_OK, pubkey_verify(key, sig, span("", 0), NULL));
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)sig[32 + i] + order[i];
		sig[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_int_equal(PROV_EUNTRUSTED,
	    pubkey_verify(key, sig, span("", 0), NULL));
}

/* With A of order 1 and S = 0, R = A "signs" everything. */
static void
small_order(void **state)
{
	uint8_t key[32] = { 1 }, sig[64] = { 1 };

	(void)state;
	assert_int_equal(PROV_EUNTRUSTED,
	    pubkey_verify(key, sig, span("any", 3), NULL));
	memset(key, 0, sizeof(key)); /* order 4 */
	assert_int_equal(PROV_EUNTRUSTED,
	    pubkey_verify(key, sig, span("any", 3), NULL));
}

static const char *
text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	assert_non_null(s);
	return (s);
}

static void
wycheproof(void **state)
{
	json_t *root, *group, *test;
	size_t i, j, n = 0;
	char path[4096];

	(void)state;
	if (!shared_path(path, sizeof(path),
		"vectors/wycheproof/ed25519_test.json"))
		return;
	assert_non_null(root = json_load_file(path, 0, NULL));
	json_array_foreach(json_object_get(root, "testGroups"), i, group)
	{
		const char *key =
		    text_of(json_object_get(group, "publicKey"), "pk");

		json_array_foreach(json_object_get(group, "tests"), j, test)
		{
			bool valid =
			    strcmp(text_of(test, "result"), "valid") == 0;
			prov_status st = verify_hex(key, text_of(test, "sig"),
			    text_of(test, "msg"));

			n++;
			if ((st == PROV_OK) != valid)
				fail_msg("case %zu: %s", n,
				    text_of(test, "comment"));
		}
	}
	json_decref(root);
	assert_int_equal(151, n);
}

/* libsodium's policy, which is prov's: of the twelve only number 3 passes. */
static void
speccheck(void **state)
{
	char path[4096];
	json_t *root, *c;
	size_t i;

	(void)state;
	if (!shared_path(path, sizeof(path),
		"vectors/ed25519-speccheck/cases.json"))
		return;
	assert_non_null(root = json_load_file(path, 0, NULL));
	assert_int_equal(12, json_array_size(root));
	json_array_foreach(root, i, c)
	{
		prov_status st = verify_hex(text_of(c, "pub_key"),
		    text_of(c, "signature"), text_of(c, "message"));

		if ((st == PROV_OK) != (i == 3))
			fail_msg("case %zu: %d", i, st);
	}
	json_decref(root);
}

/* One line: secret key and public key, public key, message, signed message. */
static void
sign_input_line(char *line)
{
	char *field[4], *s = line;

	for (size_t i = 0; i < 4; i++) {
		field[i] = s;
		assert_non_null(s = strchr(s, ':'));
		*s++ = '\0';
	}
	assert_true(strlen(field[3]) >= 128);
	field[3][128] = '\0';
	assert_int_equal(PROV_OK, verify_hex(field[1], field[3], field[2]));
	field[3][0] = field[3][0] == '0' ? '1' : '0';
	assert_int_equal(PROV_EUNTRUSTED,
	    verify_hex(field[1], field[3], field[2]));
}

static void
sign_input(void **state)
{
	char path[4096], *line = NULL;
	size_t cap = 0, n = 0;
	FILE *f;

	(void)state;
	if (!shared_path(path, sizeof(path),
		"vectors/ed25519-sign-input/sign.input"))
		return;
	assert_non_null(f = fopen(path, "r"));
	for (; getline(&line, &cap, f) > 0; n++)
		sign_input_line(line);
	free(line);
	(void)fclose(f);
	assert_int_equal(1024, n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(vkey_golden),
		cmocka_unit_test(vkey_longest),
		cmocka_unit_test(vkey_refused),
		cmocka_unit_test(vkey_flips),
		cmocka_unit_test(kid_is_rfc9679),
		cmocka_unit_test(rfc8032),
		cmocka_unit_test(malleable),
		cmocka_unit_test(small_order),
		cmocka_unit_test(wycheproof),
		cmocka_unit_test(speccheck),
		cmocka_unit_test(sign_input),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
