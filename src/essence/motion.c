/* SPDX-License-Identifier: ISC */
#include "essence/motion.h"

#include <string.h>

#define BOXES_MAX 100000 /* at the top: a fragment a second is two of them */

/* What stands at the top of an MP4 file (ISO/IEC 14496-12, table 1). */
static bool
is_top(const uint8_t *type)
{
	static const char types[][5] = { "ftyp", "moov", "mdat", "free", "skip",
		"wide", "moof", "mfra", "sidx", "styp", "uuid", "udta", "meta",
		"pdin", "emsg", "prft" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (memcmp(type, types[i], 4) == 0)
			return (true);
	return (false);
}

/* The length of a box at the top; 0: none. One without length ends all. */
static uint64_t
box_len(prov_span s)
{
	uint64_t len;

	if (s.len < 8 || !is_top(s.p + 4))
		return (0);
	len = be32(s.p);
	if (len == 0)
		return (s.len);
	if (len == 1)
		len = s.len < 16 ? 0 : be64(s.p + 8);
	return (len < 8 || len > s.len ? 0 : len);
}

void
motion_find(prov_span file, size_t from, uint64_t *at, uint64_t *len)
{
	const uint8_t *end = file.p + file.len, *p = file.p + from;
	prov_span s;
	uint64_t n;

	*at = *len = 0;
	while ((p = memmem(p, (size_t)(end - p), "ftyp", 4)) != NULL) {
		if ((size_t)(p - file.p) >= from + 4) {
			s = span(p - 4, (size_t)(end - p) + 4);
			if (be32(s.p) >= 16 && box_len(s) != 0)
				break;
		}
		p += 4;
	}
	if (p == NULL)
		return;
	*at = (uint64_t)(p - 4 - file.p);
	for (unsigned i = 0; i < BOXES_MAX && (n = box_len(s)) != 0; i++) {
		*len += n;
		s = span(s.p + n, s.len - (size_t)n);
	}
}
