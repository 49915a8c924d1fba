/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/html.h"
#include "base/text.h"
#include "verify/advice.h"
#include "verify/page.h"

#define PATH_SHOWN  4096
#define NAME_SHOWN  255
#define KID_SHOWN   4
#define ERROR_SHOWN 512

enum mood
page_mood(const prov_verdict *v)
{
	if (v->holds)
		return (MOOD_GOOD);
	/* Nothing known, or nothing decided: no verdict on the content. */
	if (v->trouble != PROV_OK || v->status == 75 ||
	    strcmp(v->word, "UNSIGNED") == 0 ||
	    strcmp(v->word, "UNTRUSTED") == 0 || strcmp(v->word, "CLIP") == 0)
		return (MOOD_OPEN);
	return (MOOD_BAD);
}

const char *
mood_class(enum mood m)
{
	static const char *const names[] = { [MOOD_GOOD] = "good",
		[MOOD_BAD] = "bad",
		[MOOD_OPEN] = "open" };

	return (names[m]);
}

const char *
mood_sign(enum mood m)
{
	static const char *const signs[] = { [MOOD_GOOD] = "\xe2\x9c\x93",
		[MOOD_BAD] = "\xe2\x9c\x95",
		[MOOD_OPEN] = "?" };

	return (signs[m]);
}

static bool
is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./+:=@%,-";

	return (word[0] != '\0' && strspn(word, plain) == strlen(word));
}

/* Whether a page shows every character of it as it is. */
static bool
is_visible(const char *word)
{
	AUTO_BUF safe = { 0 };

	text_escape(&safe, word, strlen(word), SIZE_MAX);
	return (!safe.failed && safe.len == strlen(word));
}

void
shell_put(struct buf *b, const char *word)
{
	bool visible = is_visible(word);

	if (is_plain(word)) {
		buf_put_str(b, word);
		return;
	}
	/* POSIX.1-2024 has dollar-single-quotes for what cannot be seen. */
	buf_put_str(b, visible ? "'" : "$'");
	for (const char *c = word; *c != '\0'; c++) {
		if (*c == '\'')
			buf_put_str(b, visible ? "'\\''" : "\\'");
		else if (!visible && *c == '\\')
			buf_put_str(b, "\\\\");
		else if (!visible && (*c < ' ' || *c > '~'))
			buf_printf(b, "\\%03o", (unsigned)(uint8_t)*c);
		else
			buf_put_byte(b, (uint8_t)*c);
	}
	buf_put_byte(b, '\'');
}

static void
put_by(struct buf *b, const prov_verdict *v)
{
	char when[32];

	if (!v->has_statement)
		return;
	buf_printf(b, "<p class=\"by\">%s ",
	    v->signature == PROV_SIG_VALID ? "Signed by" : "In the name of");
	html_put(b, v->signer[0] != '\0' ? v->signer : v->iss, NAME_SHOWN);
	buf_put_str(b, " <span class=\"mono\">");
	hex_put(b, v->kid, KID_SHOWN);
	buf_put_str(b, "</span>");
	time_format(when, v->signed_at);
	buf_printf(b, "; claimed time %s", when);
	if (v->has_entry)
		buf_printf(b, "; entry %llu of %llu in the log",
		    (unsigned long long)v->log_index,
		    (unsigned long long)v->checkpoint_size);
	else if (v->receipt == RECEIPT_GOOD)
		buf_put_str(b, "; in the log by its receipt");
	buf_put_str(b, "</p>\n");
}

static void
put_head(struct buf *b, const prov_verdict *v, size_t nth)
{
	enum mood m = page_mood(v);

	buf_printf(b,
	    "<div class=\"head %s\"><div class=\"sign\" aria-hidden=\"true\">"
	    "%s</div>\n<div><h2 id=\"f%zuh\">",
	    mood_class(m), mood_sign(m), nth);
	html_put(b, v->path, PATH_SHOWN);
	buf_put_str(b, "</h2>\n<p class=\"word\">");
	html_put(b, v->word, NAME_SHOWN);
	buf_put_str(b, "</p>\n<p>");
	buf_put_str(b, advice_word(v->word)->means);
	if (v->trouble != PROV_OK) {
		buf_put_byte(b, ' ');
		html_put(b, v->error, ERROR_SHOWN);
	}
	buf_put_str(b, "</p>\n");
	put_by(b, v);
	buf_put_str(b, "</div></div>\n");
}

/* Whether the detail says no more than the code. */
static bool
is_empty(const struct finding *f)
{
	for (enum reason r = 0; r < REASON_N; r++) {
		if (strcmp(f->code, reason_code(r)) == 0 &&
		    strcmp(f->detail, reason_text(r)) == 0)
			return (true);
	}
	return (f->detail[0] == '\0');
}

/* Stretches that a code is about; its detail names the first. */
static size_t
count_ranges(const prov_verdict *v, const char *code)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n_streams; i++) {
		for (size_t k = 0; k < v->streams[i].n_ranges; k++)
			n +=
			    strcmp(code,
				reason_code(v->streams[i].ranges[k].what)) == 0;
	}
	return (n);
}

/* The line that would make a signer trusted. */
static void
put_trust_line(struct buf *b, const prov_verdict *v)
{
	AUTO_BUF line = { 0 };

	shell_put(&line, v->vkey);
	buf_put_byte(&line, '\0');
	if (line.failed) {
		b->failed = true;
		return;
	}
	buf_put_str(b, "<pre><code>prov trust add ");
	html_put(b, (const char *)line.p, SIZE_MAX);
	buf_put_str(b, "</code></pre>\n");
}

static void
put_reason(struct buf *b, const prov_verdict *v, const struct finding *f)
{
	const struct advice *a = advice_reason(f->code);
	size_t n = count_ranges(v, f->code);

	buf_put_str(b, "<li><code>");
	html_put(b, f->code, CODE_MAX);
	buf_put_str(b, "</code>");
	if (!is_empty(f)) {
		buf_put_str(b, " \xc2\xb7 ");
		html_put(b, f->detail, DETAIL_MAX);
	}
	if (n > 1)
		buf_printf(b, " and %zu more, listed below", n - 1);
	buf_printf(b, "<p>%s</p>\n", a->means);
	if (a->todo != NULL)
		buf_printf(b, "<p class=\"todo\">What to do: %s</p>", a->todo);
	if (v->vkey[0] != '\0' &&
	    strcmp(f->code, reason_code(REASON_SIGNATURE_UNTRUSTED)) == 0)
		put_trust_line(b, v);
	buf_put_str(b, "</li>\n");
}

static void
put_reasons(struct buf *b, const prov_verdict *v)
{
	if (v->why.n == 0)
		return;
	buf_put_str(b, "<h3>Why</h3>\n<ul class=\"why\">\n");
	for (size_t i = 0; i < v->why.n; i++)
		put_reason(b, v, &v->why.at[i]);
	buf_put_str(b, "</ul>\n");
}

static void
put_value(struct buf *b, const struct verdict_side *side, unsigned f)
{
	int64_t x = side->present.v[f];

	buf_put_str(b, "<td>");
	if (!side->there || (side->present.known >> f & 1) == 0)
		buf_put_str(b, "not stated");
	else if (f == PROV_SHOWN_FROM || f == PROV_SHOWN_TO)
		buf_printf(b, "%.3f s", (double)x / 1e9);
	else
		buf_printf(b, "%lld", (long long)x);
	buf_put_str(b, "</td>");
}

static bool
states_differ(const struct verdict_stream *s, unsigned f)
{
	uint64_t bit = UINT64_C(1) << f;

	if (!s->was.there || !s->is.there)
		return (false);
	if ((s->was.present.known & bit) != (s->is.present.known & bit))
		return (true);
	return ((s->was.present.known & bit) != 0 &&
		s->was.present.v[f] != s->is.present.v[f]);
}

static void
put_field(struct buf *b, const struct verdict_stream *s, unsigned f)
{
	static const char *const outcomes[] = {
		[FIELD_SAME] = "same effect",
		[FIELD_DIFFERS] = "\xe2\x9c\x95 differs",
		[FIELD_UNCHECKED] = "? not checked",
	};

	buf_printf(b, "<tr%s><td>%s ",
	    s->fields[f] == FIELD_DIFFERS ? " class=\"diff\"" : "",
	    prov_kind_name(s->kind));
	html_put(b, s->codec, CODEC_NAME_MAX);
	buf_printf(b, "</td><td>%s</td>", prov_field_name((prov_field)f));
	put_value(b, &s->was, f);
	put_value(b, &s->is, f);
	buf_printf(b, "<td>%s</td></tr>\n", outcomes[s->fields[f]]);
}

/* Fields that the two sides state otherwise; most files have none. */
static void
put_presentation(struct buf *b, const prov_verdict *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n_streams; i++) {
		for (unsigned f = 0; f < PROV_FIELD_MAX; f++) {
			if (!states_differ(&v->streams[i], f))
				continue;
			if (n++ == 0)
				buf_put_str(b,
				    "<h3>Presentation</h3>\n<div "
				    "class=\"wide\">"
				    "<table><thead><tr><th>Stream</th>"
				    "<th>Field</th><th>Signed</th>"
				    "<th>This file</th><th>Outcome</th></tr>"
				    "</thead><tbody>\n");
			put_field(b, &v->streams[i], f);
		}
	}
	if (n > 0)
		buf_put_str(b, "</tbody></table></div>\n");
}

static void
put_skipped(struct buf *b, const prov_verdict *v)
{
	buf_put_str(b, "<h3>Not checked</h3>\n");
	if (v->why.n_skipped == 0) {
		buf_put_str(b, "<p>Nothing was left out.</p>\n");
		return;
	}
	buf_put_str(b, "<ul class=\"why\">\n");
	for (size_t i = 0; i < v->why.n_skipped; i++) {
		const struct advice *a = advice_skipped(v->why.skipped[i]);

		buf_put_str(b, "<li><code>");
		html_put(b, v->why.skipped[i], CODE_MAX);
		buf_printf(b, "</code><p>%s", a->means);
		if (a->todo != NULL)
			buf_printf(b, " <span class=\"todo\">%s</span>",
			    a->todo);
		buf_put_str(b, "</p></li>\n");
	}
	buf_put_str(b, "</ul>\n");
}

static void
put_repeat(struct buf *b, const prov_verdict *v, const struct page *p)
{
	AUTO_BUF line = { 0 };

	buf_put_str(&line, p->command);
	buf_put_str(&line, v->path[0] == '-' ? " -- " : " ");
	shell_put(&line, v->path);
	buf_put_byte(&line, '\0');
	if (line.failed) {
		b->failed = true;
		return;
	}
	buf_put_str(b, "<h3>Repeat it</h3>\n<pre><code>");
	html_put(b, (const char *)line.p, SIZE_MAX);
	buf_printf(b,
	    "</code></pre>\n<p class=\"by\">Exit status %d; it took %lld ms."
	    "</p>\n",
	    v->status, (long long)v->ms);
}

void
section_put(struct buf *b, const prov_verdict *v, const struct page *p,
    size_t nth)
{
	buf_printf(b, "<section id=\"f%zu\" aria-labelledby=\"f%zuh\">\n", nth,
	    nth);
	put_head(b, v, nth);
	buf_put_str(b, "<div class=\"body\">\n");
	put_reasons(b, v);
	chart_put(b, v, nth);
	put_presentation(b, v);
	chain_put(b, v, p);
	put_skipped(b, v);
	put_repeat(b, v, p);
	buf_put_str(b, "</div></section>\n");
}
