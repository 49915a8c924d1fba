/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "carrier/sidecar.h"
#include "hash/sha256.h"
#include "ledger/ledger.h"
#include "prov/manifest.h"
#include "sign/claimed.h"

/* A file's statement with the timelines that came along with it. */
struct appended {
	struct sidecar sidecar;
	prov_span blobs[SIDECAR_TIMELINES];
	size_t n_blobs;
};

static bool
names_timeline(const struct manifest *m, const uint8_t digest[32])
{
	for (size_t i = 0; i < m->n_streams; i++) {
		if (memcmp(m->streams[i].timeline, digest, 32) == 0)
			return (true);
	}
	return (false);
}

/* The timelines that the manifest names; the ledger keeps no others. */
static prov_status
pick_blobs(struct appended *a, prov_err *err)
{
	struct statement s;
	struct manifest m = { 0 };
	uint8_t digest[32];
	prov_status st;

	if ((st = statement_parse(&s, a->sidecar.statement, err)) != PROV_OK)
		return (st);
	if (s.kind != PAYLOAD_MANIFEST)
		return (PROV_OK);
	st = manifest_of_statement(&m, &s, err);
	for (size_t i = 0; st == PROV_OK && i < a->sidecar.n_timelines; i++) {
		prov_span blob = a->sidecar.timelines[i];

		st = sha256_of(digest, blob, err);
		if (st == PROV_OK && names_timeline(&m, digest))
			a->blobs[a->n_blobs++] = blob;
	}
	manifest_clear(&m);
	return (st);
}

static prov_status
open_file(struct ledger_item *item, struct appended **out, prov_span file,
    prov_err *err)
{
	AUTO_FREE struct appended *a = NULL;
	prov_status st;

	st = prov_statement_in(&item->statement, file, err);
	/* A bare statement is the file itself: nothing comes along. */
	if (st != PROV_OK || item->statement.p == file.p)
		return (st);
	if ((a = calloc(1, sizeof(*a))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "sidecar"));
	if ((st = sidecar_decode(&a->sidecar, file, err)) != PROV_OK ||
	    (st = pick_blobs(a, err)) != PROV_OK)
		return (st);
	item->blobs = a->blobs;
	item->n_blobs = a->n_blobs;
	*out = TAKE(a);
	return (PROV_OK);
}

prov_status
prov_ledger_append_files(prov_ledger *l, const prov_span *files, size_t n,
    unsigned wait_ms, prov_entry *entries, prov_err *err)
{
	AUTO_FREE struct ledger_item *items = calloc(n + 1, sizeof(*items));
	AUTO_FREE struct appended **opened = calloc(n + 1, sizeof(*opened));
	prov_status st = PROV_OK;
	prov_err why = { 0 };

	if (items == NULL || opened == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%zu files", n));
	for (size_t i = 0; i < n && st == PROV_OK; i++) {
		st = open_file(&items[i], &opened[i], files[i], &why);
		if (st != PROV_OK)
			st = prov_fail(err, st, "file %zu of %zu: %s", i + 1, n,
			    why.msg);
	}
	if (st == PROV_OK)
		st = ledger_append_items(l, items, n, wait_ms, entries, NULL,
		    err);
	for (size_t i = 0; i < n; i++)
		free(opened[i]);
	return (st);
}
