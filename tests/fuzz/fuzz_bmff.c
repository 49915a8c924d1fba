/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>

#include "demux/cover.h"
#include "demux/present.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* However framing is counted, it is no more than the file. */
static void
cover(struct source *s, const struct bmff *b, prov_span file)
{
	struct cover c = { 0 };

	source_mem(s, file);
	if (b != NULL)
		cover_bmff(&c, s, b);
	source_mem(s, file);
	cover_wave(&c, s, file.len);
	source_mem(s, file);
	cover_avi(&c, s);
	if (cover_total(&c, file.len) > file.len)
		abort();
	cover_clear(&c);
}

/* Whatever the boxes say, reading ends, and its words are in range. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE struct source *s = malloc(sizeof(*s));
	AUTO_FREE struct bmff *b = malloc(sizeof(*b));
	prov_err err = { 0 };

	if (s == NULL || b == NULL)
		return (0);
	source_mem(s, span(data, size));
	if (bmff_scan(b, s, &err) != PROV_OK) {
		cover(s, NULL, span(data, size));
		return (0);
	}
	cover(s, b, span(data, size));
	source_mem(s, span(data, size));
	if (b->n > BMFF_TRACKS_MAX)
		abort();
	for (size_t i = 0; i < b->n; i++) {
		const struct bmff_track *t = &b->tracks[i];
		prov_config c = { .kind = i & 1 ? PROV_AUDIO : PROV_VIDEO,
			.codec = "raw" };

		if (t->span.known && (t->span.first > t->span.last ||
					 t->span.last > t->span.end))
			abort();
		if (present_bmff(&c, b, t, false, &err) == PROV_OK &&
		    c.present.known >> PROV_ROTATION & 1 &&
		    (c.present.v[PROV_ROTATION] < 0 ||
			c.present.v[PROV_ROTATION] > 359))
			abort();
	}
	return (0);
}
