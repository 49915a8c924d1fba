/* SPDX-License-Identifier: ISC */
#include "essence/parts.h"

#include <string.h>

#include "hash/sha256.h"

prov_status
parts_digest(uint8_t out[32], const struct part *parts, size_t n, prov_err *err)
{
	AUTO_BUF b = { 0 };
	prov_status st;

	for (size_t i = 0; i < n; i++) {
		buf_put(&b, parts[i].name, strlen(parts[i].name) + 1);
		buf_put(&b, parts[i].digest, 32);
	}
	if ((st = buf_done(&b, err)) != PROV_OK)
		return (st);
	return (sha256_of(out, buf_span(&b), err));
}

prov_status
parts_set(struct stream *s, const char *name, const uint8_t digest[32],
    prov_err *err)
{
	struct part part = { 0 };
	size_t i = 0;

	while (i < s->n_parts && strcmp(s->parts[i].name, name) < 0)
		i++;
	if (i < s->n_parts && strcmp(s->parts[i].name, name) == 0) {
		memcpy(s->parts[i].digest, digest, 32);
		return (PROV_OK);
	}
	if (s->n_parts == PARTS_MAX ||
	    !name_set(part.name, sizeof(part.name), name))
		return (prov_fail(err, PROV_ELIMIT,
		    "configuration part %s: no room", name));
	memmove(&s->parts[i + 1], &s->parts[i],
	    (s->n_parts - i) * sizeof(s->parts[0]));
	memcpy(part.digest, digest, 32);
	s->parts[i] = part;
	s->n_parts++;
	return (PROV_OK);
}
