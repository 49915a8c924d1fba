/* SPDX-License-Identifier: ISC */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef prov_fail
#undef prov_fail_errno

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.1.0"
#endif

const char *
prov_strstatus(prov_status st)
{
	switch (st) {
	case PROV_OK:
		return ("success");
	case PROV_EINTERNAL:
		return ("internal error");
	case PROV_ENOMEM:
		return ("out of memory");
	case PROV_EARG:
		return ("invalid argument");
	case PROV_EOPEN:
		return ("cannot be opened");
	case PROV_EIO:
		return ("input/output error");
	case PROV_EWRITE:
		return ("write failed");
	case PROV_EFORMAT:
		return ("malformed input");
	case PROV_ELIMIT:
		return ("limit exceeded");
	case PROV_EUNTRUSTED:
		return ("not trusted");
	case PROV_ENOTFOUND:
		return ("not found");
	case PROV_EBUSY:
		return ("busy");
	case PROV_EEXIST:
		return ("exists already");
	case PROV_EPASSPHRASE:
		return ("passphrase missing or wrong");
	case PROV_EUNSUPPORTED:
		return ("not supported");
	}
	return ("unknown status");
}

void
prov_err_clear(prov_err *err)
{
	err->status = PROV_OK;
	err->msg[0] = '\0';
}

const char *
prov_version(void)
{
	return (PACKAGE_VERSION);
}

void
prov_free(void *p)
{
	free(p);
}

__attribute__((format(printf, 3, 0))) static void
record(prov_err *err, prov_status st, const char *fmt, va_list ap)
{
	err->status = st;
	if (vsnprintf(err->msg, sizeof(err->msg), fmt, ap) < 0)
		err->msg[0] = '\0';
}

/* Puts ": why" behind the message, if it does not end that way already. */
static void
append(prov_err *err, const char *why)
{
	size_t n = strlen(err->msg), len = strlen(why);

	if (n < len || strcmp(err->msg + n - len, why) != 0)
		(void)snprintf(err->msg + n, sizeof(err->msg) - n, ": %s", why);
}

prov_status
prov_fail(prov_err *err, prov_status st, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL || err->status != PROV_OK)
		return (st);
	va_start(ap, fmt);
	record(err, st, fmt, ap);
	va_end(ap);
	if (st == PROV_ENOMEM)
		append(err, prov_strstatus(st));
	return (st);
}

prov_status
prov_fail_errno(prov_err *err, prov_status st, const char *fmt, ...)
{
	int error = errno;
	char why[128];
	va_list ap;

	if (err == NULL || err->status != PROV_OK)
		return (st);
	va_start(ap, fmt);
	record(err, st, fmt, ap);
	va_end(ap);
	/* The GNU one: thread-safe, and never fails. */
	append(err, strerror_r(error, why, sizeof(why)));
	errno = error;
	return (st);
}

bool
prov_is_no(prov_status st)
{
	return (st == PROV_EUNTRUSTED || st == PROV_EFORMAT ||
		st == PROV_ELIMIT || st == PROV_EUNSUPPORTED);
}

prov_status
prov_wrap(prov_err *err, prov_status st, const char *what)
{
	char inner[sizeof(err->msg)];

	if (err == NULL || err->status == PROV_OK)
		return (st);
	memcpy(inner, err->msg, sizeof(inner));
	if (snprintf(err->msg, sizeof(err->msg), "%s: %s", what, inner) < 0)
		err->msg[0] = '\0';
	return (st);
}
