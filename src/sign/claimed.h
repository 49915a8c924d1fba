/* SPDX-License-Identifier: ISC */
#ifndef PROV_SIGN_CLAIMED_H
#define PROV_SIGN_CLAIMED_H

#include "manifest/manifest.h"
#include "sign/statement.h"

/*
 * The manifest that a statement carries. Refuses other payloads, and a
 * manifest on another asset than the statement's subject: PROV_EFORMAT. Says
 * nothing about the signature.
 */
prov_status manifest_of_statement(struct manifest *out,
    const struct statement *s, prov_err *err);

#endif
