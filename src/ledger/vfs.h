/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_VFS_H
#define PROV_LEDGER_VFS_H

#include "base/err.h"

/*
 * The name of a layer between SQLite and the file system, for databases whose
 * log is there already: SQLite opens that as if it were new, and syncs its
 * directory with the first commit of each connection, which costs as much as
 * the commit. SQLite keeps it as long as the process lives.
 */
prov_status vfs_name(const char **out, prov_err *err);

#endif
