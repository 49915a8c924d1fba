/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_MEDIATYPE_H
#define PROV_VERIFY_MEDIATYPE_H

#include "essence/identity.h"

/*
 * The media type of a container by the name that prov has for it: IANA's where
 * it is registered there, else the one in use; "" where the name is not known.
 * streams say whether there is more than sound.
 */
const char *media_type(const char *format, const struct stream *streams,
    size_t n);

/*
 * Other names in use for such a type, in turn: "audio/wav" of "audio/vnd.wave";
 * NULL past the last.
 */
const char *media_type_alias(const char *type, size_t i);

#endif
