/* SPDX-License-Identifier: ISC */
/* Headers and requests: nothing that anybody says of himself grants. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/requested.h"
#include "manifest/reservation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct signals *s)
{
	if (s->source_type[0] != '\0' || s->license[0] != '\0')
		abort();
	for (unsigned who = 0; who < SIGNAL_N; who++)
		for (unsigned p = 0; p < PURPOSE_N; p++)
			if (s->use[who][p] != USE_SILENT &&
			    s->use[who][p] != USE_NOT_ALLOWED)
				abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signals s = { 0 }, whole = { 0 };
	AUTO_JSONIN *in = NULL;

	reservation_tdm(&whole, span(data, size));
	reservation_usage(&whole, span(data, size));
	reservation_robots(&whole, span(data, size));
	check(&whole);
	if (jsonin_parse(&in, span(data, size), "request", NULL) != PROV_OK)
		return (0);
	if (signals_requested(&s, in, NULL) != PROV_OK &&
	    signals_use(&s, PURPOSE_AI_TRAINING) != USE_NOT_ALLOWED)
		abort();
	check(&s);
	return (0);
}
