/* SPDX-License-Identifier: ISC */
#include "sign/receipt.h"

#include <string.h>

#include "base/field.h"
#include "base/text.h"
#include "sign/cose.h"
#include "sign/note.h"
#include "sign/pubkey.h"
#include "sign/vouched.h"

#define VDS_RFC9162  1
#define VDP_INCLUDED (-1)

static const char what[] = "receipt";

static prov_status
fault(prov_err *err, const char *why)
{
	return (prov_fail(err, PROV_EFORMAT, "%s", why));
}

/* Labels of both headers, to find those that stand in both. */
struct labels {
	size_t n;
	prov_span at[CBOR_ANY_KEYS_MAX];
};

static bool
labels_have(const struct labels *l, prov_span label)
{
	for (size_t i = 0; i < l->n; i++)
		if (span_eq(l->at[i], label))
			return (true);
	return (false);
}

/* A label's number; others, text among them, are none that is known. */
static bool
label_number(int64_t *v, prov_span label)
{
	struct cbor c = { .in = label };

	return (cbor_get_int(&c, v, NULL) == PROV_OK);
}

static prov_status
get_alg(struct receipt *r, struct cbor *c, prov_err *err)
{
	prov_status st;

	if ((st = cbor_get_int(c, &r->alg, err)) != PROV_OK)
		return (prov_wrap(err, st, "algorithm"));
	if (r->alg != COSE_EDDSA && r->alg != COSE_ED25519)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "algorithm %lld, neither -8 (EdDSA) nor -19 (Ed25519)",
		    (long long)r->alg));
	return (PROV_OK);
}

static prov_status
get_vds(struct cbor *c, prov_err *err)
{
	prov_status st;
	int64_t vds;

	if ((st = cbor_get_int(c, &vds, err)) != PROV_OK)
		return (prov_wrap(err, st, "vds"));
	if (vds != VDS_RFC9162)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "verifiable data structure %lld, not 1 (RFC9162_SHA256)",
		    (long long)vds));
	return (PROV_OK);
}

/* Other claims than the two are passed over. */
static prov_status
get_claims(struct receipt *r, struct cbor *c, prov_err *err)
{
	bool iss = false, sub = false;
	prov_span key, item;
	prov_status st;
	uint64_t n;

	if ((st = cbor_get_map(c, &n, err)) != PROV_OK)
		return (prov_wrap(err, st, "CWT claims"));
	while (n-- > 0) {
		int64_t claim = 0;

		if ((st = cbor_get_item(c, &key, err)) != PROV_OK)
			return (st);
		(void)label_number(&claim, key);
		if (claim == CWT_ISS) {
			st = cbor_get_text(c, &r->iss, err);
			iss = true;
		} else if (claim == CWT_SUB) {
			st = cbor_get_text(c, &r->sub, err);
			sub = true;
		} else {
			st = cbor_get_item(c, &item, err);
		}
		if (st != PROV_OK)
			return (prov_wrap(err, st, "CWT claims"));
	}
	if (!iss || !sub)
		return (fault(err, "CWT claims without iss and sub"));
	r->has_claims = true;
	return (PROV_OK);
}

/* What of the protected header has to be there. */
struct seen {
	bool alg, vds;
};

static prov_status
get_field(struct receipt *r, struct seen *seen, int64_t label, struct cbor *c,
    prov_err *err)
{
	prov_span item;

	switch (label) {
	case COSE_ALG:
		seen->alg = true;
		return (get_alg(r, c, err));
	case COSE_CRIT:
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "critical headers that this prov does not know"));
	case COSE_KID:
		r->has_kid = true;
		return (cbor_get_bytes(c, &r->kid, err));
	case COSE_CWT:
		return (get_claims(r, c, err));
	case COSE_VDS:
		seen->vds = true;
		return (get_vds(c, err));
	default:
		return (cbor_get_item(c, &item, err));
	}
}

static prov_status
get_protected(struct receipt *r, struct labels *labels, prov_err *err)
{
	struct seen seen = { 0 };
	prov_status st;
	struct cbor c;
	uint64_t n;

	if ((st = cbor_open_any(&c, r->protected_, err)) != PROV_OK ||
	    (st = cbor_get_map(&c, &n, err)) != PROV_OK)
		return (prov_wrap(err, st, "protected header"));
	while (n-- > 0) {
		int64_t label = 0;

		if ((st = cbor_get_item(&c, &labels->at[labels->n], err)) !=
		    PROV_OK)
			return (st);
		(void)label_number(&label, labels->at[labels->n++]);
		if ((st = get_field(r, &seen, label, &c, err)) != PROV_OK)
			return (st);
	}
	if (!seen.alg || !seen.vds)
		return (fault(err, "protected header without alg and vds"));
	return (field_end(&c, "protected header", err));
}

/* [size, index, path]; RFC 9942 has this as bytes inside the header. */
static prov_status
get_proof(struct receipt *r, prov_span proof, prov_err *err)
{
	prov_status st;
	struct cbor c;

	if ((st = cbor_open_any(&c, proof, err)) != PROV_OK ||
	    (st = field_array(&c, 3, "inclusion proof", err)) != PROV_OK ||
	    (st = cbor_get_uint(&c, &r->size, err)) != PROV_OK ||
	    (st = cbor_get_uint(&c, &r->index, err)) != PROV_OK ||
	    (st = field_list(&c, TREE_PATH_MAX, &r->n, "inclusion path",
		 err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < r->n; i++)
		if ((st = cbor_get_fixed(&c, r->path + 32 * i, 32, err)) !=
		    PROV_OK)
			return (prov_wrap(err, st, "inclusion path"));
	return (field_end(&c, "inclusion proof", err));
}

/* {-1: [one proof]}: what other proofs would add is nothing that is asked. */
static prov_status
get_vdp(struct receipt *r, struct cbor *c, prov_err *err)
{
	prov_status st;
	prov_span proof;
	uint64_t n, proofs;
	int64_t kind;

	if ((st = cbor_get_map(c, &n, err)) != PROV_OK)
		return (prov_wrap(err, st, "proofs"));
	if (n != 1)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "%llu kinds of proof, not one of inclusion",
		    (unsigned long long)n));
	if ((st = cbor_get_int(c, &kind, err)) != PROV_OK ||
	    (st = cbor_get_array(c, &proofs, err)) != PROV_OK)
		return (prov_wrap(err, st, "proofs"));
	if (kind != VDP_INCLUDED || proofs != 1)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "%llu proofs of kind %lld, not one of inclusion",
		    (unsigned long long)proofs, (long long)kind));
	if ((st = cbor_get_bytes(c, &proof, err)) != PROV_OK)
		return (prov_wrap(err, st, "proofs"));
	return (get_proof(r, proof, err));
}

/* What is not signed is passed over, but for the proof. */
static prov_status
get_unprotected(struct receipt *r, const struct labels *labels, struct cbor *c,
    prov_err *err)
{
	prov_span label, item;
	bool proof = false;
	prov_status st;
	uint64_t n;

	if ((st = cbor_get_map(c, &n, err)) != PROV_OK)
		return (prov_wrap(err, st, "unprotected header"));
	while (n-- > 0) {
		int64_t number = 0;

		if ((st = cbor_get_item(c, &label, err)) != PROV_OK)
			return (st);
		if (labels_have(labels, label))
			return (fault(err, "a label in both headers"));
		(void)label_number(&number, label);
		if (number == COSE_CRIT)
			return (fault(err, "crit is not protected"));
		if (number == COSE_VDP) {
			st = get_vdp(r, c, err);
			proof = true;
		} else {
			st = cbor_get_item(c, &item, err);
		}
		if (st != PROV_OK)
			return (st);
	}
	return (proof ? PROV_OK : fault(err, "no proof of inclusion"));
}

static prov_status
get_receipt(struct receipt *r, prov_err *err)
{
	struct labels labels = { .n = 0 };
	prov_status st;
	struct cbor c;
	uint64_t tag;

	if ((st = cbor_open_any(&c, r->bytes, err)) != PROV_OK ||
	    (st = cbor_get_tag(&c, &tag, err)) != PROV_OK ||
	    (st = field_array(&c, 4, "COSE_Sign1", err)) != PROV_OK ||
	    (st = cbor_get_bytes(&c, &r->protected_, err)) != PROV_OK ||
	    (st = get_protected(r, &labels, err)) != PROV_OK ||
	    (st = get_unprotected(r, &labels, &c, err)) != PROV_OK)
		return (st);
	if (cbor_get_null(&c, NULL) != PROV_OK)
		return (fault(err, "it has a payload of its own"));
	if ((st = cbor_get_fixed(&c, r->sig, 64, err)) != PROV_OK)
		return (prov_wrap(err, st, "signature"));
	return (field_end(&c, "COSE_Sign1", err));
}

prov_status
receipt_parse(struct receipt *out, prov_span bytes, prov_err *err)
{
	struct receipt r = { .bytes = bytes };
	prov_status st;

	if (bytes.len > RECEIPT_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "receipt: %zu bytes, at most %d are allowed", bytes.len,
		    RECEIPT_MAX));
	if ((st = get_receipt(&r, err)) != PROV_OK)
		return (prov_wrap(err, st, what));
	*out = r;
	return (PROV_OK);
}

/* Whether it says that it is key's; what it does not say is no matter. */
static prov_status
check_issuer(const struct receipt *r, const prov_pubkey *key, unsigned flags,
    prov_err *err)
{
	if ((!r->has_kid || !r->has_claims) && (flags & RECEIPT_FOREIGN) == 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "receipt: without kid and CWT claims (RFC 9943)"));
	if (r->has_claims &&
	    !span_eq(r->iss, span(key->name, strlen(key->name))))
		return (prov_fail(err, PROV_ENOTFOUND,
		    "receipt: not from the log %s", key->name));
	if (r->has_kid && !span_eq(r->kid, span(key->kid, sizeof(key->kid))))
		return (prov_fail(err, PROV_ENOTFOUND,
		    "receipt: by another key than that of %s", key->name));
	return (PROV_OK);
}

static prov_status
check_signature(const uint8_t sig[64], prov_span protected_,
    const uint8_t root[32], const prov_pubkey *key, struct vouched *seen,
    prov_err *err)
{
	AUTO_BUF tbs = { 0 };
	prov_status st;

	cose_to_sign(&tbs, protected_, span(root, 32));
	if ((st = buf_done(&tbs, err)) != PROV_OK)
		return (st);
	st = vouched_verify(seen, key->key, sig, buf_span(&tbs), err);
	return (st == PROV_OK ? PROV_OK : prov_wrap(err, st, what));
}

prov_status
receipt_verify(uint8_t root[32], const struct receipt *r, prov_span entry,
    const prov_pubkey *key, unsigned flags, prov_err *err)
{
	uint8_t leaf[32], got[32];
	prov_status st;

	if ((st = check_issuer(r, key, flags, err)) != PROV_OK ||
	    (st = tree_leaf(leaf, entry, err)) != PROV_OK)
		return (st);
	st = tree_inclusion_root(got, leaf, r->index, r->size, r->path, r->n,
	    err);
	if (st != PROV_OK)
		return (prov_wrap(err, st, what));
	if ((st = check_signature(r->sig, r->protected_, got, key, r->seen,
		 err)) != PROV_OK)
		return (st);
	memcpy(root, got, sizeof(got));
	return (PROV_OK);
}

/* The subject of what is said about a whole log is its origin. */
static void
put_subject(struct buf *b, const prov_pubkey *log)
{
	char text[] = "sha256:"
		      "0000000000000000000000000000000000000000000000000000"
		      "000000000000";
	uint8_t sub[32];

	if (sha256_of(sub, span(log->name, strlen(log->name)), NULL) !=
	    PROV_OK) {
		b->failed = true;
		return;
	}
	hex_encode(text + 7, sub, sizeof(sub));
	cbor_put_text(b, text);
}

void
receipt_protected(struct buf *b, const prov_pubkey *log)
{
	cbor_put_map(b, 4);
	cbor_put_uint(b, COSE_ALG);
	cbor_put_int(b, COSE_EDDSA);
	cbor_put_uint(b, COSE_KID);
	cbor_put_bytes(b, span(log->kid, sizeof(log->kid)));
	cbor_put_uint(b, COSE_CWT);
	cbor_put_map(b, 2);
	cbor_put_uint(b, CWT_ISS);
	cbor_put_text(b, log->name);
	cbor_put_uint(b, CWT_SUB);
	put_subject(b, log);
	cbor_put_uint(b, COSE_VDS);
	cbor_put_uint(b, VDS_RFC9162);
}

static void
put_proof(struct buf *b, const struct receipt *r)
{
	cbor_put_array(b, 3);
	cbor_put_uint(b, r->size);
	cbor_put_uint(b, r->index);
	cbor_put_array(b, r->n);
	for (size_t i = 0; i < r->n; i++)
		cbor_put_bytes(b, span(r->path + 32 * i, 32));
}

void
receipt_encode(struct buf *b, const struct receipt *r, const prov_pubkey *log)
{
	AUTO_BUF prot = { 0 }, proof = { 0 };

	receipt_protected(&prot, log);
	put_proof(&proof, r);
	if (prot.failed || proof.failed) {
		b->failed = true;
		return;
	}
	cbor_put_tag(b, COSE_SIGN1);
	cbor_put_array(b, 4);
	cbor_put_bytes(b, buf_span(&prot));
	cbor_put_map(b, 1);
	cbor_put_uint(b, COSE_VDP);
	cbor_put_map(b, 1);
	cbor_put_int(b, VDP_INCLUDED);
	cbor_put_array(b, 1);
	cbor_put_bytes(b, buf_span(&proof));
	cbor_put_null(b);
	cbor_put_bytes(b, span(r->sig, sizeof(r->sig)));
}

/* The line that is looked for, and its signature. */
struct wanted {
	const prov_pubkey *log;
	uint8_t id[4], sig[64];
	bool found;
};

static prov_status
take_line(void *arg, const struct note_sig *s, prov_err *err)
{
	struct wanted *w = arg;
	const char *name = w->log->name;

	if (w->found || !span_eq(s->name, span(name, strlen(name))) ||
	    memcmp(s->id, w->id, sizeof(w->id)) != 0)
		return (PROV_OK);
	if (s->sig.len != sizeof(w->sig))
		return (prov_fail(err, PROV_EFORMAT,
		    "receipt: a signature of %zu bytes", s->sig.len));
	memcpy(w->sig, s->sig.p, sizeof(w->sig));
	w->found = true;
	return (PROV_OK);
}

prov_status
receipt_line(uint8_t sig[64], prov_span note, const prov_pubkey *log,
    prov_err *err)
{
	struct wanted w = { .log = log };
	prov_span text, sigs;
	prov_status st;

	if ((st = pubkey_long_id(w.id, log, NOTE_RECEIPT, err)) != PROV_OK ||
	    (st = note_split(&text, &sigs, note, err)) != PROV_OK ||
	    (st = note_sigs(sigs, take_line, &w, err)) != PROV_OK)
		return (st);
	if (!w.found)
		return (prov_fail(err, PROV_ENOTFOUND,
		    "%s signs no receipts: its checkpoint has no signature for "
		    "them",
		    log->name));
	memcpy(sig, w.sig, sizeof(w.sig));
	return (PROV_OK);
}

prov_status
receipt_check(const uint8_t sig[64], const uint8_t root[32],
    const prov_pubkey *log, prov_err *err)
{
	AUTO_BUF prot = { 0 };
	prov_status st;

	receipt_protected(&prot, log);
	if ((st = buf_done(&prot, err)) != PROV_OK)
		return (st);
	return (check_signature(sig, buf_span(&prot), root, log, NULL, err));
}
