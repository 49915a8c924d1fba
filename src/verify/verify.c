/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "hash/digest.h"
#include "verify/task.h"

static int64_t
clock_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

/* Where the opened file really is; NULL if that cannot be told. */
static char *
canonical_path(const char *path, const struct stat *opened)
{
	char *real = realpath(path, NULL);
	struct stat sb;

	if (real != NULL && stat(real, &sb) == 0 &&
	    sb.st_dev == opened->st_dev && sb.st_ino == opened->st_ino)
		return (real);
	free(real);
	return (NULL);
}

/* What is opened for a task, and has to stay as long. */
struct opened {
	int fd;
	char *canonical;
	struct buf sidecar;
};

static void
opened_clear(struct opened *o)
{
	auto_fd(&o->fd);
	free(o->canonical);
	buf_free(&o->sidecar);
}
#define AUTO_OPENED __attribute__((cleanup(opened_clear))) struct opened

static prov_status
open_file(struct task *t, struct opened *opened, prov_err *err)
{
	const prov_verify_options *o = &t->v->o;
	prov_status st;

	st = file_open(&opened->fd, &t->sb, t->out->path, err);
	if (st != PROV_OK)
		return (st);
	t->fd = opened->fd;
	opened->canonical = canonical_path(t->out->path, &t->sb);
	t->judge = (struct judge){ .trust = o->trust,
		.path = opened->canonical,
		.now = verifier_now(t->v),
		.scale = &t->v->scale };
	st = prov_digest_fd(&t->out->digest, t->fd, o->progress,
	    o->progress_arg, err);
	t->out->has_digest = st == PROV_OK;
	return (st);
}

static char *
sidecar_name(const struct task *t)
{
	const prov_verify_options *o = &t->v->o;

	if (o->sidecar_file != NULL)
		return (strdup(o->sidecar_file));
	return (sidecar_path(t->out->path,
	    o->sidecar == PROV_SIDECAR_DIR ? o->sidecar_dir : NULL));
}

/* Reads it, if there is one. */
static prov_status
open_sidecar(struct task *t, struct opened *opened, prov_err *err)
{
	AUTO_FREE char *name = NULL;
	prov_err why = { 0 };
	prov_status st;

	if (t->v->o.sidecar == PROV_SIDECAR_NONE &&
	    t->v->o.sidecar_file == NULL)
		return (PROV_OK);
	if ((name = sidecar_name(t)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "sidecar"));
	st = file_read(&opened->sidecar, name, SIDECAR_MAX, &why);
	if (st == PROV_ENOTFOUND && t->v->o.sidecar_file == NULL)
		return (PROV_OK);
	if (st == PROV_OK)
		return (task_sidecar(t, buf_span(&opened->sidecar), err));
	if (prov_is_no(st)) {
		task_sidecar_bad(t, &why);
		return (PROV_OK);
	}
	return (prov_fail(err, st, "%s", why.msg));
}

static prov_status
fill_streams(struct task *t, const struct evidence *e, prov_err *err)
{
	if (e->pairing != NULL)
		return (verdict_pairing(t->out, e->pairing,
		    e->binding == PROV_BIND_CLIP ? e->clip : NULL, err));
	if (e->binding == PROV_BIND_EXACT)
		return (verdict_exact(t->out, &e->m, err));
	return (PROV_OK);
}

/* The key to trust, for the hint; a ledger that has it not is no failure. */
static void
fill_vkey(struct task *t, const struct evidence *e)
{
	if (e->signer == NULL && t->v->ledger != NULL && !t->v->ledger_bad &&
	    lookup_vkey(t->out->vkey, t->v->ledger, e->st.kid, NULL) != PROV_OK)
		t->out->vkey[0] = '\0';
}

static prov_status
work(struct task *t, struct opened *opened, prov_err *err)
{
	const struct evidence *e;
	prov_status st;

	if ((st = open_file(t, opened, err)) != PROV_OK ||
	    (st = open_sidecar(t, opened, err)) != PROV_OK ||
	    (st = task_work(t, err)) != PROV_OK)
		return (st);
	if ((e = task_conclude(t)) == NULL)
		return (PROV_OK);
	fill_vkey(t, e);
	return (fill_streams(t, e, err));
}

/* Says why without the path, which stands in front of it anyway. */
static void
note_trouble(prov_verdict *v, prov_status st, const prov_err *why)
{
	const char *msg = why->msg;
	size_t len = strlen(v->path);

	if (strncmp(msg, v->path, len) == 0 && msg[len] == ':' &&
	    msg[len + 1] == ' ')
		msg += len + 2;
	v->trouble = st;
	(void)snprintf(v->error, sizeof(v->error), "%s",
	    msg[0] != '\0' ? msg : prov_strstatus(st));
}

prov_status
prov_verify_file(prov_verifier *v, const char *path, prov_verdict **out,
    prov_err *err)
{
	AUTO(prov_verdict) *verdict = NULL;
	AUTO_OPENED opened = { .fd = -1 };
	int64_t start = clock_ms();
	prov_err why = { 0 };
	prov_status st;

	if ((st = verdict_new(&verdict, path, err)) != PROV_OK)
		return (st);
	{
		AUTO_TASK t = TASK(v, verdict);

		st = work(&t, &opened, &why);
	}
	if (st == PROV_ENOMEM || st == PROV_EARG)
		return (prov_fail(err, st, "%s", why.msg));
	if (st != PROV_OK)
		note_trouble(verdict, st, &why);
	verdict_settle(verdict);
	verdict->ms = clock_ms() - start;
	st = verdict_result(verdict, err);
	*out = TAKE(verdict);
	return (st);
}
