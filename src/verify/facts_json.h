/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_FACTS_JSON_H
#define PROV_VERIFY_FACTS_JSON_H

#include "base/jsonin.h"
#include "verify/facts.h"

/*
 * Facts as prov-gate(1) prints and prov-policy(1) reads them: one object of
 * version FACTS_VERSION, ASCII only. Details of reasons are left out: they are
 * for people.
 */
#define FACTS_VERSION 1

/* Appends one line without newline, in which every key is present. */
prov_status facts_put(struct buf *out, const struct facts *f, prov_err *err);

/*
 * Strict: a key, word or reason that is not known is PROV_EFORMAT. A key that
 * is missing leaves what facts say made all zero. Strings are lent by object.
 */
prov_status facts_read(struct facts *out, const struct jsonin *object,
    prov_err *err);

/* The same from text; *held lends the strings, free it with jsonin_free. */
prov_status facts_parse(struct facts *out, struct jsonin **held, prov_span text,
    prov_err *err);

#endif
