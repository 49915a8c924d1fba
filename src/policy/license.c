/* SPDX-License-Identifier: ISC */
#include "policy/license.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/glob.h"
#include "manifest/signals.h"

/* Reading from left to right; the next word is in word. */
struct reader {
	const char *at;
	char word[LICENSE_NAME_MAX + 1]; /* "" at the end; "(" and ")" too */
	const struct words *w;
	unsigned depth;
	bool malformed;
	bool any; /* something was in the list */
};

static void
next(struct reader *r)
{
	size_t len;

	r->at += strspn(r->at, " ");
	len = *r->at == '(' || *r->at == ')' ? 1 : strcspn(r->at, " ()");
	if (len >= sizeof(r->word)) {
		r->malformed = true;
		len = 0;
	}
	memcpy(r->word, r->at, len);
	r->word[len] = '\0';
	r->at += len;
}

static bool
is(const struct reader *r, const char *word)
{
	return (strcasecmp(r->word, word) == 0);
}

static void
lower(char *to, size_t size, const char *from)
{
	size_t i = 0;

	for (; from[i] != '\0' && i + 1 < size; i++)
		to[i] = (char)(from[i] >= 'A' && from[i] <= 'Z'
				   ? from[i] - 'A' + 'a'
				   : from[i]);
	to[i] = '\0';
}

static bool
is_listed(const struct words *w, const char *name)
{
	char small[2 * LICENSE_NAME_MAX + 8], glob[WORD_MAX + 1];

	lower(small, sizeof(small), name);
	for (size_t i = 0; i < w->n; i++) {
		lower(glob, sizeof(glob), w->at[i]);
		if (glob_text(glob, small))
			return (true);
	}
	return (false);
}

static bool read_or(struct reader *r);

/* One license, with its exception, or what stands in brackets. */
static bool
read_term(struct reader *r)
{
	char name[2 * LICENSE_NAME_MAX + 8];
	bool held;

	if (is(r, "(")) {
		if (++r->depth > LICENSE_DEPTH_MAX) {
			r->malformed = true;
			return (false);
		}
		next(r);
		held = read_or(r);
		r->malformed |= !is(r, ")");
		r->depth--;
		next(r);
		return (held);
	}
	if (r->word[0] == '\0' || is(r, ")") || is(r, "and") || is(r, "or") ||
	    is(r, "with")) {
		r->malformed = true;
		return (false);
	}
	(void)snprintf(name, sizeof(name), "%s", r->word);
	next(r);
	if (is(r, "with")) {
		next(r);
		r->malformed |= r->word[0] == '\0' || is(r, "(") || is(r, ")");
		(void)snprintf(name + strlen(name), sizeof(name) - strlen(name),
		    " with %s", r->word);
		next(r);
	}
	held = is_listed(r->w, name);
	r->any |= held;
	return (held);
}

static bool
read_and(struct reader *r)
{
	bool held = read_term(r);

	while (!r->malformed && is(r, "and")) {
		next(r);
		held &= read_term(r);
	}
	return (held);
}

static bool
read_or(struct reader *r)
{
	bool held = read_and(r);

	while (!r->malformed && is(r, "or")) {
		next(r);
		held |= read_and(r);
	}
	return (held);
}

/* Reads it all; whether it is in the list. */
static bool
read_all(struct reader *r, const char *expression, const struct words *w)
{
	bool held;

	*r = (struct reader){ .at = expression, .w = w };
	next(r);
	held = read_or(r);
	r->malformed |= r->word[0] != '\0';
	return (held && !r->malformed);
}

bool
license_all(const char *expression, const struct words *w)
{
	struct reader r;

	return (read_all(&r, expression, w));
}

bool
license_any(const char *expression, const struct words *w)
{
	struct reader r;

	(void)read_all(&r, expression, w);
	return (r.any || (r.malformed && expression[0] != '\0' &&
			     is_listed(w, expression)));
}
