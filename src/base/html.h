/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_HTML_H
#define PROV_BASE_HTML_H

#include "base/buf.h"

/*
 * The one way for outside text to reach a page: as text_escape does it, and
 * with what HTML and XML give a meaning, in text and in quoted attributes, as
 * entities. What XML forbids becomes \u{..}. At most max bytes before that.
 */
void html_put(struct buf *b, const char *s, size_t max);

#endif
