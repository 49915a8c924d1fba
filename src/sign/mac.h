/* SPDX-License-Identifier: ISC */
#ifndef PROV_SIGN_MAC_H
#define PROV_SIGN_MAC_H

#include "base/buf.h"

/*
 * Keyed BLAKE2b (RFC 7693): that bytes are of this client's own making, and no
 * word to anybody else. The key is 32 random bytes in a file of mode 0600.
 */
#define MAC_LEN 32
struct mac;

/*
 * Reads the key at path, or makes one there. PROV_EUNTRUSTED where the file is
 * somebody else's or can be read by others, PROV_EFORMAT where it is no key.
 */
prov_status mac_open(struct mac **out, const char *path, prov_err *err);
void mac_close(struct mac *m); /* wipes; NULL is fine */

/* Of a and b, of which a always has the same length. Threads may share m. */
void mac_make(const struct mac *m, uint8_t out[MAC_LEN], prov_span a,
    prov_span b);
bool mac_check(const struct mac *m, const uint8_t mac[MAC_LEN], prov_span a,
    prov_span b);

#endif
