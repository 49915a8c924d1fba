/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "carrier/xmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* step 0: all at once */
static void
found(struct signals *out, const uint8_t *data, size_t size, size_t step)
{
	struct xmp_scan s;

	xmp_scan_begin(&s);
	for (size_t i = 0, n; i < size; i += n) {
		n = step == 0 || step > size - i ? size - i : step;
		xmp_scan_feed(&s, (prov_span){ data + i, n });
	}
	xmp_scan_end(&s, out);
}

/* Where the pieces end changes nothing, and nothing is granted. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t steps[] = { 1, 3, 64, 191, 192, 193, 1000 };
	struct signals whole = { 0 };

	found(&whole, data, size, 0);
	for (unsigned p = 0; p < PURPOSE_N; p++)
		if (whole.use[SIGNAL_IPTC][p] == USE_ALLOWED ||
		    signals_use(&whole, (enum purpose)p) !=
			whole.use[SIGNAL_IPTC][p])
			abort();
	if (whole.license[0] != '\0')
		abort();
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct signals pieces = { 0 };

		found(&pieces, data, size, steps[i]);
		if (memcmp(&whole.use, &pieces.use, sizeof(whole.use)) != 0 ||
		    strcmp(whole.source_type, pieces.source_type) != 0)
			abort();
	}
	return (0);
}
