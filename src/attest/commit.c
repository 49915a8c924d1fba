/* SPDX-License-Identifier: ISC */
#include "attest/commit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "carrier/sidecar.h"
#include "ledger/ledger.h"
#include "manifest/manifest.h"
#include "sign/claimed.h"
#include "sign/statement.h"
#include "witness/client.h"

#define WAIT_MS 30000

static void
set_failed(struct prepared *p, prov_status st, const prov_err *why)
{
	p->err = *why;
	p->err.status = st;
}

static char *
sidecar_name(const struct prepared *p, const prov_sign_options *o)
{
	return (sidecar_path(p->path,
	    o->sidecar == PROV_SIDECAR_DIR ? o->sidecar_dir : NULL));
}

static prov_status
encode_sidecar(struct buf *out, const struct prepared *p, prov_ledger *l,
    prov_err *err)
{
	AUTO_FREE struct sidecar *s = calloc(1, sizeof(*s));
	AUTO_BUF receipt = { 0 };
	prov_status st;

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "sidecar"));
	s->statement = buf_span(&p->statement);
	s->proof = buf_span(&p->proof);
	if (s->proof.len > 0 &&
	    (st = ledger_receipt(l, s->proof, &receipt, err)) != PROV_OK)
		return (st);
	s->receipt = buf_span(&receipt);
	for (size_t i = 0; i < p->n_blobs; i++)
		s->timelines[s->n_timelines++] = buf_span(&p->blobs[i]);
	s->n_openings = SIDECAR_OPENINGS;
	if (p->openings.len == 0)
		s->n_openings = 0;
	else if ((st = openings_decode(s->openings, &s->n_openings,
		      buf_span(&p->openings), err)) != PROV_OK)
		return (st);
	return (sidecar_encode(out, s, err));
}

/* All is there but the witnesses; the sidecar stands, and can be completed. */
static void
set_pending(struct prepared *p)
{
	p->err = (prov_err){ 0 };
	(void)prov_fail(&p->err, PROV_EBUSY,
	    "entry %llu is logged and pending: %.330s; to complete the "
	    "sidecar: prov ledger prove --update",
	    (unsigned long long)p->entry.index, p->pending.msg);
}

/* The entry is logged; its file fails only for want of the sidecar. */
static void
write_sidecar(struct prepared *p, const prov_sign_options *o)
{
	AUTO_FREE char *path = NULL;
	AUTO_BUF bytes = { 0 };
	prov_err err = { 0 };
	prov_status st;

	if (o->sidecar == PROV_SIDECAR_NONE)
		return;
	if ((path = sidecar_name(p, o)) == NULL)
		st = prov_fail(&err, PROV_ENOMEM, "sidecar");
	else if ((st = encode_sidecar(&bytes, p, o->ledger, &err)) == PROV_OK)
		st = file_write(path, buf_span(&bytes), 0644, 0, &err);
	if (st == PROV_OK) {
		p->sidecar = TAKE(path);
		return;
	}
	p->err = (prov_err){ 0 };
	(void)prov_fail(&p->err, st,
	    "entry %llu is logged, its sidecar not: %.300s; sign it again to "
	    "write the sidecar",
	    (unsigned long long)p->entry.index, err.msg);
}

/* Timelines of the statement that is in the ledger, for its sidecar. */
static prov_status
old_blobs(struct prepared *p, prov_ledger *l, const struct manifest *m,
    prov_err *err)
{
	struct buf *blobs = calloc(m->n_streams + 1, sizeof(*blobs));
	prov_status st = PROV_OK;
	size_t n = 0;

	if (blobs == NULL)
		return (prov_fail(err, PROV_ENOMEM, "timelines"));
	for (size_t i = 0; i < m->n_streams && st == PROV_OK; i++) {
		prov_err why = { 0 };

		st = ledger_blob(l, m->streams[i].timeline, &blobs[n], &why);
		if (st == PROV_OK)
			n++;
		else if (st == PROV_ENOTFOUND)
			st = PROV_OK; /* the sidecar then promises less */
		else
			(void)prov_fail(err, st, "%s", why.msg);
	}
	prepared_drop_blobs(p);
	p->blobs = blobs;
	p->n_blobs = n;
	return (st);
}

static prov_status
old_openings(struct prepared *p, prov_ledger *l, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	buf_free(&p->openings);
	st = ledger_openings(l, p->statement_digest, &p->openings, &why);
	if (st == PROV_OK || st == PROV_ENOTFOUND)
		return (PROV_OK);
	return (prov_fail(err, st, "%s", why.msg));
}

static prov_status
old_proof(struct prepared *p, prov_ledger *l, uint64_t index, prov_err *err)
{
	AUTO_FREE char *proof = NULL;
	prov_status st;

	if ((st = prov_ledger_prove(l, index, &proof, err)) != PROV_OK)
		return (st);
	buf_free(&p->proof);
	buf_put_str(&p->proof, proof);
	return (buf_done(&p->proof, err));
}

/* Puts what the ledger has of entry index in place of what was prepared. */
static prov_status
take_old(struct prepared *p, prov_ledger *l, uint64_t index, prov_err *err)
{
	AUTO_MANIFEST m = { 0 };
	struct checkpoint at;
	struct statement s;
	prov_status st;

	if ((st = ledger_entry_proven(l, index, &p->statement, &at, err)) !=
		PROV_OK ||
	    (st = statement_parse(&s, buf_span(&p->statement), err)) !=
		PROV_OK ||
	    (st = manifest_of_statement(&m, &s, err)) != PROV_OK ||
	    (st = statement_digest(p->statement_digest, s.bytes, err)) !=
		PROV_OK ||
	    (st = old_blobs(p, l, &m, err)) != PROV_OK ||
	    (st = old_openings(p, l, err)) != PROV_OK ||
	    (st = old_proof(p, l, index, err)) != PROV_OK)
		return (st);
	p->entry = (prov_entry){ .index = index, .existed = 1 };
	p->log_size = at.size;
	return (PROV_OK);
}

/* Whether the signer's statement on this asset is in the ledger already. */
static bool
find_old(struct prepared *p, const prov_sign_options *o)
{
	const prov_pubkey *key = prov_key_public(o->key);
	prov_err why = { 0 };
	uint64_t index;
	prov_status st;

	if (o->claim != NULL && o->claim->has_supersedes)
		return (false);
	st = ledger_find(o->ledger, p->digest.sha256, key->kid, &index, &why);
	if (st == PROV_ENOTFOUND)
		return (false);
	if (st == PROV_OK)
		st = take_old(p, o->ledger, index, &why);
	if (st != PROV_OK)
		set_failed(p, st, &why);
	return (true);
}

/* One batch, as the ledger takes it. */
struct batch {
	size_t n;
	struct prepared *at[GROUP_MAX];
	struct ledger_item items[GROUP_MAX];
	prov_span *blobs[GROUP_MAX];
	prov_entry entries[GROUP_MAX];
	struct buf proofs[GROUP_MAX];
};

static void
batch_free(struct batch *b)
{
	for (size_t i = 0; b != NULL && i < GROUP_MAX; i++) {
		free(b->blobs[i]);
		buf_free(&b->proofs[i]);
	}
	free(b);
}

static prov_status
batch_add(struct batch *b, struct prepared *p, prov_err *err)
{
	prov_span *blobs = calloc(p->n_blobs + 1, sizeof(*blobs));

	if (blobs == NULL)
		return (prov_fail(err, PROV_ENOMEM, "timelines"));
	for (size_t i = 0; i < p->n_blobs; i++)
		blobs[i] = buf_span(&p->blobs[i]);
	b->blobs[b->n] = blobs;
	b->items[b->n] = (struct ledger_item){
		.statement = buf_span(&p->statement),
		.blobs = blobs,
		.n_blobs = p->n_blobs,
		.openings = buf_span(&p->openings),
		.verified = p->leaf,
	};
	b->at[b->n++] = p;
	return (PROV_OK);
}

static prov_status
batch_append(struct batch *b, const prov_sign_options *o, prov_err *err)
{
	uint64_t size;
	prov_status st;

	st = ledger_append_items(o->ledger, b->items, b->n,
	    o->wait_ms != 0 ? o->wait_ms : WAIT_MS, b->entries, b->proofs, err);
	if (st != PROV_OK)
		return (st);
	st = prov_ledger_checkpoint(o->ledger, &size, NULL, NULL, err);
	if (st != PROV_OK)
		return (st);
	for (size_t i = 0; i < b->n; i++) {
		struct prepared *p = b->at[i];

		p->entry = b->entries[i];
		p->log_size = size;
		buf_free(&p->proof);
		p->proof = b->proofs[i];
		memset(&b->proofs[i], 0, sizeof(b->proofs[i]));
	}
	return (PROV_OK);
}

static bool
has_asset(const struct batch *b, const struct prepared *p)
{
	for (size_t i = 0; i < b->n; i++) {
		if (memcmp(b->at[i]->digest.sha256, p->digest.sha256, 32) == 0)
			return (true);
	}
	return (false);
}

/* Sorts the group into what is logged already, now, and with the next. */
static void
fill_batch(struct batch *b, struct prepared *const *group, bool *later,
    size_t n, const prov_sign_options *o)
{
	for (size_t i = 0; i < n; i++) {
		struct prepared *p = group[i];
		prov_err why = { 0 };
		prov_status st;

		later[i] = false;
		if (p->err.status != PROV_OK)
			continue;
		if (has_asset(b, p)) {
			later[i] = true;
			continue;
		}
		if (find_old(p, o))
			continue;
		if ((st = batch_add(b, p, &why)) != PROV_OK)
			set_failed(p, st, &why);
	}
}

/* What the witnesses cosigned before this batch tells where they are. */
static void
remember_witnesses(const prov_sign_options *o)
{
	if (o->witnesses == NULL || prov_ledger_checkpoint(o->ledger, NULL,
					NULL, NULL, NULL) != PROV_OK)
		return;
	/* At worst they are asked once more. */
	(void)witnesses_remember(o->witnesses, ledger_note(o->ledger), NULL);
}

/* The same path under the note as it is now; another one at another size. */
static prov_status
prove_again(struct prepared *p, prov_ledger *l, uint64_t size, prov_err *err)
{
	const uint8_t *end = p->proof.len == 0
	                         ? NULL
	                         : memmem(p->proof.p, p->proof.len, "\n\n", 2);
	prov_status st;

	if (end == NULL || p->log_size != size) {
		st = old_proof(p, l, p->entry.index, err);
		if (st == PROV_OK)
			p->log_size = size;
		return (st);
	}
	p->proof.len = (size_t)(end - p->proof.p) + 2;
	buf_put_span(&p->proof, ledger_note(l));
	return (buf_done(&p->proof, err));
}

/* Waits for a quorum, if one is asked for, and takes its cosignatures over. */
static void
cosign_group(struct prepared *const *group, const bool *later, size_t n,
    const prov_sign_options *o)
{
	prov_err missing = { 0 };
	struct quorum q;
	uint64_t size = 0;
	prov_status st;

	st = witnesses_cosign(o->witnesses, o->ledger, 0, o->witness_ms,
	    (int64_t)time(NULL), &q, &missing);
	missing.status = st;
	if (prov_ledger_checkpoint(o->ledger, &size, NULL, NULL, NULL) !=
	    PROV_OK)
		size = 0;
	for (size_t i = 0; i < n; i++) {
		struct prepared *p = group[i];
		prov_err why = { 0 };

		if (later[i] || p->err.status != PROV_OK)
			continue;
		p->pending = missing;
		if (size != 0 &&
		    (st = prove_again(p, o->ledger, size, &why)) != PROV_OK)
			set_failed(p, st, &why);
	}
}

static bool
any_logged(struct prepared *const *group, const bool *later, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!later[i] && group[i]->err.status == PROV_OK)
			return (true);
	}
	return (false);
}

void
commit_group(struct prepared *const *group, bool *later, size_t n,
    const prov_sign_options *o)
{
	struct batch *b = calloc(1, sizeof(*b));
	prov_err err = { 0 };
	prov_status st = PROV_OK;

	memset(later, 0, n * sizeof(*later));
	if (b == NULL) {
		(void)prov_fail(&err, PROV_ENOMEM, "a batch");
		for (size_t i = 0; i < n; i++) {
			if (group[i]->err.status == PROV_OK)
				set_failed(group[i], PROV_ENOMEM, &err);
		}
		return;
	}
	remember_witnesses(o);
	fill_batch(b, group, later, n, o);
	if (b->n > 0)
		st = batch_append(b, o, &err);
	for (size_t i = 0; i < b->n && st != PROV_OK; i++)
		set_failed(b->at[i], st, &err);
	batch_free(b);
	if (o->witnesses != NULL && witnesses_needed(o->witnesses) &&
	    any_logged(group, later, n))
		cosign_group(group, later, n, o);
	for (size_t i = 0; i < n; i++) {
		if (later[i] || group[i]->err.status != PROV_OK)
			continue;
		write_sidecar(group[i], o);
		if (group[i]->err.status == PROV_OK &&
		    group[i]->pending.status != PROV_OK)
			set_pending(group[i]);
	}
}
