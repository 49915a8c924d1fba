/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>

#include "remote/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Frames one behind the other; each that is read, written again, is the same.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	while (size >= WIRE_HEAD) {
		AUTO_BUF again = { 0 };
		struct wire w;
		size_t len;

		if (wire_head(&w, data, NULL) != PROV_OK)
			return (0);
		len = wire_rest(&w);
		if (w.text.len > WIRE_TEXT_MAX || w.type.len > WIRE_TYPE_MAX ||
		    w.body.len > WIRE_BODY_MAX)
			abort();
		if (len > size - WIRE_HEAD ||
		    wire_point(&w, data + WIRE_HEAD, NULL) != PROV_OK)
			return (0);
		wire_put(&again, &w);
		if (!span_eq(buf_span(&again), span(data, WIRE_HEAD + len)))
			abort();
		data += WIRE_HEAD + len;
		size -= WIRE_HEAD + len;
	}
	return (0);
}
