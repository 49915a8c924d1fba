/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_ACKED_H
#define PROV_TESTS_ACKED_H

/* A writer that tells what was acknowledged, and what must then be there. */
#include "logged.h"

/* What a writer tells once prov_ledger_append has returned. */
struct ack {
	uint64_t index;
	uint64_t n;
	uint64_t blob; /* a number that was kept beside it; 0: none */
};

/* Appends for ever, 1 to 3 statements at a time, with a blob now and then. */
static inline void
append_for_ever(const struct logged *g, uint64_t from, int out)
{
	AUTO(prov_ledger) *w = NULL;
	struct buf b[3] = { { 0 }, { 0 }, { 0 } };
	prov_entry e[3];

	if (prov_ledger_open_writer(&w, g->path, g->log, NULL) != PROV_OK)
		_exit(2);
	for (uint64_t n = from;;) {
		size_t batch = n % 3 + 1;
		struct ledger_item item[3] = { 0 };
		prov_span blob = span(&n, sizeof(n));

		for (size_t i = 0; i < batch; i++) {
			if (!logged_statement(&b[i], g->owner, n + i))
				_exit(3);
			item[i].statement = buf_span(&b[i]);
			item[i].blobs = &blob;
			item[i].n_blobs = n % 5 == 0;
		}
		if (ledger_append_items(w, item, batch, 20000, e, NULL, NULL) !=
		    PROV_OK)
			_exit(4);
		for (size_t i = 0; i < batch; i++) {
			const struct ack a = { e[i].index, n + i,
				n % 5 == 0 ? n : 0 };

			if (write(out, &a, sizeof(a)) != sizeof(a))
				_exit(5);
		}
		n += batch;
		if (n % 40 < 3) {
			/* A process that ends well in between. */
			prov_ledger_close(TAKE(w));
			if (prov_ledger_open_writer(&w, g->path, g->log,
				NULL) != PROV_OK)
				_exit(6);
		}
	}
}

static inline bool
ack_blob_kept(prov_ledger *l, const struct ack *a, prov_err *err)
{
	AUTO_BUF b = { 0 };
	uint8_t name[32];

	if (a->blob == 0)
		return (true);
	if (sha256_of(name, span(&a->blob, sizeof(a->blob)), NULL) != PROV_OK)
		abort();
	return (ledger_blob(l, name, &b, err) == PROV_OK);
}

/* Whether an acknowledged entry is there, and the one that it was. */
static inline bool
ack_kept(const struct logged *g, prov_ledger *l, const struct ack *a,
    prov_err *err)
{
	AUTO_BUF b = { 0 };
	AUTO_FREE uint8_t *bytes = NULL;
	size_t len;

	if (prov_ledger_entry(l, a->index, &bytes, &len, err) != PROV_OK)
		return (false);
	if (!logged_statement(&b, g->owner, a->n))
		abort();
	return (span_eq(buf_span(&b), span(bytes, len)) &&
		ack_blob_kept(l, a, err));
}

#endif
