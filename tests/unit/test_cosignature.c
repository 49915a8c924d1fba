/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "logged.h"
#include "sign/cosignature.h"
#include "spans.h"

#define TEXT "example.com/log\n2\n" ROOT "\n"
#define ROOT "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="
#define NAME "witness.example/w1"

/* The only line that a witness of this seed makes. */
static void
cosign(struct buf *b, uint8_t seed, const char *text, int64_t time)
{
	AUTO(prov_key) *key = logged_key(NAME, seed);

	assert_non_null(key);
	assert_int_equal(cosignature_sign(b, key, str(text), time, NULL),
	    PROV_OK);
}

static void
witness_key(struct cosigner *c, uint8_t seed)
{
	AUTO(prov_key) *key = logged_key(NAME, seed);

	assert_non_null(key);
	assert_int_equal(cosigner_init(c, NAME, prov_key_public(key)->key,
			     NULL),
	    PROV_OK);
}

struct verified {
	const struct cosigner *c;
	const char *text;
	int64_t time;
	unsigned n;
};

static prov_status
verify_line(void *arg, const struct note_sig *s, prov_err *err)
{
	struct verified *v = arg;

	if (!cosigner_signed(v->c, s))
		return (PROV_OK);
	v->n++;
	return (cosignature_verify(&v->time, v->c, str(v->text), s->sig, err));
}

static void
there_and_back(void **state)
{
	static const int64_t times[] = { 1, 1679315147, INT64_MAX };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct cosigner c;
		struct verified v = { .c = &c, .text = TEXT };
		AUTO_BUF line = { 0 };

		witness_key(&c, 5);
		cosign(&line, 5, TEXT, times[i]);
		assert_int_equal(note_sigs(buf_span(&line), verify_line, &v,
				     NULL),
		    PROV_OK);
		assert_int_equal(v.n, 1);
		assert_true(v.time == times[i]);
		/* One letter of the text. */
		v.text = "example.com/log\n3\n" ROOT "\n";
		assert_int_equal(note_sigs(buf_span(&line), verify_line, &v,
				     NULL),
		    PROV_EUNTRUSTED);
		/* Another key of the name has another ID: passed over. */
		witness_key(&c, 6);
		v.n = 0;
		assert_int_equal(note_sigs(buf_span(&line), verify_line, &v,
				     NULL),
		    PROV_OK);
		assert_int_equal(v.n, 0);
	}
}

/* What is signed, to the byte: the specification's example of it. */
static void
message(void **state)
{
	static const char text[] =
	    "example.com/behind-the-sofa\n20852163\n"
	    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
	AUTO_BUF b = { 0 };

	(void)state;
	cosignature_message(&b, 1679315147, str(text));
	assert_true(span_eq(buf_span(&b),
	    str("cosignature/v1\ntime 1679315147\n"
		"example.com/behind-the-sofa\n20852163\n"
		"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n")));
}

static void
times_refused(void **state)
{
	AUTO(prov_key) *key = logged_key(NAME, 5);
	AUTO_BUF b = { 0 };
	uint8_t sig[8 + 64] = { 0 };
	struct cosigner c;
	int64_t time = 0;

	(void)state;
	assert_int_equal(cosignature_sign(&b, key, str(TEXT), 0, NULL),
	    PROV_EARG);
	assert_int_equal(cosignature_sign(&b, key, str(TEXT), -1, NULL),
	    PROV_EARG);
	assert_int_equal(b.len, 0);
	/* Signed all the same: 0, and 2^63. */
	witness_key(&c, 5);
	for (int i = 0; i < 2; i++) {
		AUTO_BUF m = { 0 };

		put_be64(sig, i == 0 ? 0 : UINT64_C(1) << 63);
		cosignature_message(&m, be64(sig), str(TEXT));
		assert_int_equal(key_sign(key, sig + 8, buf_span(&m), NULL),
		    PROV_OK);
		assert_int_equal(cosignature_verify(&time, &c, str(TEXT),
				     span(sig, sizeof(sig)), NULL),
		    PROV_EUNTRUSTED);
		assert_true(time == 0);
	}
	assert_int_equal(cosignature_verify(&time, &c, str(TEXT),
			     span(sig, sizeof(sig) - 1), NULL),
	    PROV_EUNTRUSTED);
}

/* Keys as others publish them, one with a colon in its name. */
static void
vkeys(void **state)
{
	static const char *const good[] = {
		"transparency.dev/DEV:witness-little-garden+d8042a87+"
		"BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
	};
	static const char *const bad[] = {
		"",
		"x",
		"x+y",
		"x+y+z",
		/* One digit of the hash, and of the key. */
		"transparency.dev/DEV:witness-little-garden+d8042a88+"
		"BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
		"transparency.dev/DEV:witness-little-garden+d8042a87+"
		"BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPN",
		/* A space, a control character; a signer's key; a byte less. */
		"w x+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
		"w\1+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
		"example.com/foo+530d903a+"
		"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"w+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEM=",
	};
	struct cosigner c;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		AUTO_BUF back = { 0 };

		assert_int_equal(cosigner_parse(&c, good[i], NULL), PROV_OK);
		assert_true(cosigner_usable(&c));
		cosigner_format(&back, &c);
		assert_true(span_eq(buf_span(&back), str(good[i])));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (cosigner_parse(&c, bad[i], NULL) != PROV_EFORMAT)
			fail_msg("%s was read", bad[i]);
}

/* A key of a type that is known but not built: read, never verified. */
static void
post_quantum(void **state)
{
	struct cosigner c = { .type = COSIGNER_MLDSA44,
		.len = 1312,
		.name = NAME };
	AUTO_BUF in = { 0 }, vkey = { 0 };
	uint8_t digest[32], sig[8 + 2420] = { [7] = 1 };
	int64_t time = 0;
	char *text;

	(void)state;
	buf_put_str(&in, NAME "\n\6");
	buf_put(&in, c.key, c.len);
	assert_int_equal(sha256_of(digest, buf_span(&in), NULL), PROV_OK);
	memcpy(c.id, digest, 4);
	cosigner_format(&vkey, &c);
	assert_int_equal(buf_take_str(&vkey, &text, NULL), PROV_OK);
	memset(&c, 0, sizeof(c));
	assert_int_equal(cosigner_parse(&c, text, NULL), PROV_OK);
	free(text);
	assert_int_equal(c.len, 1312);
	assert_false(cosigner_usable(&c));
	assert_int_equal(cosignature_verify(&time, &c, str(TEXT),
			     span(sig, sizeof(sig)), NULL),
	    PROV_EUNSUPPORTED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(message),
		cmocka_unit_test(times_refused),
		cmocka_unit_test(vkeys),
		cmocka_unit_test(post_quantum),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
