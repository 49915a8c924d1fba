/* SPDX-License-Identifier: ISC */
#ifndef PROV_TOOLS_KEY_H
#define PROV_TOOLS_KEY_H

#include "ledger.h"

/* The commands of prov key that are files of their own. */
extern const struct cmd key_recovery, key_revoke;

/* The key that the operand or the default names. NULL after complaining. */
prov_key *key_named(const struct args *args);

/* NAME/recovery, loaded from path or made there. NULL after complaining. */
prov_key *key_recovery_at(const struct args *args, const char *name,
    const char *path, prov_span passphrase);

/*
 * The key that signs a notice: by -k, else that of the home with this name.
 * NULL after complaining.
 */
prov_key *key_speaker(const struct args *args, const struct home *h,
    const char *name);

/* Whether the home's trust lets a key revoke others. */
bool key_may_revoke(const prov_trust *trust, const prov_key *key);

#endif
