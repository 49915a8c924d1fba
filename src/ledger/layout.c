/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/layout.h"

prov_status
layout_path(char out[LEDGER_PATH_MAX], prov_err *err, const char *dir,
    const char *fmt, ...)
{
	va_list ap;
	int n, m;

	n = snprintf(out, LEDGER_PATH_MAX, "%s/", dir);
	if (n < 0 || n >= LEDGER_PATH_MAX)
		return (prov_fail(err, PROV_ELIMIT, "path is too long"));
	va_start(ap, fmt);
	m = vsnprintf(out + n, (size_t)(LEDGER_PATH_MAX - n), fmt, ap);
	va_end(ap);
	if (m < 0 || m >= LEDGER_PATH_MAX - n)
		return (prov_fail(err, PROV_ELIMIT, "path is too long"));
	return (PROV_OK);
}

prov_status
layout_make_parent(const char *path, prov_err *err)
{
	char parent[LEDGER_PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return (PROV_OK);
	if ((size_t)(slash - path) >= sizeof(parent))
		return (prov_fail(err, PROV_ELIMIT, "path is too long"));
	memcpy(parent, path, (size_t)(slash - path));
	parent[slash - path] = '\0';
	if (access(parent, F_OK) == 0)
		return (PROV_OK);
	return (dir_make(parent, err));
}
