/* SPDX-License-Identifier: ISC */
#include "base/html.h"

#include <string.h>

#include "base/text.h"

static const char *
entity(uint32_t cp)
{
	switch (cp) {
	case '&':
		return ("&amp;");
	case '<':
		return ("&lt;");
	case '>':
		return ("&gt;");
	case '"':
		return ("&quot;");
	case '\'':
		return ("&#39;");
	default:
		return (NULL);
	}
}

/* Code points that are no characters; XML has no way to write some of them. */
static bool
is_nothing(uint32_t cp)
{
	return ((cp & 0xfffe) == 0xfffe || (cp >= 0xfdd0 && cp <= 0xfdef));
}

void
html_put(struct buf *b, const char *s, size_t max)
{
	AUTO_BUF safe = { 0 };
	const char *name;
	uint32_t cp = 0;

	text_escape(&safe, s, strlen(s), max);
	if (safe.failed) {
		b->failed = true;
		return;
	}
	for (size_t i = 0, n; i < safe.len; i += n) {
		n = utf8_next(&cp, safe.p + i, safe.len - i);
		if (n == 0) { /* text_escape leaves none */
			b->failed = true;
			return;
		}
		if ((name = entity(cp)) != NULL)
			buf_put_str(b, name);
		else if (is_nothing(cp))
			buf_printf(b, "\\u{%x}", cp);
		else
			buf_put(b, safe.p + i, n);
	}
}
