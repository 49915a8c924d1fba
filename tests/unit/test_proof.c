/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "small.h"

static void
prove(struct small *s, uint64_t i, struct buf *text)
{
	struct proof p = small_proof(s, i);

	text->len = 0;
	proof_encode(text, &p);
	ok(buf_done(text, err));
}

static prov_status
verify(const struct small *s, prov_span text, uint64_t entry)
{
	const uint8_t e = (uint8_t)('0' + entry);
	struct checkpoint at;
	struct proof p;
	prov_status st;

	if ((st = proof_parse(&p, text, NULL)) != PROV_OK)
		return (st);
	return (
	    proof_verify(&at, &p, span(&e, 1), prov_key_public(s->log), NULL));
}

static void
text_form(void **state)
{
	struct small s;
	AUTO_BUF text = { 0 };
	struct proof p;
	const char *want = "c2sp.org/tlog-proof@v1\nindex 6\n";

	(void)state;
	small_open(&s);
	prove(&s, 6, &text);
	assert_memory_equal(want, text.p, strlen(want));
	/* Two hashes of 44 digits, a blank line, and the note as it is. */
	assert_int_equal(strlen(want) + 2 * 45 + 1 + s.note.len, text.len);
	assert_memory_equal(s.note.p, text.p + text.len - s.note.len,
	    s.note.len);
	ok(proof_parse(&p, buf_span(&text), err));
	assert_int_equal(2, p.n);
	assert_int_equal(6, p.index);
	small_close(&s);
}

static void
proves_one_entry_at_one_place(void **state)
{
	struct small s;
	AUTO_BUF text = { 0 };

	(void)state;
	small_open(&s);
	for (uint64_t i = 0; i < SMALL_N; i++) {
		prove(&s, i, &text);
		for (uint64_t e = 0; e < SMALL_N; e++)
			assert_int_equal(e == i ? PROV_OK : PROV_EUNTRUSTED,
			    verify(&s, buf_span(&text), e));
	}
	small_close(&s);
}

/* The path of one place under the number of another. */
static void
position_is_proven(void **state)
{
	struct small s;
	struct checkpoint at;
	struct proof p;

	(void)state;
	small_open(&s);
	for (uint64_t i = 0; i < SMALL_N; i++) {
		const uint8_t e = (uint8_t)('0' + i);

		p = small_proof(&s, i);
		for (p.index = 0; p.index < SMALL_N + 2; p.index++)
			assert_int_equal(p.index == i ? PROV_OK
						      : PROV_EUNTRUSTED,
			    proof_verify(&at, &p, span(&e, 1),
				prov_key_public(s.log), NULL));
		p.index = i;
		p.n++;
		assert_int_equal(PROV_EUNTRUSTED,
		    proof_verify(&at, &p, span(&e, 1), prov_key_public(s.log),
			NULL));
		p.n -= 2;
		assert_int_equal(PROV_EUNTRUSTED,
		    proof_verify(&at, &p, span(&e, 1), prov_key_public(s.log),
			NULL));
	}
	small_close(&s);
}

static void
every_bit_counts(void **state)
{
	struct small s;
	AUTO_BUF text = { 0 };

	(void)state;
	small_open(&s);
	prove(&s, 5, &text);
	for (size_t bit = 0; bit < 8 * text.len; bit++) {
		text.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (verify(&s, buf_span(&text), 5) == PROV_OK)
			fail_msg("bit %zu", bit);
		text.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t len = 0; len < text.len; len++)
		assert_int_not_equal(PROV_OK, verify(&s, span(text.p, len), 5));
	small_close(&s);
}

/* Another log's proof says so, for a caller with several logs to try. */
static void
other_origin(void **state)
{
	AUTO(prov_key) *other = logged_key("demo/other/log", 1);
	AUTO(prov_key) *impostor = logged_key(LOG_NAME, 2);
	struct small s;
	AUTO_BUF text = { 0 };
	struct checkpoint at = { .size = 77 };
	struct proof p;

	(void)state;
	small_open(&s);
	prove(&s, 0, &text);
	ok(proof_parse(&p, buf_span(&text), err));
	assert_int_equal(PROV_ENOTFOUND,
	    proof_verify(&at, &p, span("0", 1), prov_key_public(other), NULL));
	assert_int_equal(PROV_EUNTRUSTED, proof_verify(&at, &p, span("0", 1),
					      prov_key_public(impostor), NULL));
	assert_int_equal(77, at.size);
	small_close(&s);
}

static void
insert(struct buf *out, prov_span text, size_t at, const char *what)
{
	out->len = 0;
	buf_put(out, text.p, at);
	buf_put_str(out, what);
	buf_put(out, text.p + at, text.len - at);
}

static void
lines(void **state)
{
	static const struct {
		size_t at; /* 0 header, 23 index line, 31 first hash */
		const char *what;
		prov_status want;
	} rows[] = {
		{ 23, "extra \n", PROV_OK },
		{ 23, "extra AAAA\n", PROV_OK },
		{ 23, "extra AAA\n", PROV_EFORMAT },
		{ 23, "extra AAAA\nextra AAAA\n", PROV_EFORMAT },
		{ 23, "other AAAA\n", PROV_EFORMAT },
		{ 23, "\n", PROV_EFORMAT },
		{ 0, "\n", PROV_EFORMAT },
		{ 29, "0", PROV_EFORMAT },
		{ 29, "-", PROV_EFORMAT },
		{ 30, " ", PROV_EFORMAT },
		{ 30, "00000000000000000000", PROV_EFORMAT },
		{ 31, "extra AAAA\n", PROV_EFORMAT },
		{ 31, "AAAA\n", PROV_EFORMAT },
		{ 31, "\n", PROV_EFORMAT },
	};
	struct small s;
	AUTO_BUF text = { 0 }, changed = { 0 };

	(void)state;
	small_open(&s);
	prove(&s, 5, &text);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		insert(&changed, buf_span(&text), rows[i].at, rows[i].what);
		if (verify(&s, buf_span(&changed), 5) != rows[i].want)
			fail_msg("row %zu", i);
	}
	/* More hashes than any tree has. */
	for (int i = 0; i < 70; i++) {
		insert(&changed, buf_span(&text), 31,
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
		buf_free(&text);
		text = changed;
		memset(&changed, 0, sizeof(changed));
	}
	assert_int_equal(PROV_ELIMIT, verify(&s, buf_span(&text), 5));
	small_close(&s);
}

/* The first entry of a log has an empty path. */
static void
log_of_one(void **state)
{
	AUTO(prov_key) *log = logged_key(LOG_NAME, 1);
	struct checkpoint c = { .origin = LOG_NAME, .size = 1 }, at;
	AUTO_BUF text = { 0 }, note = { 0 };
	struct proof p = { 0 };

	(void)state;
	ok(tree_leaf(c.root, span("x", 1), err));
	checkpoint_text(&text, &c);
	ok(note_sign(&note, log, buf_span(&text), err));
	p.note = buf_span(&note);
	ok(proof_verify(&at, &p, span("x", 1), prov_key_public(log), err));
	assert_int_equal(PROV_EUNTRUSTED,
	    proof_verify(&at, &p, span("y", 1), prov_key_public(log), NULL));
	p.n = 1;
	assert_int_equal(PROV_EUNTRUSTED,
	    proof_verify(&at, &p, span("x", 1), prov_key_public(log), NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_form),
		cmocka_unit_test(proves_one_entry_at_one_place),
		cmocka_unit_test(position_is_proven),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(other_origin),
		cmocka_unit_test(lines),
		cmocka_unit_test(log_of_one),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
