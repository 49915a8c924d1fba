/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_LAYOUT_H
#define PROV_LEDGER_LAYOUT_H

#include <limits.h>

#include "base/err.h"

/* Where things are in a ledger's directory. */
#define LEDGER_DB         "ledger.db"
#define LEDGER_LOCK       "lock"
#define LEDGER_CHECKPOINT "tlog/checkpoint"
#define LEDGER_RUNS       "index/runs"
#define LEDGER_PATH_MAX   PATH_MAX

/* dir/fmt..., PROV_ELIMIT where that is too long for the kernel. */
prov_status layout_path(char out[LEDGER_PATH_MAX], prov_err *err,
    const char *dir, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Makes the directory that path's last component is in. */
prov_status layout_make_parent(const char *path, prov_err *err);

#endif
