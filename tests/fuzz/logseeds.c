/* SPDX-License-Identifier: ISC */
/*
 * logseeds DIR: writes the ledger's inputs of DIR (testdata/fuzz). Run it
 * again when a format changes.
 */
#include "../unit/branch.h"
#include "../unit/grown.h"
#include "ledger/index.h"
#include "ledger/tile.h"
#include "remote/wire.h"
#include "sign/cose.h"
#include "sign/note.h"
#include "sign/receipt.h"

static bool
put(const char *dir, const char *name, prov_span bytes)
{
	AUTO_FREE char *path = path_join(dir, name);
	AUTO_FREE char *parent = path != NULL ? strdup(path) : NULL;

	if (parent == NULL)
		return (false);
	*strrchr(parent, '/') = '\0';
	return (dir_make(parent, NULL) == PROV_OK &&
		file_write(path, bytes, 0644, 0, NULL) == PROV_OK);
}

static bool
put_text(const char *dir, const char *name, const char *text)
{
	return (put(dir, name, span(text, strlen(text))));
}

/* What a monitor remembers of that log. */
static bool
put_seen(const char *dir, prov_span note)
{
	AUTO_BUF seen = { 0 };

	buf_put_str(&seen, "prov-monitor/1\nentries 5\ntime 1795466460\n\n");
	buf_put_span(&seen, note);
	return (put(dir, "seen/head", buf_span(&seen)));
}

/* Entry "2" of the log of "0" to "6". */
static bool
put_proof(const char *dir)
{
	AUTO(prov_key) *log = logged_key(LOG_NAME, 1);
	struct checkpoint c = { .origin = LOG_NAME, .size = 7 };
	struct proof p = { .index = 2, .n = 3 };
	uint8_t leaf[7][32];
	AUTO_BUF text = { 0 }, note = { 0 }, proof = { 0 };

	for (unsigned i = 0; i < 7; i++) {
		const uint8_t e = (uint8_t)('0' + i);

		if (tree_leaf(leaf[i], span(&e, 1), NULL) != PROV_OK)
			return (false);
	}
	memcpy(p.path, leaf[3], 32);
	if (log == NULL || tree_root(c.root, leaf[0], 7, NULL) != PROV_OK ||
	    tree_root(p.path + 32, leaf[0], 2, NULL) != PROV_OK ||
	    tree_root(p.path + 64, leaf[4], 3, NULL) != PROV_OK)
		return (false);
	checkpoint_text(&text, &c);
	if (note_sign(&note, log, buf_span(&text), NULL) != PROV_OK)
		return (false);
	p.note = buf_span(&note);
	proof_encode(&proof, &p);
	if (!put_seen(dir, buf_span(&note)))
		return (false);
	return (put(dir, "checkpoint/size-7", buf_span(&text)) &&
		put(dir, "proof/entry-2", buf_span(&proof)));
}

/* Two histories of one log, at one size and at two. */
static bool
put_forks(const char *dir)
{
	AUTO(prov_key) *log = logged_key(LOG_NAME, 1);
	AUTO_BUF equal = { 0 }, grown = { 0 };
	struct buf notes[2] = { { 0 }, { 0 } };
	struct signed_head old, head;
	struct branch a, b;
	bool one, two, fine;

	branch_open(&a);
	branch_open(&b);
	branch_grow(&a, 7, 7, 0);
	branch_grow(&b, 11, 5, 1);
	branch_sign(&notes[0], &old, &a, 7, log);
	branch_sign(&notes[1], &head, &b, 7, log);
	fine =
	    fork_look(&equal, &one, &old, &head, NULL, NULL, NULL) == PROV_OK;
	branch_sign(&notes[1], &head, &b, 11, log);
	fine = fine && fork_look(&grown, &two, &old, &head, branch_get, &b,
			   NULL) == PROV_OK;
	branch_close(&a);
	branch_close(&b);
	for (size_t i = 0; i < 2; i++)
		buf_free(&notes[i]);
	return (fine && one && two &&
		put(dir, "fork/equal", buf_span(&equal)) &&
		put(dir, "fork/grown", buf_span(&grown)));
}

/* The same entry's receipt, as prov makes it and as others may. */
static bool
put_receipts(const char *dir)
{
	static const uint8_t bare[] = { 0xa2, 0x19, 0x01, 0x8b, 0x01, 0x01,
		0x27 };
	AUTO(prov_key) *log = logged_key(LOG_NAME, 1);
	struct receipt r = { .size = 7, .index = 2, .n = 3 };
	uint8_t leaf[7][32], root[32];
	AUTO_BUF note = { 0 }, ours = { 0 }, theirs = { 0 }, tbs = { 0 };
	size_t head;

	for (unsigned i = 0; i < 7; i++) {
		const uint8_t e = (uint8_t)('0' + i);

		if (tree_leaf(leaf[i], span(&e, 1), NULL) != PROV_OK)
			return (false);
	}
	memcpy(r.path, leaf[3], 32);
	if (log == NULL || tree_root(root, leaf[0], 7, NULL) != PROV_OK ||
	    tree_root(r.path + 32, leaf[0], 2, NULL) != PROV_OK ||
	    tree_root(r.path + 64, leaf[4], 3, NULL) != PROV_OK)
		return (false);
	buf_put_str(&note, "x\n\n");
	if (receipt_endorse(&note, log, root, NULL) != PROV_OK ||
	    receipt_line(r.sig, buf_span(&note), prov_key_public(log), NULL) !=
		PROV_OK)
		return (false);
	receipt_encode(&ours, &r, prov_key_public(log));
	cose_to_sign(&tbs, span(bare, sizeof(bare)), span(root, 32));
	if (receipt_parse(&r, buf_span(&ours), NULL) != PROV_OK)
		return (false);
	head = (size_t)(r.protected_.p + r.protected_.len - ours.p);
	cbor_put_tag(&theirs, COSE_SIGN1);
	cbor_put_array(&theirs, 4);
	cbor_put_bytes(&theirs, span(bare, sizeof(bare)));
	buf_put(&theirs, ours.p + head, ours.len - head - 66);
	if (key_sign(log, r.sig, buf_span(&tbs), NULL) != PROV_OK)
		return (false);
	cbor_put_bytes(&theirs, span(r.sig, 64));
	return (put(dir, "receipt/entry-2", buf_span(&ours)) &&
		put(dir, "receipt/foreign", buf_span(&theirs)));
}

static bool
put_bundle(const char *dir)
{
	AUTO_BUF b = { 0 };

	bundle_put(&b, span("one", 3));
	bundle_put(&b, span("", 0));
	bundle_put(&b, span("three", 5));
	return (put(dir, "bundle/three-entries", buf_span(&b)));
}

/* Without its digest, which the target makes. */
static bool
put_run(const char *dir)
{
	struct records r = { 0 };
	AUTO_BUF b = { 0 };
	uint8_t key[32];
	bool fine;

	for (uint64_t i = 3; i < 6; i++)
		for (unsigned k = 0; k < INDEX_KINDS; k++) {
			logged_digest(key, i, (uint8_t)k);
			records_add(&r, k, key, i);
		}
	records_sort(&r);
	fine = run_encode(&b, 3, 6, &r, NULL) == PROV_OK &&
	       put(dir, "index/run", span(b.p, b.len - 32));
	records_clear(&r);
	return (fine);
}

/* Requests to a witness that knows size 3. */
static bool
put_requests(const char *dir)
{
	static const struct {
		const char *name;
		uint64_t fork, old, size;
	} adds[] = {
		{ "witness/grow", GROWN_MAX, 3, 12 },
		{ "witness/same", GROWN_MAX, 3, 3 },
		{ "witness/conflict", GROWN_MAX, 2, 7 },
		{ "witness/back", GROWN_MAX, 3, 2 },
		{ "witness/fork", 1, 3, 9 },
	};
	struct grown log;

	for (size_t i = 0; i < sizeof(adds) / sizeof(adds[0]); i++) {
		AUTO_BUF body = { 0 }, b = { 0 };
		bool fine =
		    grown_open(&log, LOG_NAME, 1, adds[i].fork) &&
		    grown_submit(&body, &log, adds[i].old, adds[i].size);

		grown_close(&log);
		buf_put_str(&b, "POST /add-checkpoint\n");
		buf_put_span(&b, buf_span(&body));
		if (!fine || !put(dir, adds[i].name, buf_span(&b)))
			return (false);
	}
	return (put_text(dir, "witness/get",
	    "GET /0000000000000000000000000000000000000000000000000000000000"
	    "000000/checkpoint\n"));
}

/* One frame of each kind. */
static bool
put_wire(const char *dir)
{
	static const prov_span url = { (const uint8_t *)"http://a/b", 10 },
			       type = { (const uint8_t *)"text/plain", 10 },
			       body = { (const uint8_t *)"7\n", 2 };
	const struct wire frames[] = {
		{ WIRE_GET, 1, 0, 60000, 4096, url, { 0 }, { 0 } },
		{ WIRE_POST, 2, 0, 60000, 4096, url, type, body },
		{ WIRE_ANSWER, 2, 409, 0, 0, { 0 }, type, body },
		{ WIRE_FAILED, 1, WIRE_RETRY, 0, 0, url, { 0 }, { 0 } },
		{ WIRE_READY, 0, 0, 0, 0, url, { 0 }, { 0 } },
		{ WIRE_QUERY, 3, 0, 0, 0, url, type, body },
		{ WIRE_REPLY, 3, 200, 0, 0, { 0 }, type, body },
	};
	AUTO_BUF all = { 0 };

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
		wire_put(&all, &frames[i]);
	return (put(dir, "wire/each-kind", buf_span(&all)));
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		return (2);
	return (put_proof(argv[1]) && put_receipts(argv[1]) &&
			put_forks(argv[1]) && put_bundle(argv[1]) &&
			put_run(argv[1]) && put_requests(argv[1]) &&
			put_wire(argv[1]) &&
			put_text(argv[1], "index/list",
			    "prov-index/2\n0 5 15\n5 6 3\n") &&
			put_text(argv[1], "index/tile_name",
			    "tile/entries/x001/x234/067.p/255") &&
			put_text(argv[1], "index/notices",
			    "prov-notices/1\ndemo/camera-1/log\n7 "
			    "00112233445566778899aabbccddeeff"
			    "00112233445566778899aabbccddeeff 2\n0\n5\n") &&
			put_text(argv[1], "checkpoint/extension",
			    "o\n42\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s"
			    "=\nmore\n") &&
			put_text(argv[1], "proof/extra",
			    "c2sp.org/tlog-proof@v1\nextra AAAA\nindex 0\n\n")
		    ? 0
		    : 1);
}
