/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_TEXT_H
#define PROV_BASE_TEXT_H

#include <stdbool.h>

#include "base/buf.h"

void hex_encode(char *out, const uint8_t *p, size_t len); /* 2*len+1 bytes */

void hex_put(struct buf *b, const uint8_t *p, size_t len);

/* Lower-case hex of exactly len bytes; false otherwise. */
bool hex_decode(uint8_t *out, size_t len, const char *s, size_t slen);

/* RFC 4648 base64, canonical: no white space, zero trailing bits. */
void base64_put(struct buf *b, prov_span s);
bool base64_decode(struct buf *out, const char *s, size_t slen);

/* 44 characters that are 32 bytes; allocates nothing. */
bool base64_hash(uint8_t out[32], prov_span text);

/* ASCII decimal without sign or leading zeros; false past UINT64_MAX. */
bool u64_decode(uint64_t *out, const char *s, size_t slen);

bool utf8_valid(const uint8_t *p, size_t len);

/* The length of the first character and its code point; 0 where none is. */
size_t utf8_next(uint32_t *cp, const uint8_t *p, size_t len);

/* Cuts the next line, without its newline, off text; false where none ends. */
bool text_line(prov_span *text, prov_span *line);

/*
 * The one way for outside text to reach a terminal: what steers it, reorders
 * its neighbours or cannot be seen, and bad UTF-8, becomes \u{..}; at most max
 * bytes, then "...".
 */
void text_escape(struct buf *b, const char *s, size_t len, size_t max);

/* RFC 3339 UTC ("2026-11-23T20:41:00Z") to and from Unix seconds. */
void time_format(char out[32], int64_t t);
bool time_parse(int64_t *out, const char *s);

#endif
