/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/html.h"
#include "base/text.h"
#include "verify/page.h"

#define NAME_SHOWN 255

/* The chain as it is being put together. */
struct chain {
	struct buf *b;
	const prov_verdict *v;
	const struct page *p;
	unsigned n;
};

static void
begin(struct chain *c, const char *title, enum mood m, const char *word)
{
	buf_printf(c->b,
	    "<li><span class=\"dot %s\">%u</span><strong>%s</strong> "
	    "<span class=\"tag %s\">%s %s</span>\n<dl>\n",
	    mood_class(m), ++c->n, title, mood_class(m), mood_sign(m), word);
}

static void
end(struct chain *c)
{
	buf_put_str(c->b, "</dl></li>\n");
}

static void
put_text(struct chain *c, const char *name, const char *text)
{
	buf_printf(c->b, "<dt>%s</dt><dd>", name);
	html_put(c->b, text, NAME_SHOWN);
	buf_put_str(c->b, "</dd>\n");
}

static void
put_hex(struct chain *c, const char *name, const uint8_t digest[32])
{
	buf_printf(c->b, "<dt>%s</dt><dd class=\"mono\">", name);
	hex_put(c->b, digest, 32);
	buf_put_str(c->b, "</dd>\n");
}

static void
put_number(struct chain *c, const char *name, uint64_t n, const char *unit)
{
	buf_printf(c->b, "<dt>%s</dt><dd>%llu%s</dd>\n", name,
	    (unsigned long long)n, unit);
}

static bool
same_bytes(const prov_verdict *v)
{
	return (v->has_digest && v->has_statement &&
		v->asset.size == v->digest.size &&
		memcmp(v->asset.sha256, v->digest.sha256, 32) == 0);
}

static void
put_bytes(struct chain *c)
{
	const prov_verdict *v = c->v;
	enum mood m = same_bytes(v) ? MOOD_GOOD : MOOD_OPEN;

	if (!v->has_digest) {
		begin(c, "The file\xe2\x80\x99s bytes", MOOD_BAD, "not read");
		put_text(c, "Why", v->error);
		end(c);
		return;
	}
	begin(c, "The file\xe2\x80\x99s bytes", m,
	    !v->has_statement ? "read"
	    : same_bytes(v)   ? "as signed"
			      : "other than signed");
	put_hex(c, "SHA-256", v->digest.sha256);
	put_number(c, "Length", v->digest.size, " bytes");
	if (v->has_statement && !same_bytes(v)) {
		put_hex(c, "Signed SHA-256", v->asset.sha256);
		put_number(c, "Signed length", v->asset.size, " bytes");
	}
	if (v->has_uncovered)
		put_number(c, "Covered by nothing", (uint64_t)v->uncovered,
		    " bytes, such as tags and padding");
	end(c);
}

static const char *
binding_means(const prov_verdict *v)
{
	switch (v->binding) {
	case PROV_BIND_EXACT:
		return ("The bytes are the signed ones; no parser was asked.");
	case PROV_BIND_STREAMS:
		return ("Every signed stream is there, complete, in order, at "
			"its time and presented as signed. This rests on a "
			"parser in a sandbox.");
	case PROV_BIND_CLIP:
		return ("All streams hold one interval of the recording.");
	case PROV_BIND_NONE:
		break;
	}
	return ("Neither the bytes nor the streams are the signed ones.");
}

static void
put_binding(struct chain *c)
{
	const prov_verdict *v = c->v;
	enum mood m = v->binding >= PROV_BIND_STREAMS ? MOOD_GOOD
	              : v->binding == PROV_BIND_CLIP  ? MOOD_OPEN
	                                              : MOOD_BAD;

	begin(c, "Binding to what was signed", m, binding_name(v->binding));
	put_text(c, "Means", binding_means(v));
	if (v->format[0] != '\0')
		put_text(c, "Signed as", v->format);
	if (v->found[0] != '\0')
		put_text(c, "This file is", v->found);
	end(c);
}

static void
put_root(struct chain *c, const struct verdict_stream *s)
{
	buf_printf(c->b, "<dt>%s ", prov_kind_name(s->kind));
	html_put(c->b, s->codec, CODEC_NAME_MAX);
	buf_put_str(c->b, "</dt><dd class=\"mono\">");
	if (s->was.there)
		hex_put(c->b, s->was.root, 32);
	else
		buf_put_str(c->b, "not signed");
	if (!s->is.there)
		buf_put_str(c->b, "<br/>not in this file");
	else if (!s->was.there || memcmp(s->was.root, s->is.root, 32) != 0) {
		buf_put_str(c->b, "<br/>here ");
		hex_put(c->b, s->is.root, 32);
	}
	buf_put_str(c->b, "</dd>\n");
}

static void
put_streams(struct chain *c)
{
	const prov_verdict *v = c->v;
	AUTO_BUF word = { 0 };
	size_t n = 0, signed_n = 0;

	if (v->n_streams == 0)
		return;
	for (size_t i = 0; i < v->n_streams; i++) {
		n += v->streams[i].state == PAIR_MATCH;
		signed_n += v->streams[i].was.there;
	}
	buf_printf(&word, "%zu of %zu as signed", n, signed_n);
	buf_put_byte(&word, '\0');
	if (word.failed) {
		c->b->failed = true;
		return;
	}
	begin(c, "Roots of the streams",
	    n == v->n_streams ? MOOD_GOOD : MOOD_BAD, (const char *)word.p);
	for (size_t i = 0; i < v->n_streams; i++)
		put_root(c, &v->streams[i]);
	end(c);
}

static void
put_statement(struct chain *c)
{
	const prov_verdict *v = c->v;
	char when[32];

	begin(c, "Statement about it",
	    v->superseded                    ? MOOD_BAD
	    : v->signature == PROV_SIG_VALID ? MOOD_GOOD
					     : MOOD_OPEN,
	    v->superseded    ? "replaced by its signer"
	    : v->from_ledger ? "found in the ledger"
			     : "from the sidecar");
	put_hex(c, "SHA-256", v->statement);
	time_format(when, v->signed_at);
	put_text(c, "Claimed time", when);
	end(c);
}

static void
put_signer(struct chain *c)
{
	const prov_verdict *v = c->v;
	enum mood m = v->signature == PROV_SIG_VALID     ? MOOD_GOOD
	              : v->signature == PROV_SIG_UNKNOWN ? MOOD_OPEN
	                                                 : MOOD_BAD;

	begin(c, "Signature", m, sig_state_name(v->signature));
	put_text(c, "Trusted as",
	    v->signer[0] != '\0' ? v->signer : "nobody the trust file names");
	put_text(c, "Issuer", v->iss);
	put_hex(c, "Key ID", v->kid);
	if (v->vkey[0] != '\0')
		put_text(c, "Verifier key", v->vkey);
	end(c);
}

static enum mood
ledger_mood(prov_ledger_state s)
{
	if (s == PROV_LEDGER_INCLUDED)
		return (MOOD_GOOD);
	return (s == PROV_LEDGER_UNCHECKED || s == PROV_LEDGER_ABSENT
		    ? MOOD_OPEN
		    : MOOD_BAD);
}

static void
put_entry(struct chain *c)
{
	const prov_verdict *v = c->v;
	enum mood m = ledger_mood(v->ledger);

	begin(c, "Entry in the log", m, ledger_state_name(v->ledger));
	if (v->has_entry)
		put_number(c, "Entry", v->log_index, "");
	else
		put_text(c, "Entry",
		    v->receipt == RECEIPT_GOOD
			? "somewhere in the log; a receipt alone tells no place"
			: "none proven");
	if (v->receipt != RECEIPT_NONE)
		put_text(c, "COSE Receipt", receipt_state_name(v->receipt));
	if (!v->has_entry && v->origin[0] != '\0')
		put_text(c, "Origin", v->origin);
	end(c);
	if (!v->has_entry)
		return;
	begin(c, "Checkpoint of the log", m,
	    m == MOOD_GOOD ? "verified" : ledger_state_name(v->ledger));
	put_text(c, "Origin", v->origin);
	put_number(c, "Size", v->checkpoint_size, " entries");
	buf_put_str(c->b, "<dt>Root</dt><dd class=\"mono\">");
	base64_put(c->b, span(v->checkpoint_root, 32));
	buf_put_str(c->b, "</dd>\n");
	end(c);
}

static void
put_trust(struct chain *c)
{
	const prov_verdict *v = c->v;
	bool signer = v->signature == PROV_SIG_VALID;
	bool log = v->ledger == PROV_LEDGER_INCLUDED;

	begin(c, "Trust", signer && log ? MOOD_GOOD : MOOD_OPEN,
	    signer && log ? "signer and log are named"
	    : signer      ? "the log does not count"
	    : log         ? "the signer does not count"
			  : "neither signer nor log counts");
	if (c->p->trust[0] != '\0')
		put_text(c, "Trust file", c->p->trust);
	end(c);
}

void
chain_put(struct buf *b, const prov_verdict *v, const struct page *p)
{
	struct chain c = { b, v, p, 0 };

	buf_put_str(b, "<h3>Evidence, from the bytes to the log</h3>\n"
		       "<ol class=\"chain\">\n");
	put_bytes(&c);
	if (v->has_statement) {
		put_binding(&c);
		put_streams(&c);
		put_statement(&c);
		put_signer(&c);
		put_entry(&c);
		put_trust(&c);
	} else {
		begin(&c, "Statement about it", MOOD_OPEN, "none");
		put_text(&c, "Means",
		    v->looked_up
			? "Neither a sidecar nor the ledger at hand has one."
			: "No sidecar has one, and no ledger was at hand.");
		end(&c);
	}
	buf_put_str(b, "</ol>\n");
}
