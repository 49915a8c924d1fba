/* SPDX-License-Identifier: ISC */
#include "essence/dull.h"

#include <string.h>

/* Sample frames of silence have these lengths, or divide them. */
#define PERIOD 24

void
dull_begin(struct dull *d)
{
	memset(d, 0, sizeof(*d));
}

/* The first difference ends the comparison: it costs next to nothing. */
static bool
is_flat(prov_span s)
{
	return (s.len >= (size_t)4 * PERIOD &&
		memcmp(s.p, s.p + PERIOD, s.len - PERIOD) == 0);
}

static void
add_bytes(struct dull *d, prov_span data)
{
	d->bytes += data.len;
	if (is_flat(data))
		d->flat += data.len;
}

void
dull_piece(struct dull *d, prov_span data)
{
	add_bytes(d, data);
}

/* Both ends of a record stand for it: coded pictures differ in either. */
void
dull_record(struct dull *d, prov_span data)
{
	uint8_t mark[sizeof(d->mark)] = { 0 };
	size_t half = sizeof(mark) / 2, n = data.len < half ? data.len : half;

	add_bytes(d, data);
	if (data.len > d->largest)
		d->largest = data.len;
	if (n > 0) {
		memcpy(mark, data.p, n);
		memcpy(mark + half, data.p + data.len - n, n);
	}
	if (d->records > 0 && data.len == d->len &&
	    memcmp(mark, d->mark, sizeof(mark)) == 0)
		d->repeats++;
	memcpy(d->mark, mark, sizeof(mark));
	d->len = data.len;
	d->records++;
}

bool
dull_end(const struct dull *d, prov_kind kind, uint64_t units)
{
	uint64_t bytes = d->bytes;

	if (d->records > 1 && d->repeats >= d->records - d->records / 4)
		return (true);
	if (d->flat >= bytes - bytes / 4)
		return (true);
	if (kind == PROV_AUDIO)
		return (bytes < DULL_SOUND_MIN);
	return ((units > 1 ? bytes - d->largest : bytes) < DULL_MIN);
}
