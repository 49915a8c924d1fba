/* SPDX-License-Identifier: ISC */
#include "essence/cdc.h"

#include "base/bytes.h"

#define CDC_LABEL "prov/cdc/1"

void
cdc_set_rate(struct cdc *c, uint32_t rate)
{
	c->rate = rate;
	c->min = rate / 4;
	c->max = (uint64_t)rate * 4;
}

prov_status
cdc_init(struct cdc *c, uint32_t rate, prov_err *err)
{
	uint8_t seed[sizeof(CDC_LABEL)] = CDC_LABEL;
	uint8_t digest[SHA256_LEN];
	prov_status st;

	if (rate == 0)
		return (prov_fail(err, PROV_EARG, "cdc: rate is zero"));
	for (unsigned i = 0; i < 256; i++) {
		seed[sizeof(seed) - 1] = (uint8_t)i;
		st = sha256_of(digest, span(seed, sizeof(seed)), err);
		if (st != PROV_OK)
			return (st);
		c->gear[i] = be64(digest);
	}
	c->h = 0;
	cdc_set_rate(c, rate);
	return (PROV_OK);
}

/* The bits of h that must be 0; none where units are a second or longer. */
static uint64_t
mask(uint32_t rate, uint32_t step)
{
	uint32_t per_s = step == 0 ? 1 : rate / step;
	unsigned b = 0;

	while (per_s > 1) {
		per_s >>= 1;
		b++;
	}
	return (b == 0 ? 0 : ~UINT64_C(0) << (64 - b));
}

bool
cdc_frame(const struct cdc *c, prov_span frame, uint32_t step, uint64_t samples)
{
	size_t n = frame.len < CDC_WINDOW ? frame.len : CDC_WINDOW;
	uint64_t h = 0;

	if (samples < c->min || samples >= c->max)
		return (samples >= c->max);
	for (size_t i = 0; i < n; i++)
		h = (h << 1) + c->gear[frame.p[i]];
	return ((h & mask(c->rate, step)) == 0);
}

size_t
cdc_scan(struct cdc *c, const uint8_t *p, size_t n, size_t len,
    uint64_t samples, bool *cut)
{
	uint64_t bits = mask(c->rate, 1);
	uint64_t h = c->h;
	size_t i = 0;

	*cut = false;
	while (i < n && !*cut) {
		for (size_t k = 0; k < len; k++)
			h = (h << 1) + c->gear[*p++];
		i++;
		samples++;
		*cut =
		    samples >= c->max || (samples >= c->min && (h & bits) == 0);
	}
	c->h = h;
	return (i);
}
