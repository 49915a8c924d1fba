/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_STORE_TARGET_H
#define PROV_LEDGER_STORE_TARGET_H

#include "ledger/store.h"

/* The publish targets that a store keeps, as ledger_ops promises. */
prov_status store_targets(struct store *s, store_target_fn fn, void *arg,
    prov_err *err);
prov_status store_target_put(struct store *s, const struct store_target *t,
    bool *fatal, prov_err *err);
prov_status store_target_drop(struct store *s, const char *name, bool *fatal,
    prov_err *err);

#endif
