/* SPDX-License-Identifier: ISC */
/*
 * A key file is deterministic CBOR [header, box]:
 *
 *	header = {1: 1, 2: name, 3: public key, 4: kdf}
 *	kdf = ["none"] / ["argon2id13", salt16, ops, mem, nonce24]
 *	box = seed / XChaCha20-Poly1305(seed), associated data: the header
 */
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "base/cbor.h"
#include "base/field.h"
#include "sign/key.h"
#include "sign/secret.h"

#define KEY_FILE_VERSION 1
#define SEED_LEN         32
#define SALT_LEN         crypto_pwhash_argon2id_SALTBYTES
#define NONCE_LEN        crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN          crypto_aead_xchacha20poly1305_ietf_ABYTES
#define BOX_KEY_LEN      crypto_aead_xchacha20poly1305_ietf_KEYBYTES

/*
 * A file may not choose a cost below what protects, nor one that stops the
 * machine: 64 MiB to 1 GiB, 2 to 4 passes.
 */
#define OPS_MIN crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE
#define OPS_MAX crypto_pwhash_argon2id_OPSLIMIT_SENSITIVE
#define MEM_MIN crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE
#define MEM_MAX crypto_pwhash_argon2id_MEMLIMIT_SENSITIVE

static const char none[] = "none";
static const char argon2id[] = "argon2id13";

struct kdf {
	bool encrypted;
	uint8_t salt[SALT_LEN];
	uint64_t ops;
	uint64_t mem;
	uint8_t nonce[NONCE_LEN];
};

struct key_file {
	char name[PROV_NAME_MAX + 1];
	uint8_t pub[32];
	struct kdf kdf;
	prov_span header; /* as it stands in the file */
	prov_span box;
};

static void
put_header(struct buf *b, const prov_pubkey *pub, const struct kdf *kdf)
{
	cbor_put_map(b, 4);
	cbor_put_uint(b, 1);
	cbor_put_uint(b, KEY_FILE_VERSION);
	cbor_put_uint(b, 2);
	cbor_put_text(b, pub->name);
	cbor_put_uint(b, 3);
	cbor_put_bytes(b, span(pub->key, sizeof(pub->key)));
	cbor_put_uint(b, 4);
	if (!kdf->encrypted) {
		cbor_put_array(b, 1);
		cbor_put_text(b, none);
		return;
	}
	cbor_put_array(b, 5);
	cbor_put_text(b, argon2id);
	cbor_put_bytes(b, span(kdf->salt, sizeof(kdf->salt)));
	cbor_put_uint(b, kdf->ops);
	cbor_put_uint(b, kdf->mem);
	cbor_put_bytes(b, span(kdf->nonce, sizeof(kdf->nonce)));
}

static prov_status
derive(uint8_t *key, prov_span passphrase, const struct kdf *kdf, prov_err *err)
{
	if (crypto_pwhash(key, BOX_KEY_LEN, (const char *)passphrase.p,
		passphrase.len, kdf->salt, kdf->ops, (size_t)kdf->mem,
		crypto_pwhash_ALG_ARGON2ID13) != 0)
		return (prov_fail(err, PROV_ENOMEM,
		    "the passphrase needs %" PRIu64 " MiB of memory for a "
		    "moment: not there",
		    kdf->mem >> 20));
	return (PROV_OK);
}

static prov_status
seal(struct buf *b, const uint8_t *seed, prov_span passphrase,
    const struct kdf *kdf, prov_span header, prov_err *err)
{
	AUTO_SECRET uint8_t *key = NULL;
	uint8_t box[SEED_LEN + TAG_LEN];
	unsigned long long len;
	prov_status st;

	if ((st = secret_new(&key, BOX_KEY_LEN, err)) != PROV_OK ||
	    (st = derive(key, passphrase, kdf, err)) != PROV_OK)
		return (st);
	if (crypto_aead_xchacha20poly1305_ietf_encrypt(box, &len, seed,
		SEED_LEN, header.p, header.len, NULL, kdf->nonce, key) != 0)
		return (prov_fail(err, PROV_EINTERNAL, "cannot encrypt a key"));
	cbor_put_bytes(b, span(box, (size_t)len));
	return (PROV_OK);
}

static prov_status
kdf_draw(struct kdf *kdf, prov_span passphrase, uint64_t ops, uint64_t mem,
    prov_err *err)
{
	prov_status st;

	if (passphrase.p == NULL)
		return (PROV_OK);
	if (passphrase.len == 0)
		return (prov_fail(err, PROV_EPASSPHRASE,
		    "an empty passphrase protects nothing: give one, or say "
		    "that the key is to be stored without (--no-passphrase)"));
	kdf->encrypted = true;
	kdf->ops = ops;
	kdf->mem = mem;
	if ((st = key_random(kdf->salt, sizeof(kdf->salt), err)) != PROV_OK)
		return (st);
	return (key_random(kdf->nonce, sizeof(kdf->nonce), err));
}

prov_status
key_encode_cost(struct buf *b, const prov_key *key, prov_span passphrase,
    uint64_t ops, uint64_t mem, prov_err *err)
{
	AUTO_SECRET_BUF out = { .max = KEY_FILE_MAX };
	AUTO_SECRET uint8_t *seed = NULL;
	AUTO_BUF header = { .max = KEY_FILE_MAX };
	struct kdf kdf = { 0 };
	prov_status st;

	if ((st = secret_new(&seed, SEED_LEN, err)) != PROV_OK ||
	    (st = prov_key_export(key, seed, err)) != PROV_OK ||
	    (st = kdf_draw(&kdf, passphrase, ops, mem, err)) != PROV_OK)
		return (st);
	/* Room at once: growing later would leave a copy behind. */
	if (buf_grow(&out, KEY_FILE_MAX) == NULL)
		return (buf_done(&out, err));
	out.len = 0;
	put_header(&header, prov_key_public(key), &kdf);
	cbor_put_array(&out, 2);
	buf_put_span(&out, buf_span(&header));
	if ((st = buf_done(&header, err)) != PROV_OK)
		return (st);
	if (!kdf.encrypted)
		cbor_put_bytes(&out, span(seed, SEED_LEN));
	else if ((st = seal(&out, seed, passphrase, &kdf, buf_span(&header),
		      err)) != PROV_OK)
		return (st);
	if ((st = buf_done(&out, err)) != PROV_OK)
		return (st);
	buf_put_span(b, buf_span(&out));
	return (buf_done(b, err));
}

prov_status
key_encode(struct buf *b, const prov_key *key, prov_span passphrase,
    prov_err *err)
{
	return (key_encode_cost(b, key, passphrase,
	    crypto_pwhash_argon2id_OPSLIMIT_MODERATE,
	    crypto_pwhash_argon2id_MEMLIMIT_MODERATE, err));
}

static prov_status
get_argon2id(struct kdf *kdf, struct cbor *c, prov_err *err)
{
	prov_status st;

	if ((st = cbor_get_fixed(c, kdf->salt, SALT_LEN, err)) != PROV_OK ||
	    (st = cbor_get_uint(c, &kdf->ops, err)) != PROV_OK ||
	    (st = cbor_get_uint(c, &kdf->mem, err)) != PROV_OK ||
	    (st = cbor_get_fixed(c, kdf->nonce, NONCE_LEN, err)) != PROV_OK)
		return (st);
	if (kdf->ops < OPS_MIN || kdf->ops > OPS_MAX || kdf->mem < MEM_MIN ||
	    kdf->mem > MEM_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "argon2id cost of %" PRIu64 " passes over %" PRIu64
		    " bytes is outside the allowed",
		    kdf->ops, kdf->mem));
	kdf->encrypted = true;
	return (PROV_OK);
}

static prov_status
get_kdf(struct kdf *kdf, struct cbor *c, prov_err *err)
{
	char name[sizeof(argon2id)];
	prov_status st;
	uint64_t n;

	if ((st = cbor_get_array(c, &n, err)) != PROV_OK ||
	    (st = cbor_get_str(c, name, sizeof(name), err)) != PROV_OK)
		return (st);
	if (n == 5 && strcmp(name, argon2id) == 0)
		return (get_argon2id(kdf, c, err));
	if (n != 1 || strcmp(name, none) != 0)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "neither argon2id13 nor unencrypted"));
	return (PROV_OK);
}

static prov_status
get_header(struct key_file *f, struct cbor *c, prov_err *err)
{
	static const char what[] = "header";
	prov_status st;

	if ((st = field_map(c, 4, what, err)) != PROV_OK ||
	    (st = field_key(c, 1, what, err)) != PROV_OK ||
	    (st = field_version(c, KEY_FILE_VERSION, what, err)) != PROV_OK ||
	    (st = field_key(c, 2, what, err)) != PROV_OK ||
	    (st = cbor_get_str(c, f->name, sizeof(f->name), err)) != PROV_OK ||
	    (st = prov_name_check(f->name, err)) != PROV_OK ||
	    (st = field_key(c, 3, what, err)) != PROV_OK ||
	    (st = cbor_get_fixed(c, f->pub, 32, err)) != PROV_OK ||
	    (st = field_key(c, 4, what, err)) != PROV_OK)
		return (st);
	return (get_kdf(&f->kdf, c, err));
}

static prov_status
parse(struct key_file *f, prov_span bytes, prov_err *err)
{
	prov_status st;
	struct cbor c;
	size_t begin;

	if (bytes.len > KEY_FILE_MAX)
		return (prov_fail(err, PROV_EFORMAT,
		    "%zu bytes are too many for a key file", bytes.len));
	if ((st = cbor_open(&c, bytes, err)) != PROV_OK ||
	    (st = field_array(&c, 2, "key file", err)) != PROV_OK)
		return (st);
	begin = c.at;
	if ((st = get_header(f, &c, err)) != PROV_OK)
		return (st);
	f->header = span(bytes.p + begin, c.at - begin);
	if ((st = cbor_get_bytes(&c, &f->box, err)) != PROV_OK)
		return (st);
	if (f->box.len != SEED_LEN + (f->kdf.encrypted ? TAG_LEN : 0))
		return (prov_fail(err, PROV_EFORMAT, "a seed of %zu bytes",
		    f->box.len));
	return (field_end(&c, "key file", err));
}

static prov_status
unseal(uint8_t *seed, const struct key_file *f, prov_span passphrase,
    const char *what, prov_err *err)
{
	AUTO_SECRET uint8_t *key = NULL;
	prov_status st;

	if ((st = secret_new(&key, BOX_KEY_LEN, err)) != PROV_OK ||
	    (st = derive(key, passphrase, &f->kdf, err)) != PROV_OK)
		return (st);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(seed, NULL, NULL,
		f->box.p, f->box.len, f->header.p, f->header.len, f->kdf.nonce,
		key) != 0)
		return (prov_fail(err, PROV_EPASSPHRASE,
		    "%s: wrong passphrase, or the file is damaged: try again, "
		    "or restore it from a backup",
		    what));
	return (PROV_OK);
}

static prov_status
ask_and_unseal(uint8_t *seed, const struct key_file *f, prov_passphrase_fn ask,
    void *arg, const char *what, prov_err *err)
{
	AUTO_SECRET uint8_t *pass = NULL;
	prov_status st;
	size_t got = 0;

	if (ask == NULL)
		return (prov_fail(err, PROV_EPASSPHRASE,
		    "%s: encrypted, and nobody to ask for its passphrase: give "
		    "it in a file (--passphrase-file)",
		    what));
	if ((st = secret_new(&pass, PASSPHRASE_LEN_MAX, err)) != PROV_OK)
		return (st);
	st = ask(arg, what, (char *)pass, PASSPHRASE_LEN_MAX, &got);
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s: got no passphrase", what));
	if (got > PASSPHRASE_LEN_MAX)
		return (prov_fail(err, PROV_EARG,
		    "%s: a passphrase of %zu bytes", what, got));
	return (unseal(seed, f, span(pass, got), what, err));
}

prov_status
key_decode(prov_key **out, prov_span bytes, prov_passphrase_fn ask, void *arg,
    const char *what, prov_err *err)
{
	AUTO_SECRET uint8_t *seed = NULL;
	AUTO(prov_key) *k = NULL;
	struct key_file f = { 0 };
	prov_status st;

	if ((st = parse(&f, bytes, err)) != PROV_OK) {
		(void)prov_wrap(err, st, "not a key file");
		return (prov_wrap(err, st, what));
	}
	if ((st = secret_new(&seed, SEED_LEN, err)) != PROV_OK)
		return (st);
	if (!f.kdf.encrypted)
		memcpy(seed, f.box.p, SEED_LEN);
	else if ((st = ask_and_unseal(seed, &f, ask, arg, what, err)) !=
		 PROV_OK)
		return (st);
	if ((st = prov_key_import(&k, f.name, span(seed, SEED_LEN), err)) !=
	    PROV_OK)
		return (st);
	if (memcmp(prov_key_public(k)->key, f.pub, sizeof(f.pub)) != 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "%s: its public key is not that of its seed: restore it "
		    "from a backup",
		    what));
	*out = TAKE(k);
	return (PROV_OK);
}
