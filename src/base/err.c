/* SPDX-License-Identifier: ISC */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

prov_status
prov_fail(prov_err *err, prov_status st, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL || err->status != PROV_OK)
		return (st);
	err->status = st;
	va_start(ap, fmt);
	if (vsnprintf(err->msg, sizeof(err->msg), fmt, ap) < 0)
		err->msg[0] = '\0';
	va_end(ap);
	return (st);
}

prov_status
prov_fail_errno(prov_err *err, prov_status st, const char *fmt, ...)
{
	int error = errno;
	char why[128];
	va_list ap;
	size_t n;

	if (err == NULL || err->status != PROV_OK)
		return (st);
	err->status = st;
	va_start(ap, fmt);
	if (vsnprintf(err->msg, sizeof(err->msg), fmt, ap) < 0)
		err->msg[0] = '\0';
	va_end(ap);
	n = strlen(err->msg);
	/* The GNU one: thread-safe, and never fails. */
	(void)snprintf(err->msg + n, sizeof(err->msg) - n, ": %s",
	    strerror_r(error, why, sizeof(why)));
	errno = error;
	return (st);
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
