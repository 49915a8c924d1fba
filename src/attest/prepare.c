/* SPDX-License-Identifier: ISC */
#include "attest/prepare.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "carrier/sidecar.h"
#include "hash/digest.h"
#include "hash/sha256.h"
#include "hash/tree.h"
#include "manifest/manifest.h"
#include "media/media.h"
#include "sign/key.h"
#include "sign/statement.h"

void
prepared_drop_blobs(struct prepared *p)
{
	for (size_t i = 0; i < p->n_blobs; i++)
		buf_free(&p->blobs[i]);
	free(p->blobs);
	p->blobs = NULL;
	p->n_blobs = 0;
}

void
prepared_shrink(struct prepared *p)
{
	prepared_drop_blobs(p);
	buf_free(&p->statement);
	buf_free(&p->openings);
	buf_free(&p->proof);
}

void
prepared_clear(struct prepared *p)
{
	prepared_shrink(p);
	prov_identity_free(p->id);
	free(p->sidecar);
	memset(p, 0, sizeof(*p));
}

size_t
prepared_size(const struct prepared *p)
{
	size_t n = p->statement.len + p->openings.len;

	for (size_t i = 0; i < p->n_blobs; i++)
		n += p->blobs[i].len;
	return (n);
}

/* The file's digest, computed while its streams are identified. */
struct hashing {
	int fd;
	const prov_sign_options *o;
	prov_digest digest;
	prov_status st;
	prov_err err;
};

static void *
hash(void *arg)
{
	struct hashing *h = arg;

	h->st = prov_digest_fd(&h->digest, h->fd, h->o->progress,
	    h->o->progress_arg, &h->err);
	return (NULL);
}

/*
 * What has no streams to offer is signed by its bytes alone, and says why; a
 * worker that failed is no reason to promise less for good.
 */
static prov_status
identify(struct prepared *p, prov_media *m, int fd, bool frames, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	st = frames ? prov_media_identify_frames(m, fd, &p->id, &why)
	            : prov_media_identify(m, fd, &p->id, &why);
	if (st == PROV_EUNSUPPORTED || st == PROV_ELIMIT ||
	    st == PROV_EFORMAT) {
		(void)snprintf(p->note, sizeof(p->note), "%.250s",
		    why.msg[0] != '\0' ? why.msg : prov_strstatus(st));
		return (PROV_OK);
	}
	p->no_worker = st == PROV_EOPEN && !media_runs(m);
	return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
}

/* A refused stream keeps the whole asset from ever matching by streams. */
static void
note_refused(struct prepared *p)
{
	const char *why = p->id->refused;

	for (size_t i = 0; i < p->id->n && why[0] == '\0'; i++) {
		if (p->id->streams[i].kind != PROV_DATA)
			why = p->id->streams[i].refused;
	}
	(void)snprintf(p->note, sizeof(p->note), "%s", why);
}

static prov_status
check_file(const struct stat *sb, prov_err *err)
{
	if (sb->st_size == 0)
		return (prov_fail(err, PROV_EARG, "is empty; nothing to sign"));
	return (PROV_OK);
}

static prov_status
read_file(struct prepared *p, prov_media *m, const prov_sign_options *o,
    prov_err *err)
{
	struct hashing h = { .o = o };
	AUTO_FD int fd = -1;
	struct stat before, after;
	pthread_t thread;
	prov_status st;
	bool threaded;

	if ((st = file_open(&fd, &before, p->path, err)) != PROV_OK ||
	    (st = check_file(&before, err)) != PROV_OK)
		return (st);
	h.fd = fd;
	threaded = pthread_create(&thread, NULL, hash, &h) == 0;
	if (!threaded)
		(void)hash(&h);
	st = identify(p, m, fd, o->frames != 0, err);
	if (threaded)
		(void)pthread_join(thread, NULL);
	/* The file's own trouble is told as that. */
	p->no_worker = p->no_worker && h.st == PROV_OK;
	if (h.st != PROV_OK)
		return (prov_fail(err, h.st, "%s", h.err.msg));
	if (st != PROV_OK)
		return (st);
	if (fstat(fd, &after) != 0 || !stat_same(&before, &after))
		return (prov_fail(err, PROV_EIO,
		    "changed while it was read; sign it again"));
	p->digest = h.digest;
	if (p->id != NULL)
		note_refused(p);
	return (PROV_OK);
}

/* Each timeline as the blob that its stream's digest names; tl is spent. */
static prov_status
make_blobs(struct prepared *p, prov_err *err)
{
	uint8_t digest[32];
	prov_status st;

	if (p->id == NULL || p->id->n == 0)
		return (PROV_OK);
	if ((p->blobs = calloc(p->id->n, sizeof(*p->blobs))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "timelines"));
	for (size_t i = 0; i < p->id->n; i++) {
		struct stream *s = &p->id->streams[i];
		struct buf *b = &p->blobs[p->n_blobs];

		if (s->tl == NULL)
			continue;
		p->n_blobs++;
		b->max = TIMELINE_MAX;
		timeline_encode(b, s->tl);
		if ((st = buf_done(b, err)) != PROV_OK ||
		    (st = sha256_of(digest, buf_span(b), err)) != PROV_OK)
			return (st);
		if (memcmp(digest, s->timeline, 32) != 0)
			return (prov_fail(err, PROV_EINTERNAL,
			    "stream %zu: its timeline has another digest", i));
		timeline_free(s->tl);
		s->tl = NULL;
	}
	return (PROV_OK);
}

/* Draws a salt for each private assertion, and keeps what opens it. */
static prov_status
seal_assertions(struct prepared *p, struct manifest *m, prov_err *err)
{
	struct opening at[SIDECAR_OPENINGS];
	struct buf items[SIDECAR_OPENINGS] = { 0 };
	prov_status st = PROV_OK;
	size_t n = 0;

	for (size_t i = 0; i < m->n_assertions && st == PROV_OK; i++) {
		struct assertion *a = &m->assertions[i];

		if (!a->is_private)
			continue;
		if (n == SIDECAR_OPENINGS) {
			st = prov_fail(err, PROV_ELIMIT,
			    "more than %d private labels", SIDECAR_OPENINGS);
			break;
		}
		st = key_random(at[n].salt, sizeof(at[n].salt), err);
		if (st == PROV_OK)
			st = assertion_seal(a, at[n].salt, err);
		assertion_item(&items[n], a);
		at[n].item = buf_span(&items[n]);
		n++;
	}
	for (size_t i = 0; i < n && st == PROV_OK; i++)
		st = buf_done(&items[i], err);
	if (st == PROV_OK && n > 0)
		st = openings_encode(&p->openings, at, n, err);
	for (size_t i = 0; i < n; i++)
		buf_free(&items[i]);
	return (st);
}

static prov_status
fill_manifest(struct manifest *m, struct prepared *p,
    const prov_sign_options *o, prov_err *err)
{
	prov_status st;

	m->time = o->now;
	(void)snprintf(m->tool, sizeof(m->tool), "prov %s", prov_version());
	m->asset = p->digest;
	if (p->id != NULL) {
		memcpy(m->format, p->id->format, sizeof(m->format));
		memcpy(m->refused, p->id->refused, sizeof(m->refused));
	}
	if (o->claim == NULL)
		return (PROV_OK);
	if ((st = manifest_claim(m, o->claim, err)) != PROV_OK)
		return (st);
	return (seal_assertions(p, m, err));
}

/* Signs m with the streams of id, which it borrows meanwhile. */
static prov_status
sign_once(struct prepared *p, struct manifest *m, const prov_sign_options *o,
    prov_err *err)
{
	AUTO_BUF payload = { 0 };
	prov_status st;

	if (p->id != NULL) {
		m->streams = p->id->streams;
		m->n_streams = p->id->n;
	}
	st = manifest_encode(&payload, m, err);
	m->streams = NULL;
	m->n_streams = 0;
	if (st != PROV_OK)
		return (st);
	buf_free(&p->statement);
	return (statement_sign(&p->statement, o->key, PAYLOAD_MANIFEST,
	    p->digest.sha256, buf_span(&payload), err));
}

/* The times are in the timelines too: they go where there is no room. */
static bool
drop_times(struct prepared *p)
{
	bool any = false;

	for (size_t i = 0; p->id != NULL && i < p->id->n; i++) {
		any |= p->id->streams[i].times.len > 0;
		buf_free(&p->id->streams[i].times);
	}
	return (any);
}

static prov_status
sign_manifest(struct prepared *p, struct manifest *m,
    const prov_sign_options *o, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	st = sign_once(p, m, o, &why);
	if (st == PROV_ELIMIT && drop_times(p)) {
		prov_err_clear(&why);
		st = sign_once(p, m, o, &why);
	}
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	st =
	    statement_digest(p->statement_digest, buf_span(&p->statement), err);
	if (st != PROV_OK)
		return (st);
	return (tree_leaf(p->leaf, buf_span(&p->statement), err));
}

static prov_status
prepare(struct prepared *p, prov_media *m, const prov_sign_options *o,
    prov_err *err)
{
	AUTO_MANIFEST manifest = { 0 };
	prov_status st;

	if ((st = read_file(p, m, o, err)) != PROV_OK ||
	    (st = make_blobs(p, err)) != PROV_OK ||
	    (st = fill_manifest(&manifest, p, o, err)) != PROV_OK)
		return (st);
	return (sign_manifest(p, &manifest, o, err));
}

void
prepare_file(struct prepared *p, prov_media *m, const prov_sign_options *o)
{
	prov_err err = { 0 };
	prov_status st;

	st = prepare(p, m, o, &err);
	if (st != PROV_OK && err.status == PROV_OK)
		(void)prov_fail(&err, st, "%s", prov_strstatus(st));
	p->err = err;
	p->err.status = st;
}
