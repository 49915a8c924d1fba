/* SPDX-License-Identifier: ISC */
/*
 * The examples that C2SP publishes in signed-note, tlog-checkpoint,
 * tlog-cosignature and tlog-proof. Only the first comes with its key; of the
 * others the form is checked, and what it says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/proof.h"
#include "logged.h"
#include "sign/note.h"
#include "sign/pubkey.h"

#define DASH "\xe2\x80\x94 "

static const char checkpoint[] =
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n" DASH "example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/"
    "5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

static const char cosignature[] = DASH
    "witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/"
    "zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

static const char proof[] = "c2sp.org/tlog-proof@v1\n"
			    "index 73894\n"
			    "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n"
			    "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n"
			    "EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=\n"
			    "RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=\n"
			    "AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=\n"
			    "\n";

static void
signed_note(void **state)
{
	static const char note[] =
	    "This is an example message.\n"
	    "\n" DASH "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi"
	    "2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
	prov_pubkey key;
	prov_span text;

	(void)state;
	ok(prov_vkey_parse(&key,
	    "example.com/foo+530d903a+"
	    "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
	    err));
	ok(note_verify(&text, span(note, sizeof(note) - 1), &key, err));
	assert_int_equal(28, text.len);
}

struct lines {
	size_t n, len[4];
	uint8_t id[4][4], head[4][8];
};

static prov_status
see(void *arg, const struct note_sig *s, prov_err *err)
{
	struct lines *l = arg;

	(void)err;
	assert_true(l->n < 4 && s->sig.len > 8);
	memcpy(l->id[l->n], s->id, 4);
	memcpy(l->head[l->n], s->sig.p, 8);
	l->len[l->n++] = s->sig.len;
	return (PROV_OK);
}

static void
checkpoints(void **state)
{
	static const uint8_t ids[2][4] = { { 0x03, 0x3d, 0xe0, 0xae },
		{ 0x8d, 0x66, 0xcf, 0x3f } };
	struct checkpoint c;
	struct lines l = { 0 };
	AUTO_BUF note = { 0 }, again = { 0 };
	prov_span text, sigs;

	(void)state;
	buf_put_str(&note, checkpoint);
	buf_put_str(&note, cosignature);
	ok(note_parse(&text, buf_span(&note), err));
	ok(checkpoint_parse(&c, text, err));
	assert_string_equal("example.com/behind-the-sofa", c.origin);
	assert_int_equal(20852163, c.size);
	checkpoint_text(&again, &c);
	assert_true(span_eq(text, buf_span(&again)));
	ok(note_split(&text, &sigs, buf_span(&note), err));
	ok(note_sigs(sigs, see, &l, err));
	assert_int_equal(2, l.n);
	assert_memory_equal(ids, l.id, sizeof(ids));
	/* Ed25519, and a time before it. */
	assert_int_equal(64, l.len[0]);
	assert_int_equal(72, l.len[1]);
	assert_int_equal(1679315147, be64(l.head[1]));
}

static void
proofs(void **state)
{
	AUTO_BUF text = { 0 }, again = { 0 };
	struct proof p;

	(void)state;
	buf_put_str(&text, proof);
	buf_put_str(&text, checkpoint);
	ok(proof_parse(&p, buf_span(&text), err));
	assert_int_equal(73894, p.index);
	assert_int_equal(5, p.n);
	assert_int_equal(0x81, p.path[0]);
	assert_int_equal(0xf9, p.path[5 * 32 - 1]);
	proof_encode(&again, &p);
	assert_true(span_eq(buf_span(&text), buf_span(&again)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signed_note),
		cmocka_unit_test(checkpoints),
		cmocka_unit_test(proofs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
