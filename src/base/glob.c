/* SPDX-License-Identifier: ISC */
#include "base/glob.h"

#include <string.h>

#include "base/name.h"

bool
glob_valid(const char *glob)
{
	return (name_check(span(glob, strlen(glob)), NULL) == PROV_OK);
}

/* Where matching goes on when it fails: a wildcard that takes more. */
struct retry {
	const char *glob; /* behind the wildcard; NULL: none */
	const char *text; /* where what it takes ends */
	bool parts;       /* it takes whole parts: "**" and a slash */
};

static const char *
next_char(const char *s)
{
	s++;
	while (((unsigned char)*s & 0xc0) == 0x80)
		s++;
	return (s);
}

/* Lets the wildcard take one character or part more; false: it cannot. */
static bool
take_more(struct retry *r, bool slashes)
{
	const char *slash;

	if (r->glob == NULL || *r->text == '\0' ||
	    (!slashes && *r->text == '/'))
		return (false);
	if (!r->parts) {
		r->text = next_char(r->text);
		return (true);
	}
	if ((slash = strchr(r->text, '/')) == NULL)
		return (false);
	r->text = slash + 1;
	return (true);
}

/*
 * It is enough to go back to the last "**" and the last '*' behind it: what
 * stands in front of them was matched as early as can be, which leaves the
 * most for what follows.
 */
static bool
match(const char *glob, const char *text, bool flat)
{
	const char *begin = glob;
	struct retry star = { 0 }, stars = { 0 };

	for (;;) {
		bool first = glob == begin || glob[-1] == '/';

		if (!flat && glob[0] == '*' && glob[1] == '*') {
			bool parts = first && glob[2] == '/';

			glob += parts ? 3 : 2;
			stars = (struct retry){ glob, text, parts };
			star.glob = NULL;
			continue;
		}
		if (glob[0] == '*') {
			star = (struct retry){ ++glob, text, false };
			continue;
		}
		if (glob[0] == '\0' && text[0] == '\0')
			return (true);
		if (glob[0] == '?' && text[0] != '\0' &&
		    (flat || text[0] != '/')) {
			glob++;
			text = next_char(text);
			continue;
		}
		if (glob[0] != '\0' && glob[0] != '?' && glob[0] == text[0]) {
			glob++;
			text++;
			continue;
		}
		if (take_more(&star, flat)) {
			glob = star.glob;
			text = star.text;
		} else if (take_more(&stars, true)) {
			star.glob = NULL;
			glob = stars.glob;
			text = stars.text;
		} else
			return (false);
	}
}

bool
glob_path(const char *glob, const char *name)
{
	return (match(glob, name, false));
}

bool
glob_text(const char *glob, const char *text)
{
	return (match(glob, text, true));
}
