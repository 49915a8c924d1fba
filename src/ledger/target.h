/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_TARGET_H
#define PROV_LEDGER_TARGET_H

#include "ledger/writer.h"

/*
 * LEDGER 5: the ledger's own root at each publish target's size must equal the
 * target's, or what is here is an old copy. The lock is held, the state is
 * loaded, and l's view stands at it. A target that is gone is compared by what
 * was noted when it was last written.
 */
prov_status target_check(prov_ledger *l, prov_err *err);

#endif
