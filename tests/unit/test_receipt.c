/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shared.h"
#include "sign/cose.h"
#include "sign/receipt.h"
#include "small.h"

#define VECTORS "vectors/scitt-cose/v1"

/* With the line that receipts are made of. */
static void
endorsed_open(struct small *s)
{
	small_open(s);
	ok(receipt_endorse(&s->note, s->log, s->root, err));
}

static void
prove(struct small *s, uint64_t i, struct buf *out)
{
	struct proof p = small_proof(s, i);

	out->len = 0;
	ok(proof_receipt(out, &p, prov_key_public(s->log), err));
}

static prov_status
verify(const struct small *s, prov_span bytes, uint64_t entry, unsigned flags)
{
	const uint8_t e = (uint8_t)('0' + entry);
	uint8_t root[32] = { 0 };
	struct receipt r;
	prov_status st;

	if ((st = receipt_parse(&r, bytes, NULL)) != PROV_OK)
		return (st);
	st = receipt_verify(root, &r, span(&e, 1), prov_key_public(s->log),
	    flags, NULL);
	if (st == PROV_OK)
		assert_memory_equal(s->root, root, 32);
	return (st);
}

static void
form(void **state)
{
	static const uint8_t head[] = { 0xd2, 0x84, 0x58 };
	static const uint8_t tail[] = { 0x19, 0x01, 0x8b, 0x01, 0xa1, 0x19,
		0x01, 0x8c, 0xa1, 0x20, 0x81, 0x58 };
	struct small s;
	AUTO_BUF bytes = { 0 };
	struct receipt r;

	(void)state;
	endorsed_open(&s);
	prove(&s, 6, &bytes);
	assert_memory_equal(head, bytes.p, sizeof(head));
	ok(receipt_parse(&r, buf_span(&bytes), err));
	/* vds ends the protected header; the proof follows. */
	assert_memory_equal(tail, r.protected_.p + r.protected_.len - 4,
	    sizeof(tail));
	assert_int_equal(COSE_EDDSA, r.alg);
	assert_true(r.has_kid && r.has_claims);
	assert_int_equal(32, r.kid.len);
	assert_memory_equal(prov_key_public(s.log)->kid, r.kid.p, 32);
	assert_true(span_eq(r.iss, span(LOG_NAME, strlen(LOG_NAME))));
	assert_int_equal(71, r.sub.len);
	assert_int_equal(SMALL_N, r.size);
	assert_int_equal(6, r.index);
	assert_int_equal(2, r.n);
	ok(cbor_check(buf_span(&bytes), err));
	small_close(&s);
}

static void
proves_one_entry(void **state)
{
	struct small s;
	AUTO_BUF bytes = { 0 };

	(void)state;
	endorsed_open(&s);
	for (uint64_t i = 0; i < SMALL_N; i++) {
		prove(&s, i, &bytes);
		for (uint64_t e = 0; e < SMALL_N; e++)
			assert_int_equal(e == i ? PROV_OK : PROV_EUNTRUSTED,
			    verify(&s, buf_span(&bytes), e, 0));
	}
	small_close(&s);
}

/*
 * Each bit counts, but for those of size and index that lead to the same root:
 * that is why position comes from the tlog-proof.
 */
static void
every_bit_counts(void **state)
{
	struct small s;
	AUTO_BUF bytes = { 0 };
	size_t passed = 0;

	(void)state;
	endorsed_open(&s);
	prove(&s, 2, &bytes);
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		struct receipt r;

		bytes.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (verify(&s, buf_span(&bytes), 2, RECEIPT_FOREIGN) ==
		    PROV_OK) {
			ok(receipt_parse(&r, buf_span(&bytes), err));
			if (r.size == SMALL_N && r.index == 2)
				fail_msg("bit %zu", bit);
			passed++;
		}
		bytes.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	/* Sizes 5 and 6 give the same root by this path. */
	assert_in_range(passed, 1, 4);
	for (size_t len = 0; len < bytes.len; len++)
		assert_int_not_equal(PROV_OK,
		    verify(&s, span(bytes.p, len), 2, RECEIPT_FOREIGN));
	small_close(&s);
}

static void
path_length(void **state)
{
	struct small s;
	AUTO_BUF bytes = { 0 };
	struct receipt r;
	uint8_t root[32];

	(void)state;
	endorsed_open(&s);
	for (uint64_t i = 0; i < SMALL_N; i++) {
		const uint8_t e = (uint8_t)('0' + i);
		size_t n;

		prove(&s, i, &bytes);
		ok(receipt_parse(&r, buf_span(&bytes), err));
		n = r.n;
		for (r.n = 0; r.n <= n + 1; r.n++)
			assert_int_equal(r.n == n ? PROV_OK : PROV_EUNTRUSTED,
			    receipt_verify(root, &r, span(&e, 1),
				prov_key_public(s.log), 0, NULL));
	}
	small_close(&s);
}

/* The first entry of a log has an empty path, which RFC 9942's CDDL forgot. */
static void
log_of_one(void **state)
{
	AUTO(prov_key) *log = logged_key(LOG_NAME, 1);
	const prov_pubkey *key = prov_key_public(log);
	struct checkpoint c = { .origin = LOG_NAME, .size = 1 };
	AUTO_BUF text = { 0 }, note = { 0 }, bytes = { 0 };
	struct proof p = { 0 };
	struct receipt r;
	uint8_t root[32];

	(void)state;
	ok(tree_leaf(c.root, span("x", 1), err));
	checkpoint_text(&text, &c);
	ok(note_sign(&note, log, buf_span(&text), err));
	ok(receipt_endorse(&note, log, c.root, err));
	p.note = buf_span(&note);
	ok(proof_receipt(&bytes, &p, key, err));
	ok(receipt_parse(&r, buf_span(&bytes), err));
	assert_int_equal(0, r.n);
	ok(receipt_verify(root, &r, span("x", 1), key, 0, err));
	assert_memory_equal(c.root, root, 32);
	for (r.size = 0; r.size < 4; r.size += 2)
		assert_int_equal(PROV_EUNTRUSTED,
		    receipt_verify(root, &r, span("x", 1), key, 0, NULL));
	r.size = 1;
	r.n = 1;
	assert_int_equal(PROV_EUNTRUSTED,
	    receipt_verify(root, &r, span("x", 1), key, 0, NULL));
}

/* A receipt as others may make it, in hex. */
struct made {
	const char *protected_;  /* all of the header */
	const char *unprotected; /* its head and what precedes the proof */
	const char *payload;     /* NULL: none */
	unsigned flags;
	prov_status want;
};

static void
put_hex(struct buf *b, const char *hex)
{
	size_t n = strlen(hex) / 2;
	uint8_t *p = buf_grow(b, n);

	assert_non_null(p);
	assert_true(hex_decode(p, n, hex, 2 * n));
}

/* 396: {-1: [proof of entry 2]} */
static void
put_vdp(struct buf *b, struct small *s)
{
	AUTO_BUF proof = { 0 };
	struct proof p = small_proof(s, 2);

	cbor_put_array(&proof, 3);
	cbor_put_uint(&proof, SMALL_N);
	cbor_put_uint(&proof, 2);
	cbor_put_array(&proof, p.n);
	for (size_t i = 0; i < p.n; i++)
		cbor_put_bytes(&proof, span(p.path + 32 * i, 32));
	put_hex(b, "19018ca12081");
	cbor_put_bytes(b, buf_span(&proof));
}

static void
make(struct buf *b, struct small *s, const struct made *m)
{
	const char *unprotected = m->unprotected ? m->unprotected : "a1";
	AUTO_BUF prot = { 0 }, tbs = { 0 };
	uint8_t sig[64];

	put_hex(&prot, m->protected_);
	cose_to_sign(&tbs, buf_span(&prot), span(s->root, 32));
	ok(key_sign(s->log, sig, buf_span(&tbs), err));
	b->len = 0;
	cbor_put_tag(b, COSE_SIGN1);
	cbor_put_array(b, 4);
	cbor_put_bytes(b, buf_span(&prot));
	put_hex(b, unprotected);
	if (unprotected[1] != '0')
		put_vdp(b, s);
	put_hex(b, m->payload != NULL ? m->payload : "f6");
	cbor_put_bytes(b, span(sig, 64));
	ok(buf_done(b, err));
}

#define CLAIMS "0fa2017164656d6f2f63616d6572612d312f6c6f67026178"

/* What others may do, and what they may not. All are signed by the log. */
static void
headers(void **state)
{
	enum { FOREIGN = RECEIPT_FOREIGN };
	static const struct made rows[] = {
		/* vds and alg alone, as scitt-cose has them: by policy only. */
		{ "a219018b010127", NULL, NULL, FOREIGN, PROV_OK },
		{ "a219018b010127", NULL, NULL, 0, PROV_EFORMAT },
		{ "a3012719018b01" CLAIMS, NULL, NULL, 0, PROV_EFORMAT },
		{ "a3" CLAIMS "012719018b01", NULL, NULL, FOREIGN, PROV_OK },
		/* Ed25519 by its own number. */
		{ "a219018b010132", NULL, NULL, FOREIGN, PROV_OK },
		/* ES256, none, and no number at all. */
		{ "a219018b010126", NULL, NULL, FOREIGN, PROV_EUNSUPPORTED },
		{ "a119018b01", NULL, NULL, FOREIGN, PROV_EFORMAT },
		{ "a219018b01016161", NULL, NULL, FOREIGN, PROV_EFORMAT },
		/* Another tree, none, and one that is not signed. */
		{ "a219018b020127", NULL, NULL, FOREIGN, PROV_EUNSUPPORTED },
		{ "a10127", NULL, NULL, FOREIGN, PROV_EFORMAT },
		{ "a10127", "a219018b01", NULL, FOREIGN, PROV_EFORMAT },
		/* A label twice, in either header and in both. */
		{ "a319018b0101270127", NULL, NULL, FOREIGN, PROV_EFORMAT },
		{ "a319018b01012719018b01", NULL, NULL, FOREIGN, PROV_EFORMAT },
		{ "a219018b010127", "a30a000a00", NULL, FOREIGN, PROV_EFORMAT },
		{ "a219018b010127", "a20127", NULL, FOREIGN, PROV_EFORMAT },
		/* Labels that nobody knows, and crit, which must be known. */
		{ "a319018b010127190fff01", NULL, NULL, FOREIGN, PROV_OK },
		{ "a319018b0101276161a0", "a20af6", NULL, FOREIGN, PROV_OK },
		{ "a319018b010127028104", NULL, NULL, FOREIGN,
		    PROV_EUNSUPPORTED },
		{ "a219018b010127", "a2028104", NULL, FOREIGN, PROV_EFORMAT },
		/* Another's: by its issuer, by its kid. Half of the claims. */
		{ "a319018b0101270fa201616102616b", NULL, NULL, FOREIGN,
		    PROV_ENOTFOUND },
		{ "a319018b01012704416b", NULL, NULL, FOREIGN, PROV_ENOTFOUND },
		{ "a319018b0101270fa1026161", NULL, NULL, FOREIGN,
		    PROV_EFORMAT },
		/* A payload of its own; no proof; not in its shortest form. */
		{ "a219018b010127", NULL, "40", FOREIGN, PROV_EFORMAT },
		{ "a219018b010127", "a0", NULL, FOREIGN, PROV_EFORMAT },
		{ "a219018b01011807", NULL, NULL, FOREIGN, PROV_EFORMAT },
		{ "a219018b010127ff", NULL, NULL, FOREIGN, PROV_EFORMAT },
		{ "bf19018b010127ff", NULL, NULL, FOREIGN, PROV_EFORMAT },
	};
	struct small s;
	AUTO_BUF b = { 0 };

	(void)state;
	endorsed_open(&s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_status st;

		make(&b, &s, &rows[i]);
		st = verify(&s, buf_span(&b), 2, rows[i].flags);
		if (st != rows[i].want)
			fail_msg("row %zu: %d", i, (int)st);
	}
	/* Not tagged; something behind it. */
	make(&b, &s, &rows[0]);
	assert_int_equal(PROV_EFORMAT,
	    verify(&s, span(b.p + 1, b.len - 1), 2, RECEIPT_FOREIGN));
	buf_put_byte(&b, 0);
	assert_int_equal(PROV_EFORMAT,
	    verify(&s, buf_span(&b), 2, RECEIPT_FOREIGN));
	small_close(&s);
}

/* More than one proof, or of another kind. */
static void
proofs(void **state)
{
	static const char *const rows[] = {
		"a119018ca0",             /* none */
		"a119018ca12080",         /* an empty list */
		"a119018ca120824040",     /* two */
		"a119018ca1218140",       /* consistency */
		"a119018ca2208140218140", /* both */
		"a119018ca1208140",       /* no proof in it */
		"a119018ca12081f6",
		"a119018c80",
	};
	struct small s;

	(void)state;
	endorsed_open(&s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_BUF b = { 0 };

		put_hex(&b, "d28447a219018b010127");
		put_hex(&b, rows[i]);
		put_hex(&b, "f6");
		cbor_put_bytes(&b, span(s.note.p, 64));
		assert_int_not_equal(PROV_OK,
		    verify(&s, buf_span(&b), 2, RECEIPT_FOREIGN));
	}
	small_close(&s);
}

/* The checkpoint's line: another log's, another root's, and none. */
static void
line(void **state)
{
	AUTO(prov_key) *other = logged_key("demo/other/log", 1);
	AUTO(prov_key) *impostor = logged_key(LOG_NAME, 2);
	const prov_pubkey *key;
	struct small s;
	AUTO_BUF bytes = { 0 }, text = { 0 }, note = { 0 };
	struct checkpoint c = { .origin = LOG_NAME, .size = SMALL_N };
	struct proof p = { 0 };
	uint8_t sig[64], root[32] = { 1 };

	(void)state;
	endorsed_open(&s);
	key = prov_key_public(s.log);
	ok(receipt_line(sig, buf_span(&s.note), key, err));
	ok(receipt_check(sig, s.root, key, err));
	assert_int_equal(PROV_EUNTRUSTED, receipt_check(sig, root, key, NULL));
	assert_int_equal(PROV_EUNTRUSTED,
	    receipt_check(sig, s.root, prov_key_public(other), NULL));
	assert_int_equal(PROV_ENOTFOUND,
	    receipt_line(sig, buf_span(&s.note), prov_key_public(other), NULL));
	assert_int_equal(PROV_ENOTFOUND, receipt_line(sig, buf_span(&s.note),
					     prov_key_public(impostor), NULL));
	/* A checkpoint without it, and one with the line of another root. */
	memcpy(c.root, s.root, 32);
	checkpoint_text(&text, &c);
	ok(note_sign(&note, s.log, buf_span(&text), err));
	p.note = buf_span(&note);
	assert_int_equal(PROV_ENOTFOUND, proof_receipt(&bytes, &p, key, NULL));
	ok(receipt_endorse(&note, s.log, root, err));
	p.note = buf_span(&note);
	assert_int_equal(PROV_EUNTRUSTED, proof_receipt(&bytes, &p, key, NULL));
	assert_int_equal(0, bytes.len);
	small_close(&s);
}

/* Longer than any receipt, and shorter. */
static void
limits(void **state)
{
	AUTO_BUF b = { 0 };
	struct receipt r;

	(void)state;
	put_hex(&b, "d284");
	assert_non_null(buf_grow(&b, RECEIPT_MAX));
	assert_int_equal(PROV_ELIMIT, receipt_parse(&r, buf_span(&b), NULL));
	assert_int_equal(PROV_EFORMAT, receipt_parse(&r, span("", 0), NULL));
}

static bool
vector_file(struct buf *b, const char *vector, const char *file)
{
	char name[128], path[512];

	snprintf(name, sizeof(name), VECTORS "/%s/%s", vector, file);
	b->len = 0;
	return (shared_path(path, sizeof(path), name) &&
		file_read(b, path, 1 << 16, NULL) == PROV_OK);
}

/* SubjectPublicKeyInfo of Ed25519 in PEM: 12 bytes of head, the key. */
static void
vector_key(prov_pubkey *key, const char *vector)
{
	AUTO_BUF pem = { 0 }, der = { 0 };
	prov_span text, head, body;

	memset(key, 0, sizeof(*key));
	assert_true(vector_file(&pem, vector, "log-key.pub"));
	text = buf_span(&pem);
	assert_true(text_line(&text, &head) && text_line(&text, &body));
	assert_true(base64_decode(&der, (const char *)body.p, body.len));
	assert_int_equal(44, der.len);
	memcpy(key->name, "vector", 7);
	memcpy(key->key, der.p + 12, 32);
}

/* scitt-cose's vectors: the entry is the statement's SHA-256 there. */
static void
vectors(void **state)
{
	static const struct {
		const char *name;
		prov_status parses, verifies;
	} rows[] = {
		{ "valid-eddsa", PROV_OK, PROV_OK },
		/* Its statement is bad, its receipt is not. */
		{ "fail-bad-statement-sig", PROV_OK, PROV_OK },
		{ "fail-tampered-path", PROV_OK, PROV_EUNTRUSTED },
		{ "fail-unsupported-vds", PROV_EUNSUPPORTED, PROV_OK },
		/* CCF's tree by ES384, and ES256: not ours to judge. */
		{ "valid-ccf-vds2", PROV_EUNSUPPORTED, PROV_OK },
		{ "valid-es256", PROV_EUNSUPPORTED, PROV_OK },
	};
	char path[512];

	(void)state;
	if (!shared_path(path, sizeof(path), VECTORS))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_BUF b = { 0 }, statement = { 0 };
		uint8_t entry[32], root[32];
		prov_pubkey key;
		struct receipt r;

		assert_true(vector_file(&b, rows[i].name, "receipt.cose"));
		assert_true(
		    vector_file(&statement, rows[i].name, "statement.cose"));
		assert_int_equal(rows[i].parses,
		    receipt_parse(&r, buf_span(&b), NULL));
		if (rows[i].parses != PROV_OK)
			continue;
		vector_key(&key, rows[i].name);
		ok(sha256_of(entry, buf_span(&statement), err));
		assert_int_equal(rows[i].verifies,
		    receipt_verify(root, &r, span(entry, 32), &key,
			RECEIPT_FOREIGN, NULL));
		/* Neither without leave, nor of another entry. */
		assert_int_equal(PROV_EFORMAT,
		    receipt_verify(root, &r, span(entry, 32), &key, 0, NULL));
		entry[0] ^= 1;
		assert_int_equal(PROV_EUNTRUSTED,
		    receipt_verify(root, &r, span(entry, 32), &key,
			RECEIPT_FOREIGN, NULL));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(form),
		cmocka_unit_test(proves_one_entry),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(path_length),
		cmocka_unit_test(log_of_one),
		cmocka_unit_test(headers),
		cmocka_unit_test(proofs),
		cmocka_unit_test(line),
		cmocka_unit_test(limits),
		cmocka_unit_test(vectors),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
