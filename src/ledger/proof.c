/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/text.h"
#include "ledger/proof.h"
#include "sign/note.h"
#include "sign/receipt.h"

static const char PROOF_HEADER[] = "c2sp.org/tlog-proof@v1";

/* A note, TREE_PATH_MAX hash lines, and an extra line as long as a note. */
#define PROOF_MAX (2 * NOTE_MAX + 8192)

void
proof_encode(struct buf *b, const struct proof *p)
{
	buf_printf(b, "%s\nindex %llu\n", PROOF_HEADER,
	    (unsigned long long)p->index);
	for (size_t i = 0; i < p->n; i++) {
		base64_put(b, span(p->path + 32 * i, 32));
		buf_put_byte(b, '\n');
	}
	buf_put_byte(b, '\n');
	buf_put_span(b, p->note);
}

/* What follows prefix on the line; false if it starts otherwise. */
static bool
after(prov_span line, const char *prefix, prov_span *rest)
{
	size_t n = strlen(prefix);

	if (line.len < n || memcmp(line.p, prefix, n) != 0)
		return (false);
	*rest = span(line.p + n, line.len - n);
	return (true);
}

/* The extra line is not authenticated: well-formed, then passed over. */
static prov_status
take_head(struct proof *p, prov_span *text, prov_err *err)
{
	prov_span line, rest;

	if (!text_line(text, &line) ||
	    !span_eq(line, span(PROOF_HEADER, sizeof(PROOF_HEADER) - 1)))
		return (prov_fail(err, PROV_EFORMAT,
		    "proof: the first line is not %s", PROOF_HEADER));
	if (!text_line(text, &line))
		return (prov_fail(err, PROV_EFORMAT, "proof: no index line"));
	if (after(line, "extra ", &rest)) {
		AUTO_BUF extra = { 0 };

		if (!base64_decode(&extra, (const char *)rest.p, rest.len))
			return (extra.failed
				    ? buf_done(&extra, err)
				    : prov_fail(err, PROV_EFORMAT,
					  "proof: the extra line is not "
					  "base64"));
		if (!text_line(text, &line))
			return (prov_fail(err, PROV_EFORMAT,
			    "proof: no index line"));
	}
	if (!after(line, "index ", &rest) ||
	    !u64_decode(&p->index, (const char *)rest.p, rest.len))
		return (
		    prov_fail(err, PROV_EFORMAT, "proof: no valid index line"));
	return (PROV_OK);
}

static prov_status
take_hash(struct proof *p, prov_span line, prov_err *err)
{
	if (p->n == TREE_PATH_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "proof: more than %d hashes", TREE_PATH_MAX));
	if (!base64_hash(p->path + 32 * p->n, line))
		return (prov_fail(err, PROV_EFORMAT,
		    "proof: hash %zu is malformed", p->n));
	p->n++;
	return (PROV_OK);
}

prov_status
proof_parse(struct proof *out, prov_span text, prov_err *err)
{
	struct proof p = { 0 };
	prov_span line;
	prov_status st;

	if (text.len > PROOF_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "proof: %zu bytes, more than %lu", text.len, PROOF_MAX));
	if ((st = take_head(&p, &text, err)) != PROV_OK)
		return (st);
	for (;;) {
		if (!text_line(&text, &line))
			return (prov_fail(err, PROV_EFORMAT,
			    "proof: no blank line before the checkpoint"));
		if (line.len == 0)
			break;
		if ((st = take_hash(&p, line, err)) != PROV_OK)
			return (st);
	}
	p.note = text;
	if ((st = note_parse(&line, p.note, err)) != PROV_OK)
		return (prov_wrap(err, st, "proof"));
	*out = p;
	return (PROV_OK);
}

/* Whether the proof's checkpoint is for key's log at all. */
static prov_status
check_origin(const struct proof *p, const prov_pubkey *key, prov_err *err)
{
	struct checkpoint c;
	prov_span text;
	prov_status st;

	if ((st = note_parse(&text, p->note, err)) != PROV_OK ||
	    (st = checkpoint_parse(&c, text, err)) != PROV_OK)
		return (st);
	if (strcmp(c.origin, key->name) != 0)
		return (prov_fail(err, PROV_ENOTFOUND,
		    "proof: from the log %s, not %s", c.origin, key->name));
	return (PROV_OK);
}

prov_status
proof_verify(struct checkpoint *at, const struct proof *p, prov_span entry,
    const prov_pubkey *key, prov_err *err)
{
	struct checkpoint c;
	uint8_t leaf[32], root[32];
	prov_status st;

	if ((st = check_origin(p, key, err)) != PROV_OK ||
	    (st = checkpoint_verify_seen(&c, p->note, key, p->seen, err)) !=
		PROV_OK)
		return (st);
	if (p->index >= c.size)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "proof: index %llu in a log of %llu entries",
		    (unsigned long long)p->index, (unsigned long long)c.size));
	if ((st = tree_leaf(leaf, entry, err)) != PROV_OK ||
	    (st = tree_inclusion_root(root, leaf, p->index, c.size, p->path,
		 p->n, err)) != PROV_OK)
		return (st);
	if (memcmp(root, c.root, sizeof(root)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "proof: the entry is not number %llu of %s at size %llu",
		    (unsigned long long)p->index, c.origin,
		    (unsigned long long)c.size));
	*at = c;
	return (PROV_OK);
}

prov_status
proof_receipt(struct buf *out, const struct proof *p, const prov_pubkey *key,
    prov_err *err)
{
	struct receipt r = { .index = p->index, .n = p->n };
	struct checkpoint c;
	prov_status st;

	if ((st = check_origin(p, key, err)) != PROV_OK ||
	    (st = checkpoint_verify(&c, p->note, key, err)) != PROV_OK ||
	    (st = receipt_line(r.sig, p->note, key, err)) != PROV_OK ||
	    (st = receipt_check(r.sig, c.root, key, err)) != PROV_OK)
		return (st);
	r.size = c.size;
	memcpy(r.path, p->path, 32 * p->n);
	receipt_encode(out, &r, key);
	return (buf_done(out, err));
}
