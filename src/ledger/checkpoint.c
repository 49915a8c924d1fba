/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/text.h"
#include "hash/sha256.h"
#include "ledger/checkpoint.h"
#include "sign/note.h"

/* 32 bytes are 43 digits and one "=". */

void
checkpoint_text(struct buf *b, const struct checkpoint *c)
{
	buf_printf(b, "%s\n%llu\n", c->origin, (unsigned long long)c->size);
	base64_put(b, span(c->root, sizeof(c->root)));
	buf_put_byte(b, '\n');
}

static prov_status
take_origin(struct checkpoint *c, prov_span *text, prov_err *err)
{
	prov_span line;

	if (!text_line(text, &line) || line.len == 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "checkpoint: line 1, the origin, is missing"));
	if (line.len > PROV_NAME_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "checkpoint: an origin of %zu bytes, more than %d",
		    line.len, PROV_NAME_MAX));
	if (!utf8_valid(line.p, line.len))
		return (prov_fail(err, PROV_EFORMAT,
		    "checkpoint: the origin is not UTF-8"));
	for (size_t i = 0; i < line.len; i++)
		if (line.p[i] < 0x20 || line.p[i] == 0x7f)
			return (prov_fail(err, PROV_EFORMAT,
			    "checkpoint: control character in the origin"));
	memcpy(c->origin, line.p, line.len);
	c->origin[line.len] = '\0';
	return (PROV_OK);
}

static prov_status
take_size(struct checkpoint *c, prov_span *text, prov_err *err)
{
	prov_span line;

	if (!text_line(text, &line) ||
	    !u64_decode(&c->size, (const char *)line.p, line.len))
		return (prov_fail(err, PROV_EFORMAT,
		    "checkpoint: line 2 is not a tree size"));
	if (c->size > INT64_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "checkpoint: tree size %llu is 2^63 or more",
		    (unsigned long long)c->size));
	return (PROV_OK);
}

static prov_status
take_root(struct checkpoint *c, prov_span *text, prov_err *err)
{
	prov_span line;

	if (!text_line(text, &line) || !base64_hash(c->root, line))
		return (prov_fail(err, PROV_EFORMAT,
		    "checkpoint: line 3 is not a root hash"));
	return (PROV_OK);
}

prov_status
checkpoint_read(struct checkpoint *out, prov_span text, prov_err *err)
{
	struct checkpoint c = { 0 };
	prov_span line;
	prov_status st;

	if (text.len > NOTE_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "checkpoint: %zu bytes, more than %lu", text.len,
		    NOTE_MAX));
	if ((st = take_origin(&c, &text, err)) != PROV_OK ||
	    (st = take_size(&c, &text, err)) != PROV_OK ||
	    (st = take_root(&c, &text, err)) != PROV_OK)
		return (st);
	while (text_line(&text, &line))
		if (line.len == 0)
			return (prov_fail(err, PROV_EFORMAT,
			    "checkpoint: empty extension line"));
	if (text.len != 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "checkpoint: the last line has no newline"));
	*out = c;
	return (PROV_OK);
}

prov_status
checkpoint_check_empty(const struct checkpoint *c, prov_err *err)
{
	uint8_t none[32];
	prov_status st;

	if (c->size != 0)
		return (PROV_OK);
	if ((st = sha256_of(none, span(NULL, 0), err)) != PROV_OK)
		return (st);
	if (memcmp(none, c->root, sizeof(none)) != 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "checkpoint: size 0 with the root of another tree"));
	return (PROV_OK);
}

prov_status
checkpoint_parse(struct checkpoint *out, prov_span text, prov_err *err)
{
	struct checkpoint c;
	prov_status st;

	if ((st = checkpoint_read(&c, text, err)) != PROV_OK ||
	    (st = checkpoint_check_empty(&c, err)) != PROV_OK)
		return (st);
	*out = c;
	return (PROV_OK);
}

prov_status
checkpoint_verify(struct checkpoint *out, prov_span note,
    const prov_pubkey *key, prov_err *err)
{
	return (checkpoint_verify_seen(out, note, key, NULL, err));
}

prov_status
checkpoint_verify_seen(struct checkpoint *out, prov_span note,
    const prov_pubkey *key, struct vouched *seen, prov_err *err)
{
	struct checkpoint c;
	prov_span text;
	prov_status st;

	if ((st = note_verify_seen(&text, note, key, seen, err)) != PROV_OK ||
	    (st = checkpoint_parse(&c, text, err)) != PROV_OK)
		return (st);
	if (strcmp(c.origin, key->name) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "checkpoint: %s signed for the origin %s", key->name,
		    c.origin));
	*out = c;
	return (PROV_OK);
}
