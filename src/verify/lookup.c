/* SPDX-License-Identifier: ISC */
#include "verify/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/segment.h"
#include "sign/pubkey.h"

/* Whether what is known of its place in the log leaves room for better. */
static bool
is_open(const struct evidence *e)
{
	return (e->ledger == PROV_LEDGER_ABSENT ||
		(e->ledger == PROV_LEDGER_INCLUDED && e->at.size == 0) ||
		(e->ledger == PROV_LEDGER_UNCHECKED &&
		    (findings_has(&e->why, REASON_LEDGER_UNTRUSTED) ||
			findings_has(&e->why, REASON_LEDGER_WITNESSES))));
}

/* The sidecar's own statement: where its proof fell short, here is another. */
static prov_status
confirm(struct evidence *e, const struct judge *j, const struct head *head,
    prov_err *err)
{
	if (!is_open(e))
		return (PROV_OK);
	findings_remove(&e->why, REASON_LEDGER_ABSENT);
	findings_remove(&e->why, REASON_LEDGER_UNTRUSTED);
	findings_remove(&e->why, REASON_LEDGER_WITNESSES);
	return (evidence_entry(e, j->trust, head, j->now, err));
}

/* An entry of the ledger at hand that is looked at. */
struct seen {
	struct dossier *d;
	prov_ledger *l;
	const struct judge *j;
	bool capped; /* for some there was no room */
};

/* Adds an entry, if it is a manifest and there is room for its like. */
static prov_status
see_entry(void *arg, uint64_t index, prov_span entry,
    const struct checkpoint *at, prov_err *err)
{
	struct seen *seen = arg;
	const struct judge *j = seen->j;
	struct dossier *d = seen->d;
	struct head head = { *at, ledger_note(seen->l), index, j->scale };
	AUTO_EVIDENCE *e = NULL;
	struct evidence *known;
	prov_status st;

	st = j->run ? evidence_run_new(&e, entry, err)
	            : evidence_new(&e, entry, err);
	if (st != PROV_OK)
		return (st);
	if ((known = dossier_find(d, e->digest)) != NULL) {
		known->listed = true;
		known->listed_at = index;
		return (confirm(known, j, &head, err));
	}
	e->listed = true;
	e->listed_at = index;
	st = evidence_signature(e, j->trust, j->path, j->now, err);
	if (st != PROV_OK ||
	    (st = evidence_entry(e, j->trust, &head, j->now, err)) != PROV_OK)
		return (st);
	if (d->n == EVIDENCE_MAX || (e->signature == PROV_SIG_UNKNOWN &&
					d->n_untrusted == UNTRUSTED_MAX)) {
		seen->capped = true;
		return (PROV_OK);
	}
	if ((st = dossier_add(d, e, err)) == PROV_OK)
		e = NULL;
	return (st);
}

/* Passes over what is of another kind than is looked for. */
static prov_status
see(void *arg, uint64_t index, prov_span entry, const struct checkpoint *at,
    prov_err *err)
{
	const struct seen *seen = arg;
	struct statement s;
	prov_status st;

	if ((st = statement_parse(&s, entry, err)) != PROV_OK ||
	    s.kind != (seen->j->run ? PAYLOAD_RUN : PAYLOAD_MANIFEST))
		return (st);
	return (see_entry(arg, index, entry, at, err));
}

static prov_status
add_entry(struct dossier *d, prov_ledger *l, const struct judge *j,
    uint64_t index, prov_err *err)
{
	struct seen seen = { .d = d, .l = l, .j = j };
	AUTO_BUF bytes = { 0 };
	struct checkpoint at;
	prov_status st;

	st = ledger_entry_proven(l, index, &bytes, &at, err);
	if (st != PROV_OK)
		return (st);
	return (see(&seen, index, buf_span(&bytes), &at, err));
}

static prov_status
check_count(size_t n, prov_err *err)
{
	if (n <= ENTRIES_MAX)
		return (PROV_OK);
	return (prov_fail(err, PROV_ELIMIT,
	    "limit.entries: the ledger has %zu entries on one asset", n));
}

prov_status
lookup_asset(struct dossier *d, prov_ledger *l, const struct judge *j,
    const uint8_t sha256[32], prov_err *err)
{
	struct seen seen = { .d = d, .l = l, .j = j };
	prov_status st;

	st = ledger_each(l, sha256, ENTRIES_MAX, see, &seen, err);
	if (st != PROV_OK)
		return (st);
	d->whole = !seen.capped;
	memcpy(d->asset, sha256, sizeof(d->asset));
	return (PROV_OK);
}

/* An entry and how many streams it shares with the candidate. */
struct hit {
	uint64_t index;
	size_t n;
};

static int
by_index(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	return (x->index < y->index ? -1 : x->index > y->index);
}

static int
most_first(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	if (x->n != y->n)
		return (x->n > y->n ? -1 : 1);
	return (x->index > y->index ? -1 : x->index < y->index);
}

static prov_status
collect(struct buf *hits, prov_ledger *l, const struct stream *s, prov_err *err)
{
	AUTO_FREE uint64_t *at = NULL;
	size_t n = 0;
	prov_status st;

	st = prov_ledger_lookup(l, PROV_BY_STREAM, s->root, &at, &n, err);
	if (st != PROV_OK || (st = check_count(n, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < n; i++) {
		struct hit hit = { at[i], 1 };

		buf_put(hits, &hit, sizeof(hit));
	}
	return (buf_done(hits, err));
}

/* Sorts and merges hits; returns how many there are. */
static size_t
merge(struct hit *hits, size_t n)
{
	size_t kept = 0;

	if (n == 0)
		return (0);
	qsort(hits, n, sizeof(*hits), by_index);
	for (size_t i = 0; i < n; i++) {
		if (kept > 0 && hits[kept - 1].index == hits[i].index)
			hits[kept - 1].n++;
		else
			hits[kept++] = hits[i];
	}
	qsort(hits, kept, sizeof(*hits), most_first);
	return (kept);
}

prov_status
lookup_streams(struct dossier *d, prov_ledger *l, const struct judge *j,
    const prov_identity *id, prov_err *err)
{
	AUTO_BUF bytes = { 0 };
	struct hit *hits;
	prov_status st;
	size_t n;

	for (size_t i = 0; i < id->n && i < STREAMS_MAX; i++) {
		if (!pairing_binds(id->streams[i].kind))
			continue;
		st = collect(&bytes, l, &id->streams[i], err);
		if (st != PROV_OK)
			return (st);
	}
	hits = (struct hit *)(void *)bytes.p;
	n = merge(hits, bytes.len / sizeof(*hits));
	for (size_t i = 0; i < n && i < CANDIDATES_MAX; i++) {
		st = add_entry(d, l, j, hits[i].index, err);
		if (st != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

/* Whether a candidate's segment may tell where it is from. */
static bool
is_seed(const struct stream *s, uint64_t k)
{
	return (segment_is_key(s->tl->leaves + k * 32, k) &&
		!timeline_is_dull(s->tl, k));
}

/* Adds at most max leaves of a stream to look up, evenly spread. */
static void
add_seeds(struct buf *seeds, const struct stream *s, uint64_t max)
{
	uint64_t n = 0, nth = 0, step;

	if (s->tl == NULL || (s->kind != PROV_VIDEO && s->kind != PROV_AUDIO))
		return;
	for (uint64_t k = 0; k < s->tl->n; k++)
		n += is_seed(s, k);
	step = n / max + 1;
	for (uint64_t k = 0; k < s->tl->n; k++) {
		if (is_seed(s, k) && nth++ % step == 0)
			buf_put(seeds, s->tl->leaves + k * 32, 32);
	}
}

/* The entries that seeds lead to; fills bytes with hits. */
static prov_status
collect_segments(struct buf *bytes, prov_ledger *l, const prov_identity *id,
    prov_err *err)
{
	AUTO_BUF seeds = { 0 };
	AUTO_BUF found = { 0 };
	const struct segment_hit *at;
	prov_status st;

	for (size_t i = 0; i < id->n && i < STREAMS_MAX; i++)
		add_seeds(&seeds, &id->streams[i],
		    (SEEDS_MAX + id->n - 1) / id->n);
	if ((st = buf_done(&seeds, err)) != PROV_OK ||
	    (st = ledger_segments(l, seeds.p, seeds.len / 32, &found, err)) !=
		PROV_OK)
		return (st);
	at = (const struct segment_hit *)(const void *)found.p;
	for (size_t i = 0; i < found.len / sizeof(*at); i++) {
		struct hit hit = { at[i].index, 1 };

		buf_put(bytes, &hit, sizeof(hit));
	}
	return (buf_done(bytes, err));
}

prov_status
lookup_segments(struct dossier *d, prov_ledger *l, const struct judge *j,
    const prov_identity *id, prov_err *err)
{
	AUTO_BUF bytes = { 0 };
	struct hit *hits;
	prov_status st;
	size_t n;

	if ((st = collect_segments(&bytes, l, id, err)) != PROV_OK)
		return (st);
	hits = (struct hit *)(void *)bytes.p;
	n = merge(hits, bytes.len / sizeof(*hits));
	for (size_t i = 0; i < n && i < ORIGINALS_MAX; i++) {
		st = add_entry(d, l, j, hits[i].index, err);
		if (st != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

/* Whether a statement of the same signer replaces e. */
static prov_status
supersedes(bool *does, const struct evidence *e, const struct statement *s,
    prov_err *err)
{
	struct manifest m = { 0 };
	prov_err why = { 0 };
	prov_status st;

	*does = false;
	if (s->kind != PAYLOAD_MANIFEST || e->signer == NULL ||
	    memcmp(s->kid, e->st.kid, 32) != 0)
		return (PROV_OK);
	/* One that does not verify speaks for nobody. */
	if ((st = statement_verify(s, &e->signer->key, &why)) != PROV_OK)
		return (st == PROV_EUNTRUSTED
			    ? PROV_OK
			    : prov_fail(err, st, "%s", why.msg));
	if ((st = manifest_decode(&m, s->payload, err)) == PROV_OK)
		*does = m.has_supersedes &&
		        memcmp(m.supersedes, e->digest, 32) == 0;
	manifest_clear(&m);
	return (st);
}

static void
supersede(struct evidence *e)
{
	if (e->superseded)
		return;
	e->superseded = true;
	findings_add(&e->why, REASON_STATEMENT_SUPERSEDED, "%s",
	    reason_text(REASON_STATEMENT_SUPERSEDED));
}

static prov_status
audit_entry(struct evidence *e, prov_ledger *l, uint64_t index, prov_err *err)
{
	AUTO_BUF bytes = { 0 };
	struct checkpoint head;
	struct statement s;
	prov_status st;
	bool does;

	if ((st = ledger_entry_proven(l, index, &bytes, &head, err)) !=
		PROV_OK ||
	    (st = statement_parse(&s, buf_span(&bytes), err)) != PROV_OK ||
	    (st = supersedes(&does, e, &s, err)) != PROV_OK)
		return (st);
	if (does)
		supersede(e);
	return (PROV_OK);
}

/* One whose signature does not verify speaks for nobody. */
static bool
replaces(const struct evidence *x, const struct evidence *e)
{
	return (x->listed && x->signer != NULL && e->signer != NULL &&
		x->signature != PROV_SIG_INVALID && x->m.has_supersedes &&
		memcmp(x->st.kid, e->st.kid, 32) == 0 &&
		memcmp(x->m.supersedes, e->digest, 32) == 0);
}

static prov_status
audit_all(struct evidence *e, prov_ledger *l, const struct revocations *r,
    prov_err *err)
{
	AUTO_FREE uint64_t *at = NULL;
	size_t n = 0;
	prov_status st;

	st = prov_ledger_lookup(l, PROV_BY_ASSET, e->st.sub_digest, &at, &n,
	    err);
	if (st == PROV_OK)
		st = check_count(n, err);
	for (size_t i = 0; st == PROV_OK && i < n; i++)
		if (!revocations_has(r, e->st.kid, at[i]))
			st = audit_entry(e, l, at[i], err);
	return (st);
}

/* What a key signed after it was revoked supersedes nothing. */
prov_status
lookup_superseded(struct evidence *e, const struct dossier *d, prov_ledger *l,
    const struct revocations *r, prov_err *err)
{
	if (!d->whole || memcmp(d->asset, e->st.sub_digest, 32) != 0)
		return (audit_all(e, l, r, err));
	for (size_t i = 0; i < d->n; i++) {
		const struct evidence *x = d->at[i];

		if (replaces(x, e) &&
		    !revocations_has(r, e->st.kid, x->listed_at))
			supersede(e);
	}
	return (PROV_OK);
}

/* The entry of the ledger at hand must be the sidecar's statement. */
static prov_status
same_entry(struct evidence *e, prov_ledger *l, prov_err *err)
{
	AUTO_BUF bytes = { 0 };
	struct checkpoint at;
	prov_status st;

	st = ledger_entry_proven(l, e->index, &bytes, &at, err);
	if (st == PROV_OK && !span_eq(buf_span(&bytes), e->st.bytes)) {
		e->ledger = PROV_LEDGER_INVALID;
		findings_add(&e->why, REASON_LEDGER_INVALID,
		    "entry %llu of the ledger at hand is another statement",
		    (unsigned long long)e->index);
	}
	return (st);
}

static prov_status
same_tree(struct evidence *e, prov_ledger *l, struct memory *m, prov_err *err)
{
	const struct signed_head old = { e->at, e->note };
	AUTO_BUF evidence = { 0 };
	bool forked;
	prov_status st;

	if (e->note.len == 0) /* it was read from this ledger */
		return (PROV_OK);
	st = ledger_look(l, &old, &evidence, &forked, err);
	if (st != PROV_OK || !forked)
		return (st);
	return (recall_fork(e, m, ledger_key(l), buf_span(&evidence), err));
}

prov_status
lookup_consistency(struct evidence *e, prov_ledger *l, struct memory *m,
    prov_err *err)
{
	uint64_t size;
	prov_status st;

	st = prov_ledger_checkpoint(l, &size, NULL, NULL, err);
	if (st != PROV_OK)
		return (st);
	if (size < e->at.size) {
		e->ledger = PROV_LEDGER_STALE;
		findings_add(&e->why, REASON_LEDGER_STALE,
		    "the ledger at hand has %llu entries, the proof is of "
		    "%llu: bring the ledger up to date",
		    (unsigned long long)size, (unsigned long long)e->at.size);
		return (PROV_OK);
	}
	if ((st = same_tree(e, l, m, err)) != PROV_OK ||
	    e->ledger != PROV_LEDGER_INCLUDED)
		return (st);
	return (same_entry(e, l, err));
}

prov_status
lookup_confirm(struct evidence *e, prov_ledger *l, const struct judge *j,
    prov_err *err)
{
	struct head head = { .index = e->index };
	AUTO_BUF bytes = { 0 };
	prov_status st;

	if (!is_open(e) || e->at.size == 0)
		return (PROV_OK);
	st = ledger_entry_proven(l, e->index, &bytes, &head.at, err);
	if (st != PROV_OK || !span_eq(buf_span(&bytes), e->st.bytes))
		return (st);
	head.note = ledger_note(l);
	return (confirm(e, j, &head, err));
}

static prov_status
find_registered(char vkey[PROV_VKEY_MAX + 1], const struct registration *r,
    const uint8_t kid[32], prov_err *err)
{
	prov_pubkey key;
	prov_status st;

	for (size_t i = 0; i < r->n; i++) {
		st = pubkey_init(&key, r->at[i].name, r->at[i].key, err);
		if (st != PROV_OK)
			return (st);
		if (memcmp(key.kid, kid, 32) == 0) {
			prov_vkey_format(&key, vkey);
			break;
		}
	}
	return (PROV_OK);
}

prov_status
lookup_vkey(char vkey[PROV_VKEY_MAX + 1], prov_ledger *l, const uint8_t kid[32],
    prov_err *err)
{
	const char *origin = prov_ledger_origin(l);
	AUTO_FREE uint64_t *at = NULL;
	AUTO_BUF bytes = { 0 };
	struct registration r = { 0 };
	struct checkpoint head;
	struct statement s;
	uint8_t sub[32];
	prov_status st;
	size_t n = 0;

	vkey[0] = '\0';
	if ((st = sha256_of(sub, span(origin, strlen(origin)), err)) !=
		PROV_OK ||
	    (st = prov_ledger_lookup(l, PROV_BY_ASSET, sub, &at, &n, err)) !=
		PROV_OK ||
	    n == 0)
		return (st);
	st = ledger_entry_proven(l, at[n - 1], &bytes, &head, err);
	if (st != PROV_OK ||
	    (st = statement_parse(&s, buf_span(&bytes), err)) != PROV_OK)
		return (st);
	if (s.kind != PAYLOAD_REGISTRATION)
		return (PROV_OK);
	if ((st = registration_decode(&r, s.payload, err)) == PROV_OK)
		st = find_registered(vkey, &r, kid, err);
	registration_clear(&r);
	return (st);
}
