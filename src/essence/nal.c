/* SPDX-License-Identifier: ISC */
#include "essence/nal.h"

#include <stdlib.h>
#include <string.h>

/* Coded pictures are looked through in blocks, nearly all without zeros. */
#define BLOCK 256

void
nals_free(struct nals *ns)
{
	free(ns->at);
	*ns = (struct nals){ 0 };
}

prov_span
nal_strip(prov_span s)
{
	while (s.len > 0 && s.p[s.len - 1] == 0)
		s.len--;
	return (s);
}

static prov_status
add(struct nals *ns, prov_span s, bool stray, prov_err *err)
{
	size_t room = ns->room == 0 ? 32 : 2 * ns->room;
	struct nal *p;

	s = nal_strip(s);
	if (s.len == 0)
		return (PROV_OK);
	if (ns->n == NALS_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.packet: more than %d NAL units", NALS_MAX));
	if (ns->n == ns->room) {
		if ((p = realloc(ns->at, room * sizeof(*p))) == NULL)
			return (prov_fail(err, PROV_ENOMEM, "NAL units"));
		ns->at = p;
		ns->room = room;
	}
	ns->at[ns->n++] = (struct nal){ .s = s, .stray = stray };
	return (PROV_OK);
}

/* Whether two zero bytes begin in p[0] to p[BLOCK - 1]: without a branch. */
static bool
has_zeros(const uint8_t *p)
{
	uint8_t any = 0;

	for (size_t i = 0; i < BLOCK; i++)
		any |= (uint8_t)((p[i] | p[i + 1]) == 0);
	return (any != 0);
}

/* Where 00 00 01 begins first, from at to end - 1; end if it does not. */
static size_t
find_code_in(const uint8_t *p, size_t at, size_t end)
{
	while (at < end) {
		const uint8_t *one = memchr(p + at + 2, 1, end - at);

		if (one == NULL)
			break;
		if (one[-1] == 0 && one[-2] == 0)
			return ((size_t)(one - p) - 2);
		at = (size_t)(one - p) - 1;
	}
	return (end);
}

/* Where the next 00 00 01 begins, from at on; the length if there is none. */
static size_t
find_code(prov_span s, size_t at)
{
	while (s.len - at >= 3) {
		size_t end = s.len - 2, next;

		if (end - at > BLOCK) {
			if (!has_zeros(s.p + at)) {
				at += BLOCK;
				continue;
			}
			end = at + BLOCK;
		}
		if ((next = find_code_in(s.p, at, end)) < end)
			return (next);
		at = end;
	}
	return (s.len);
}

bool
nal_is_annexb(prov_span s)
{
	size_t at = find_code(span(s.p, s.len < 4 ? s.len : 4), 0);

	return (at + 3 <= s.len && (at == 0 || (at == 1 && s.p[0] == 0)));
}

static prov_status
split_codes(struct nals *ns, prov_span packet, prov_err *err)
{
	size_t at = find_code(packet, 0);
	prov_span before = nal_strip(span(packet.p, at));
	prov_status st;

	if (before.len > 0) {
		ns->ambiguous = true;
		if ((st = add(ns, before, true, err)) != PROV_OK)
			return (st);
	}
	while (at < packet.len) {
		size_t from = at + 3;

		at = find_code(packet, from);
		st = add(ns, span(packet.p + from, at - from), false, err);
		if (st != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

static size_t
read_len(const uint8_t *p, unsigned len_size)
{
	size_t len = 0;

	for (unsigned i = 0; i < len_size; i++)
		len = len << 8 | p[i];
	return (len);
}

/* Whether lengths lead exactly to the packet's end, or to zeros there. */
static bool
lengths_fit(prov_span s, unsigned len_size)
{
	while (s.len >= len_size) {
		size_t len = read_len(s.p, len_size);

		if (len > s.len - len_size)
			return (false);
		s.p += len_size + len;
		s.len -= len_size + len;
	}
	return (nal_strip(s).len == 0);
}

static prov_status
split_lengths(struct nals *ns, prov_span s, unsigned len_size, prov_err *err)
{
	prov_status st;

	while (s.len >= len_size) {
		size_t len = read_len(s.p, len_size);
		prov_span unit;

		if (len > s.len - len_size) {
			ns->truncated = true;
			len = s.len - len_size;
		}
		unit = span(s.p + len_size, len);
		if (find_code(unit, 0) < len)
			ns->ambiguous = true;
		if ((st = add(ns, unit, false, err)) != PROV_OK)
			return (st);
		s.p += len_size + len;
		s.len -= len_size + len;
	}
	if (nal_strip(s).len == 0)
		return (PROV_OK);
	/* Less than a length: it is bound, and the packet refused. */
	ns->truncated = true;
	return (add(ns, s, true, err));
}

prov_status
nals_split(struct nals *ns, prov_span packet, unsigned len_size, prov_err *err)
{
	ns->n = 0;
	ns->truncated = false;
	ns->ambiguous = false;
	if (len_size == 0)
		return (split_codes(ns, packet, err));
	if (nal_is_annexb(packet) && !lengths_fit(packet, len_size)) {
		ns->ambiguous = true;
		return (split_codes(ns, packet, err));
	}
	return (split_lengths(ns, packet, len_size, err));
}
