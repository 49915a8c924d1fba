/* SPDX-License-Identifier: ISC */
/* What a monitor remembers, as somebody else may have written it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/logged.h"
#include "monitor/seen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read is written the same; the seed's head is all that was signed. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static prov_pubkey key;
	AUTO_SEEN s = { 0 };
	AUTO_BUF b = { 0 };

	if (key.name[0] == '\0' && !logged_log(&key))
		abort();
	if (seen_parse(&s, span(data, size), &key, NULL) != PROV_OK)
		return (0);
	seen_encode(&b, &s);
	if (b.failed || !span_eq(span(data, size), buf_span(&b)) ||
	    s.entries > s.at.size || s.at.size != 7)
		abort();
	return (0);
}
