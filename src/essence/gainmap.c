/* SPDX-License-Identifier: ISC */
#include "essence/gainmap.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"

static const char ns[] = "http://ns.adobe.com/hdr-gain-map/1.0/";

struct property {
	prov_span name, value;
	bool element; /* value may hold tags */
};

struct scan {
	prov_span in;
	prov_span prefix;
	size_t n;
	struct property at[GAINMAP_PROPERTIES_MAX];
};

static prov_status
broken(prov_err *err, const char *what)
{
	return (
	    prov_fail(err, PROV_EUNSUPPORTED, "XMP of a gain map: %s", what));
}

static bool
is_blank(uint8_t c)
{
	return (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

static bool
is_name(uint8_t c)
{
	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.');
}

static size_t
skip_blanks(prov_span s, size_t at)
{
	while (at < s.len && is_blank(s.p[at]))
		at++;
	return (at);
}

static size_t
skip_name(prov_span s, size_t at)
{
	while (at < s.len && is_name(s.p[at]))
		at++;
	return (at);
}

/* The x of xmlns:x="the namespace" that begins at at. */
static bool
prefix_at(prov_span s, size_t at, prov_span *out)
{
	size_t end;

	if (at < 2 || (s.p[at - 1] != '"' && s.p[at - 1] != '\''))
		return (false);
	at--;
	while (at > 0 && is_blank(s.p[at - 1]))
		at--;
	if (at == 0 || s.p[--at] != '=')
		return (false);
	while (at > 0 && is_blank(s.p[at - 1]))
		at--;
	end = at;
	while (at > 0 && is_name(s.p[at - 1]))
		at--;
	if (at == end || at < 6 || memcmp(s.p + at - 6, "xmlns:", 6) != 0)
		return (false);
	*out = span(s.p + at, end - at);
	return (true);
}

/* Every place that names the namespace gives it one and the same prefix. */
static prov_status
find_prefix(struct scan *x, prov_err *err)
{
	const uint8_t *p = x->in.p, *end = p + x->in.len;
	prov_span prefix;

	while ((p = memmem(p, (size_t)(end - p), ns, sizeof(ns) - 1)) != NULL) {
		if (!prefix_at(x->in, (size_t)(p - x->in.p), &prefix) ||
		    (x->prefix.len > 0 && !span_eq(prefix, x->prefix)))
			return (broken(err, "its namespace has no one name"));
		x->prefix = prefix;
		p += sizeof(ns) - 1;
	}
	return (PROV_OK);
}

/* name = "value"; at stands behind the name. */
static bool
take_attribute(prov_span s, size_t at, prov_span *value)
{
	const uint8_t *quote;

	at = skip_blanks(s, at);
	if (at == s.len || s.p[at] != '=')
		return (false);
	at = skip_blanks(s, at + 1);
	if (at == s.len || (s.p[at] != '"' && s.p[at] != '\''))
		return (false);
	quote = memchr(s.p + at + 1, s.p[at], s.len - at - 1);
	if (quote == NULL)
		return (false);
	*value = span(s.p + at + 1, (size_t)(quote - s.p) - at - 1);
	return (true);
}

/* <x:name ...>value</x:name>; at stands behind the name, from at its start. */
static bool
take_element(prov_span s, size_t from, size_t at, prov_span *value)
{
	const uint8_t *open = memchr(s.p + at, '>', s.len - at), *end;
	size_t len = at - from;

	if (open == NULL)
		return (false);
	*value = span(open, 0);
	if (open[-1] == '/')
		return (true);
	for (end = ++open; (size_t)(s.p + s.len - end) >= len + 2; end++) {
		if (end[0] != '<' || end[1] != '/' ||
		    memcmp(end + 2, s.p + from, len) != 0)
			continue;
		*value = span(open, (size_t)(end - open));
		return (true);
	}
	return (false);
}

/* A property that begins at at, or none. */
static prov_status
take(struct scan *x, size_t at, prov_err *err)
{
	prov_span s = x->in;
	size_t name = at + x->prefix.len + 1, end = skip_name(s, name);
	struct property *p = &x->at[x->n];
	bool element = s.p[at - 1] == '<';

	if (end == name || (!element && !is_blank(s.p[at - 1])))
		return (PROV_OK);
	if (x->n == GAINMAP_PROPERTIES_MAX)
		return (broken(err, "too many properties"));
	p->name = span(s.p + name, end - name);
	p->element = element;
	if (element ? !take_element(s, at, end, &p->value)
		    : !take_attribute(s, end, &p->value))
		return (broken(err, "a property without a value"));
	x->n++;
	return (PROV_OK);
}

static prov_status
find_properties(struct scan *x, prov_err *err)
{
	prov_status st = PROV_OK;

	for (size_t at = 1; at + x->prefix.len < x->in.len && st == PROV_OK;
	     at++)
		if (x->in.p[at + x->prefix.len] == ':' &&
		    memcmp(x->in.p + at, x->prefix.p, x->prefix.len) == 0)
			st = take(x, at, err);
	return (st);
}

static int
compare_spans(prov_span a, prov_span b)
{
	int c = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

	return (c != 0 ? c : (a.len > b.len) - (a.len < b.len));
}

static int
by_name(const void *a, const void *b)
{
	const struct property *x = a, *y = b;
	int c = compare_spans(x->name, y->name);

	return (c != 0 ? c : compare_spans(x->value, y->value));
}

/* Text without tags, one blank between its words. */
static void
put_words(struct buf *out, const struct property *p)
{
	bool tag = false, gap = false, any = false;

	for (size_t i = 0; i < p->value.len; i++) {
		uint8_t c = p->value.p[i];

		if (p->element && (c == '<' || tag)) {
			tag = c != '>';
			gap = true;
		} else if (is_blank(c)) {
			gap = true;
		} else {
			if (gap && any)
				buf_put_byte(out, ' ');
			buf_put_byte(out, c);
			any = true;
			gap = false;
		}
	}
}

prov_status
gainmap_xmp(struct buf *out, prov_span xmp, prov_err *err)
{
	struct scan x = { .in = xmp };
	prov_status st;

	if ((st = find_prefix(&x, err)) != PROV_OK || x.prefix.len == 0)
		return (st);
	if ((st = find_properties(&x, err)) != PROV_OK)
		return (st);
	qsort(x.at, x.n, sizeof(x.at[0]), by_name);
	for (size_t i = 0; i < x.n; i++) {
		buf_put_span(out, x.at[i].name);
		buf_put_byte(out, '=');
		put_words(out, &x.at[i]);
		buf_put_byte(out, '\n');
	}
	return (buf_done(out, err));
}
