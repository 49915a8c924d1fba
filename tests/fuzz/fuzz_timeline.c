/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "essence/timeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
blob(prov_span in)
{
	AUTO_TIMELINE *tl = NULL;
	AUTO_BUF b = { 0 };
	int64_t from, to;

	if (timeline_decode(&tl, in, NULL) != PROV_OK)
		return;
	timeline_encode(&b, tl);
	check(span_eq(in, buf_span(&b)));
	for (uint64_t k = 0; k < tl->n && k < 64; k++) {
		timeline_segment(tl, k, &from, &to);
		check(from <= to && from >= -TIMELINE_NS_MAX &&
		      to <= TIMELINE_NS_MAX);
	}
	if (!tl->untimed && tl->total > 0)
		check(timeline_at(tl, tl->total - 1) != PROV_NO_TIME);
}

static void
times(prov_span in)
{
	AUTO_TIMELINE *tl = NULL;
	AUTO_BUF b = { 0 };

	if (timeline_decode_times(&tl, in, NULL) != PROV_OK)
		return;
	timeline_encode_times(&b, tl);
	check(span_eq(in, buf_span(&b)));
}

/* Bytes as times: whatever is fitted is within the tolerance. */
static void
fit(prov_span in)
{
	size_t n = in.len / 8 < 256 ? in.len / 8 : 256;
	AUTO_TIMELINE *tl = calloc(1, sizeof(*tl));
	int64_t ns[256];

	for (size_t i = 0; i < n; i++) {
		memcpy(&ns[i], in.p + 8 * i, 8);
		/* Two bits choose the scale, so that small steps come up. */
		ns[i] >>= (ns[i] & 3) * 16;
	}
	if (tl == NULL || timeline_set_times(tl, ns, n, NULL) != PROV_OK)
		return;
	for (size_t i = 0; i < n && !tl->untimed; i++) {
		int64_t off = timeline_at(tl, i) - ns[i];

		check(off <= TIMELINE_FIT_NS && off >= -TIMELINE_FIT_NS);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	blob(span(data, size));
	times(span(data, size));
	fit(span(data, size));
	return (0);
}
