/* SPDX-License-Identifier: ISC */
#include "ledger/vfs.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char NAME[] = "prov-log-is-there";

/* A log that is not there is created, and its directory synced. */
static int
open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
    int *out)
{
	sqlite3_vfs *under = sqlite3_vfs_find(NULL);

	(void)vfs;
	if (under == NULL)
		return (SQLITE_CANTOPEN);
	if ((flags & SQLITE_OPEN_WAL) != 0 && name != NULL &&
	    access(name, F_OK) == 0)
		flags &= ~SQLITE_OPEN_CREATE;
	return (under->xOpen(under, name, f, flags, out));
}

prov_status
vfs_name(const char **out, prov_err *err)
{
	const sqlite3_vfs *under = sqlite3_vfs_find(NULL);
	sqlite3_vfs *vfs;

	*out = NAME;
	if (sqlite3_vfs_find(NAME) != NULL)
		return (PROV_OK);
	if (under == NULL)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "SQLite knows no file system"));
	/* Two threads at once register two, either of which will do. */
	if ((vfs = malloc(sizeof(*vfs))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	memcpy(vfs, under, sizeof(*vfs));
	vfs->zName = NAME;
	vfs->xOpen = open_file;
	if (sqlite3_vfs_register(vfs, 0) == SQLITE_OK)
		return (PROV_OK);
	free(vfs);
	return (prov_fail(err, PROV_ENOMEM, "SQLite takes no file system"));
}
