/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/manifest.h"
#include "manifest/revocation.h"
#include "manifest/runrecord.h"
#include "manifest/signals.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The short way of reading finds the same as the long one. */
static void
try_outline(const struct manifest *m, prov_span bytes)
{
	struct outline o;

	if (manifest_outline(&o, bytes, NULL) != PROV_OK ||
	    memcmp(o.asset, m->asset.sha256, 32) != 0 || o.n != m->n_streams)
		abort();
	for (size_t i = 0; i < o.n; i++)
		if (o.at[i].kind != m->streams[i].kind ||
		    memcmp(o.at[i].root, m->streams[i].root, 32) != 0 ||
		    memcmp(o.at[i].timeline, m->streams[i].timeline, 32) != 0)
			abort();
}

/* What cannot be read forbids; what a site said never grants. */
static void
try_signals(const struct manifest *m)
{
	struct signals s;
	prov_status st = signals_claimed(&s, m, NULL);

	if (st != PROV_OK && st != PROV_EFORMAT)
		abort();
	for (unsigned p = 0; p < PURPOSE_N; p++) {
		if (st != PROV_OK &&
		    signals_use(&s, (enum purpose)p) != USE_NOT_ALLOWED)
			abort();
		for (unsigned who = SIGNAL_IPTC; who < SIGNAL_N; who++)
			if (s.use[who][p] == USE_ALLOWED)
				abort();
	}
}

/* What is read is written back as the same bytes: one meaning, one form. */
static void
try_manifest(prov_span bytes)
{
	AUTO_MANIFEST m = { 0 };
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	struct outline o;

	if (manifest_decode(&m, bytes, &err) != PROV_OK) {
		(void)manifest_outline(&o, bytes, &err);
		if (m.streams != NULL || m.assertions != NULL)
			abort();
		return;
	}
	if (manifest_encode(&b, &m, &err) != PROV_OK ||
	    !span_eq(buf_span(&b), bytes))
		abort();
	try_outline(&m, bytes);
	try_signals(&m);
}

static void
try_registration(prov_span bytes)
{
	struct registration r = { 0 };
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	if (registration_decode(&r, bytes, &err) != PROV_OK)
		return;
	if (r.n == 0 || registration_encode(&b, &r, &err) != PROV_OK ||
	    !span_eq(buf_span(&b), bytes))
		abort();
	registration_clear(&r);
}

static void
try_revocation(prov_span bytes)
{
	struct revocation r;
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	if (revocation_decode(&r, bytes, &err) != PROV_OK)
		return;
	if (revocation_reason(r.reason) == NULL ||
	    revocation_encode(&b, &r, &err) != PROV_OK ||
	    !span_eq(buf_span(&b), bytes))
		abort();
}

static void
try_takedown(prov_span bytes)
{
	struct takedown t;
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	if (takedown_decode(&t, bytes, &err) != PROV_OK)
		return;
	if (takedown_reason(t.reason) == NULL ||
	    takedown_encode(&b, &t, &err) != PROV_OK ||
	    !span_eq(buf_span(&b), bytes))
		abort();
}

static void
try_run(prov_span bytes)
{
	static struct run_record r;
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };
	size_t n = 0;

	if (run_record_decode(&r, bytes, &err) != PROV_OK)
		return;
	while (run_record_property(&r, n) != NULL)
		n++;
	if (r.n == 0 || n > 5 || run_record_encode(&b, &r, &err) != PROV_OK ||
	    !span_eq(buf_span(&b), bytes))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_manifest(span(data, size));
	try_registration(span(data, size));
	try_revocation(span(data, size));
	try_takedown(span(data, size));
	try_run(span(data, size));
	return (0);
}
