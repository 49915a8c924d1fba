/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

/*
 * What moves the cursor, reorders its neighbours or cannot be seen must not
 * steer a terminal: it becomes \u{..}, as in the library's own lines.
 */
static bool
is_steering(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00, 0x1f },       /* C0 */
		{ 0x7f, 0x9f },       /* DEL and C1 */
		{ 0x61c, 0x61c },     /* Arabic letter mark */
		{ 0x200e, 0x200f },   /* direction marks */
		{ 0x2028, 0x202e },   /* separators, embeddings, overrides */
		{ 0x2066, 0x2069 },   /* isolates */
		{ 0xfeff, 0xfeff },   /* byte order mark */
		{ 0xfff9, 0xfffb },   /* interlinear annotation */
		{ 0xe0000, 0xe007f }, /* tags */
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return (true);
	return (false);
}

/* Decodes one UTF-8 character of at most left bytes: its length, 0 if bad. */
static size_t
decode(const unsigned char *p, size_t left, uint32_t *c)
{
	size_t len = p[0] < 0x80                   ? 1
	             : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
	             : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
	             : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
	                                           : 0;

	if (len == 0 || len > left)
		return (0);
	*c = len == 1 ? p[0] : p[0] & (0x7fU >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return (0);
		*c = *c << 6 | (p[i] & 0x3fU);
	}
	if ((len == 3 && *c < 0x800) || (len == 4 && *c < 0x10000) ||
	    (*c >= 0xd800 && *c < 0xe000) || *c > 0x10ffff)
		return (0);
	return (len);
}

char *
printable(const char *s)
{
	size_t left = strlen(s), room = left * 9 + 1, at = 0, len;
	char *out = malloc(room);
	uint32_t c;

	if (out == NULL)
		return (NULL);
	for (; left > 0; s += len, left -= len) {
		const unsigned char *p = (const unsigned char *)s;

		len = decode(p, left, &c);
		if (len == 0 || is_steering(c)) {
			/* A stray byte as a lone surrogate, which no text
			 * escapes to. */
			at += (size_t)snprintf(out + at, room - at, "\\u{%x}",
			    len == 0 ? 0xdc00U | p[0] : c);
			len = len == 0 ? 1 : len;
			continue;
		}
		memcpy(out + at, s, len);
		at += len;
	}
	out[at] = '\0';
	return (out);
}

static void
say_prefix(const struct args *args, const char *what)
{
	char *safe = what != NULL ? printable(what) : NULL;

	fprintf(stderr,
	    "prov: %s%s%s: ", args->family != NULL ? args->family : "",
	    args->family != NULL ? " " : "", args->cmd->name);
	if (safe != NULL)
		fprintf(stderr, "%s: ", safe);
	free(safe);
}

/* Whether a message names the thing itself: "FILE: ", "FILE:3:14: ". */
static bool
begins(const char *msg, const char *what)
{
	size_t len = what != NULL ? strlen(what) : 0;

	return (len > 0 && strncmp(msg, what, len) == 0 && msg[len] == ':');
}

void
complain(const struct args *args, const char *what, const char *fmt, ...)
{
	char msg[1024];
	char *safe;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	say_prefix(args, begins(msg, what) ? NULL : what);
	safe = printable(msg);
	fprintf(stderr, "%s\n", safe != NULL ? safe : "out of memory");
	free(safe);
}

int
exit_for(prov_status st)
{
	switch (st) {
	case PROV_OK:
		return (EXIT_HOLDS);
	case PROV_EUNTRUSTED:
	case PROV_EFORMAT:
		return (EXIT_NO);
	case PROV_EIO:
	case PROV_EBUSY:
		return (EXIT_RETRY);
	case PROV_EINTERNAL:
	case PROV_ENOMEM:
	case PROV_EARG:
	case PROV_EOPEN:
	case PROV_EWRITE:
	case PROV_ELIMIT:
	case PROV_ENOTFOUND:
	case PROV_EEXIST:
	case PROV_EPASSPHRASE:
	case PROV_EUNSUPPORTED:
		break;
	}
	return (EXIT_TROUBLE);
}

int
trouble(const struct args *args, const char *what, const prov_err *err)
{
	complain(args, what, "%s",
	    err->msg[0] != '\0' ? err->msg : prov_strstatus(err->status));
	return (
	    exit_for(err->status == PROV_OK ? PROV_EINTERNAL : err->status));
}

int
failure(const struct args *args, const char *what, const prov_err *err)
{
	int status = trouble(args, what, err);

	return (status == EXIT_NO ? EXIT_TROUBLE : status);
}

static int
rank(int status)
{
	switch (status) {
	case EXIT_HOLDS:
		return (0);
	case EXIT_NO:
		return (1);
	case EXIT_RETRY:
		return (2);
	default:
		return (3);
	}
}

int
exit_worse(int a, int b)
{
	return (rank(a) >= rank(b) ? a : b);
}
