/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>

#include "demux/ebml.h"
#include "demux/present.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever the elements say, reading ends, and its words are in range. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE struct source *s = malloc(sizeof(*s));
	AUTO_FREE struct ebml *b = malloc(sizeof(*b));
	prov_err err = { 0 };

	if (s == NULL || b == NULL)
		return (0);
	source_mem(s, span(data, size));
	if (ebml_scan(b, s, &err) != PROV_OK)
		return (0);
	if (b->n > EBML_TRACKS_MAX)
		abort();
	for (size_t i = 0; i < b->n; i++) {
		const struct ebml_track *t = &b->tracks[i];
		prov_config c = { .kind = i & 1 ? PROV_AUDIO : PROV_VIDEO,
			.codec = "raw" };

		if (present_ebml(&c, b, t, false, &err) == PROV_OK &&
		    c.present.known >> PROV_ROTATION & 1 &&
		    (c.present.v[PROV_ROTATION] < 0 ||
			c.present.v[PROV_ROTATION] > 359))
			abort();
	}
	return (0);
}
