/* SPDX-License-Identifier: ISC */
#include "sign/note.h"

#include <string.h>

#include "base/text.h"
#include "sign/pubkey.h"
#include "sign/vouched.h"

#define SIG_LEN 64 /* of Ed25519 */

static const char dash[] = "\xe2\x80\x94 "; /* EM DASH and space */
#define DASH_LEN (sizeof(dash) - 1)

/* One signature line: dash, name, space, base64 of key ID and signature. */
struct sig_line {
	prov_span name;
	struct buf blob;
};

static void
line_clear(struct sig_line *l)
{
	buf_free(&l->blob);
}
#define AUTO_LINE __attribute__((cleanup(line_clear))) struct sig_line

static prov_status
not_note(prov_err *err, const char *why)
{
	return (prov_fail(err, PROV_EFORMAT, "not a signed note: %s", why));
}

/* The length of a Unicode space at p, or 0. The bytes are valid UTF-8. */
static size_t
space_len(const uint8_t *p, size_t len)
{
	if (p[0] == ' ' || (p[0] >= 0x09 && p[0] <= 0x0d))
		return (1);
	if (len >= 2 && p[0] == 0xc2 && (p[1] == 0x85 || p[1] == 0xa0))
		return (2);
	if (len < 3)
		return (0);
	if ((p[0] == 0xe1 && p[1] == 0x9a && p[2] == 0x80) ||
	    (p[0] == 0xe2 && p[1] == 0x80 &&
		(p[2] <= 0x8a || p[2] == 0xa8 || p[2] == 0xa9 ||
		    p[2] == 0xaf)) ||
	    (p[0] == 0xe2 && p[1] == 0x81 && p[2] == 0x9f) ||
	    (p[0] == 0xe3 && p[1] == 0x80 && p[2] == 0x80))
		return (3);
	return (0);
}

bool
note_name_valid(prov_span s)
{
	if (!utf8_valid(s.p, s.len))
		return (false);
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '+' || space_len(s.p + i, s.len - i) != 0)
			return (false);
	return (s.len > 0);
}

static prov_status
line_parse(struct sig_line *out, prov_span line, prov_err *err)
{
	const uint8_t *name, *b64;
	size_t left;

	if (line.len < DASH_LEN || memcmp(line.p, dash, DASH_LEN) != 0)
		return (not_note(err, "a signature line begins without a "
				      "dash"));
	name = line.p + DASH_LEN;
	left = line.len - DASH_LEN;
	if ((b64 = memchr(name, ' ', left)) == NULL)
		return (not_note(err, "a signature line has no signature"));
	out->name = span(name, (size_t)(b64 - name));
	if (!note_name_valid(out->name))
		return (not_note(err, "a signature line's name is not valid"));
	b64++;
	left = (size_t)(line.p + line.len - b64);
	if (!base64_decode(&out->blob, (const char *)b64, left))
		return (out->blob.failed
			    ? buf_done(&out->blob, err)
			    : not_note(err, "a signature is not base64"));
	if (out->blob.len < 5)
		return (not_note(err, "a signature is too short"));
	return (PROV_OK);
}

static prov_status
chars_check(prov_span bytes, prov_err *err)
{
	if (bytes.len > NOTE_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "signed note: %zu bytes, at most %lu are allowed",
		    bytes.len, NOTE_MAX));
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.p[i] < 0x20 && bytes.p[i] != '\n')
			return (not_note(err, "it holds a control character"));
	if (!utf8_valid(bytes.p, bytes.len))
		return (not_note(err, "it is not UTF-8"));
	return (PROV_OK);
}

/* Splits at the last blank line. sigs is one or more whole lines. */
prov_status
note_split(prov_span *text, prov_span *sigs, prov_span bytes, prov_err *err)
{
	prov_status st;
	size_t at;

	if ((st = chars_check(bytes, err)) != PROV_OK)
		return (st);
	if (bytes.len < 3 || bytes.p[bytes.len - 1] != '\n')
		return (not_note(err, "it ends without a newline"));
	for (at = bytes.len - 2; at > 0; at--)
		if (bytes.p[at] == '\n' && bytes.p[at - 1] == '\n')
			break;
	if (at == 0)
		return (not_note(err, "no blank line before the signatures"));
	*text = span(bytes.p, at);
	*sigs = span(bytes.p + at + 1, bytes.len - at - 1);
	return (PROV_OK);
}

prov_status
note_sigs(prov_span sigs, note_sig_fn fn, void *arg, prov_err *err)
{
	prov_span line, rest = sigs;
	prov_status st;

	if ((st = chars_check(sigs, err)) != PROV_OK)
		return (st);
	for (size_t n = 0; text_line(&rest, &line); n++) {
		AUTO_LINE l = { .blob = { .max = NOTE_MAX } };
		struct note_sig s = { .line = span(line.p, line.len + 1) };

		if (n == NOTE_SIGS_MAX)
			return (prov_fail(err, PROV_ELIMIT,
			    "signed note: over %d signatures", NOTE_SIGS_MAX));
		if ((st = line_parse(&l, line, err)) != PROV_OK)
			return (st);
		s.name = l.name;
		memcpy(s.id, l.blob.p, sizeof(s.id));
		s.sig = span(l.blob.p + 4, l.blob.len - 4);
		if (fn != NULL && (st = fn(arg, &s, err)) != PROV_OK)
			return (st);
	}
	if (rest.len != 0)
		return (not_note(err, "the last line has no newline"));
	return (PROV_OK);
}

prov_status
note_parse(prov_span *text, prov_span bytes, prov_err *err)
{
	prov_span t, sigs;
	prov_status st;

	if ((st = note_split(&t, &sigs, bytes, err)) != PROV_OK ||
	    (st = note_sigs(sigs, NULL, NULL, err)) != PROV_OK)
		return (st);
	*text = t;
	return (PROV_OK);
}

/* A key that is looked for, and whether it was found to have signed. */
struct search {
	const prov_pubkey *key;
	uint8_t id[4];
	prov_span text;
	bool found;
	struct vouched *seen; /* or NULL */
};

static prov_status
search_sig(void *arg, const struct note_sig *s, prov_err *err)
{
	struct search *q = arg;
	const prov_pubkey *key = q->key;
	prov_status st;

	if (!span_eq(s->name, span(key->name, strlen(key->name))) ||
	    memcmp(s->id, q->id, sizeof(q->id)) != 0)
		return (PROV_OK);
	if (s->sig.len != SIG_LEN)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "signed note: the signature of %s has %zu bytes", key->name,
		    s->sig.len));
	if ((st = vouched_verify(q->seen, key->key, s->sig.p, q->text, err)) !=
	    PROV_OK)
		return (prov_wrap(err, st, "signed note"));
	q->found = true;
	return (PROV_OK);
}

prov_status
note_verify(prov_span *text, prov_span bytes, const prov_pubkey *key,
    prov_err *err)
{
	return (note_verify_seen(text, bytes, key, NULL, err));
}

prov_status
note_verify_seen(prov_span *text, prov_span bytes, const prov_pubkey *key,
    struct vouched *seen, prov_err *err)
{
	struct search q = { .key = key, .seen = seen };
	prov_status st;
	prov_span sigs;

	if ((st = pubkey_note_id(q.id, key, NOTE_ED25519, err)) != PROV_OK ||
	    (st = note_split(&q.text, &sigs, bytes, err)) != PROV_OK ||
	    (st = note_sigs(sigs, search_sig, &q, err)) != PROV_OK)
		return (st);
	if (!q.found)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "signed note: no signature by %s", key->name));
	*text = q.text;
	return (PROV_OK);
}

/* Looks for a line of a name and key ID. */
struct match {
	const struct note_sig *want;
	bool found;
};

static prov_status
match_sig(void *arg, const struct note_sig *s, prov_err *err)
{
	struct match *m = arg;

	(void)err;
	m->found =
	    m->found || (span_eq(s->name, m->want->name) &&
			    memcmp(s->id, m->want->id, sizeof(s->id)) == 0);
	return (PROV_OK);
}

/* A note that is written, and the lines that come new into it. */
struct merge {
	struct buf *out;
	prov_span lines;
};

static prov_status
merge_sig(void *arg, const struct note_sig *s, prov_err *err)
{
	struct merge *g = arg;
	struct match m = { .want = s };
	prov_status st;

	if ((st = note_sigs(g->lines, match_sig, &m, err)) != PROV_OK)
		return (st);
	if (!m.found)
		buf_put_span(g->out, s->line);
	return (buf_done(g->out, err));
}

prov_status
note_merge(struct buf *out, prov_span note, prov_span lines, prov_err *err)
{
	AUTO_BUF b = { .max = NOTE_MAX };
	struct merge g = { .out = &b, .lines = lines };
	prov_span text, sigs;
	prov_status st;

	if ((st = note_split(&text, &sigs, note, err)) != PROV_OK)
		return (st);
	buf_put_span(&b, text);
	buf_put_byte(&b, '\n');
	if ((st = note_sigs(sigs, merge_sig, &g, err)) != PROV_OK)
		return (st);
	buf_put_span(&b, lines);
	if ((st = buf_done(&b, err)) != PROV_OK ||
	    (st = note_parse(&text, buf_span(&b), err)) != PROV_OK)
		return (st);
	buf_put_span(out, buf_span(&b));
	return (buf_done(out, err));
}
