/* SPDX-License-Identifier: ISC */
/* What secret keys are for. Each signature is verified before it leaves. */

#include "base/text.h"
#include "sign/cose.h"
#include "sign/cosignature.h"
#include "sign/key.h"
#include "sign/note.h"
#include "sign/pubkey.h"
#include "sign/receipt.h"
#include "sign/statement.h"

static void
put_protected(struct buf *b, const prov_pubkey *key, enum payload_kind kind,
    const uint8_t sub[32])
{
	char text[SUB_LEN + 1] = "sha256:";

	hex_encode(text + 7, sub, 32);
	cbor_put_map(b, 4);
	cbor_put_uint(b, COSE_ALG);
	cbor_put_int(b, COSE_EDDSA);
	cbor_put_uint(b, COSE_TYPE);
	cbor_put_text(b, payload_type(kind));
	cbor_put_uint(b, COSE_KID);
	cbor_put_bytes(b, span(key->kid, sizeof(key->kid)));
	cbor_put_uint(b, COSE_CWT);
	cbor_put_map(b, 2);
	cbor_put_uint(b, CWT_ISS);
	cbor_put_text(b, key->name);
	cbor_put_uint(b, CWT_SUB);
	cbor_put_text(b, text);
}

static void
put_sign1(struct buf *b, prov_span protected_, prov_span payload,
    const uint8_t sig[64])
{
	cbor_put_tag(b, COSE_SIGN1);
	cbor_put_array(b, 4);
	cbor_put_bytes(b, protected_);
	cbor_put_map(b, 0);
	cbor_put_bytes(b, payload);
	cbor_put_bytes(b, span(sig, 64));
}

/* Reads back what was made as a stranger would. */
static prov_status
statement_recheck(prov_span bytes, const prov_pubkey *key, prov_err *err)
{
	struct statement s;
	prov_status st;

	if ((st = statement_parse(&s, bytes, err)) != PROV_OK)
		return (st);
	return (statement_verify(&s, key, err));
}

prov_status
statement_sign(struct buf *b, const prov_key *key, enum payload_kind kind,
    const uint8_t sub[32], prov_span payload, prov_err *err)
{
	AUTO_BUF prot = { 0 }, tbs = { 0 }, out = { 0 };
	const prov_pubkey *pub = prov_key_public(key);
	prov_status st;
	uint8_t sig[64];

	if (payload_type(kind) == NULL)
		return (
		    prov_fail(err, PROV_EARG, "payload kind %d", (int)kind));
	put_protected(&prot, pub, kind, sub);
	cose_to_sign(&tbs, buf_span(&prot), payload);
	if ((st = buf_done(&prot, err)) != PROV_OK ||
	    (st = buf_done(&tbs, err)) != PROV_OK ||
	    (st = key_sign(key, sig, buf_span(&tbs), err)) != PROV_OK)
		return (st);
	put_sign1(&out, buf_span(&prot), payload, sig);
	if ((st = buf_done(&out, err)) != PROV_OK ||
	    (st = statement_recheck(buf_span(&out), pub, err)) != PROV_OK)
		return (st);
	buf_put_span(b, buf_span(&out));
	return (buf_done(b, err));
}

static void
put_line(struct buf *b, const prov_pubkey *key, const uint8_t blob[4 + 64])
{
	buf_put_str(b, "\xe2\x80\x94 ");
	buf_put_str(b, key->name);
	buf_put_byte(b, ' ');
	base64_put(b, span(blob, 4 + 64));
	buf_put_byte(b, '\n');
}

prov_status
note_sign(struct buf *b, const prov_key *key, prov_span text, prov_err *err)
{
	AUTO_BUF out = { .max = NOTE_MAX };
	const prov_pubkey *pub = prov_key_public(key);
	uint8_t blob[4 + 64];
	prov_span back;
	prov_status st;

	if ((st = pubkey_note_id(blob, pub, NOTE_ED25519, err)) != PROV_OK ||
	    (st = key_sign(key, blob + 4, text, err)) != PROV_OK)
		return (st);
	buf_put_span(&out, text);
	buf_put_byte(&out, '\n');
	put_line(&out, pub, blob);
	if ((st = buf_done(&out, err)) != PROV_OK ||
	    (st = note_verify(&back, buf_span(&out), pub, err)) != PROV_OK)
		return (st);
	if (!span_eq(back, text))
		return (prov_fail(err, PROV_EARG,
		    "a note's text ends with one newline"));
	buf_put_span(b, buf_span(&out));
	return (buf_done(b, err));
}

/* A line that was made is read as a stranger would read it. */
struct recheck {
	const struct cosigner *c;
	prov_span text;
	int64_t time;
};

static prov_status
recheck_line(void *arg, const struct note_sig *s, prov_err *err)
{
	struct recheck *r = arg;
	int64_t time;
	prov_status st;

	if (!cosigner_signed(r->c, s))
		return (prov_fail(err, PROV_EINTERNAL, "a cosignature's name"));
	st = cosignature_verify(&time, r->c, r->text, s->sig, err);
	if (st == PROV_OK && time != r->time)
		return (prov_fail(err, PROV_EINTERNAL, "a cosignature's time"));
	return (st);
}

prov_status
cosignature_sign(struct buf *b, const prov_key *key, prov_span text,
    int64_t time, prov_err *err)
{
	const prov_pubkey *pub = prov_key_public(key);
	AUTO_BUF message = { 0 }, blob = { 0 }, line = { 0 };
	struct cosigner c;
	uint8_t sig[64];
	prov_status st;

	if (time < 1)
		return (prov_fail(err, PROV_EARG,
		    "a cosignature's time is from 1 on"));
	cosignature_message(&message, (uint64_t)time, text);
	if ((st = buf_done(&message, err)) != PROV_OK ||
	    (st = cosigner_init(&c, pub->name, pub->key, err)) != PROV_OK ||
	    (st = key_sign(key, sig, buf_span(&message), err)) != PROV_OK)
		return (st);
	buf_put(&blob, c.id, sizeof(c.id));
	buf_put_be64(&blob, (uint64_t)time);
	buf_put(&blob, sig, sizeof(sig));
	buf_printf(&line, "\xe2\x80\x94 %s ", c.name);
	base64_put(&line, buf_span(&blob));
	buf_put_byte(&line, '\n');
	if ((st = buf_done(&blob, err)) != PROV_OK ||
	    (st = buf_done(&line, err)) != PROV_OK ||
	    (st = note_sigs(buf_span(&line), recheck_line,
		 &(struct recheck){ &c, text, time }, err)) != PROV_OK)
		return (st);
	buf_put_span(b, buf_span(&line));
	return (buf_done(b, err));
}

/*
 * A Sig_structure begins with 84, which begins no UTF-8: so no receipt is a
 * note, and one key may sign both.
 */
prov_status
receipt_endorse(struct buf *note, const prov_key *log, const uint8_t root[32],
    prov_err *err)
{
	AUTO_BUF prot = { 0 }, tbs = { 0 };
	const prov_pubkey *pub = prov_key_public(log);
	uint8_t blob[4 + 64];
	prov_status st;

	receipt_protected(&prot, pub);
	cose_to_sign(&tbs, buf_span(&prot), span(root, 32));
	if ((st = buf_done(&prot, err)) != PROV_OK ||
	    (st = buf_done(&tbs, err)) != PROV_OK ||
	    (st = pubkey_long_id(blob, pub, NOTE_RECEIPT, err)) != PROV_OK ||
	    (st = key_sign(log, blob + 4, buf_span(&tbs), err)) != PROV_OK ||
	    (st = receipt_check(blob + 4, root, pub, err)) != PROV_OK)
		return (st);
	put_line(note, pub, blob);
	return (buf_done(note, err));
}
