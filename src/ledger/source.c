/* SPDX-License-Identifier: ISC */
#include "ledger/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "ledger/layout.h"
#include "remote/remote.h"

/* As many as prov-net has connections to one host. */
#define PENDING_MAX 16U

/* Of one file, where the server or the way to it fails. */
#define TRIES_MAX 3U
#define PAUSE_MS  200U /* before the second, twice that before the third */

struct asked {
	bool used;
	unsigned tries;
	uint32_t tag;
	size_t max;
	char name[SOURCE_NAME_MAX];
};

struct source {
	char *from;            /* without a slash at its end */
	struct remote *remote; /* NULL: a directory */
	unsigned timeout_ms;
	unsigned pending;
	struct asked at[PENDING_MAX];
};

static bool
is_url(const char *from)
{
	return (strncmp(from, "http://", 7) == 0 ||
		strncmp(from, "https://", 8) == 0);
}

prov_status
source_open(struct source **out, const char *from, const char *net,
    unsigned timeout_ms, prov_err *err)
{
	AUTO_SOURCE *s = calloc(1, sizeof(*s));
	size_t len = strlen(from);
	prov_status st;

	while (len > 1 && from[len - 1] == '/')
		len--;
	if (s == NULL || (s->from = strndup(from, len)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	s->timeout_ms = timeout_ms;
	if (is_url(from) && (st = remote_open(&s->remote, net, err)) != PROV_OK)
		return (st);
	*out = TAKE(s);
	return (PROV_OK);
}

void
source_close(struct source *s)
{
	if (s == NULL)
		return;
	remote_close(s->remote);
	free(s->from);
	free(s);
}

void
auto_source(struct source **s)
{
	source_close(*s);
}

unsigned
source_room(const struct source *s)
{
	return ((s->remote != NULL ? PENDING_MAX : 1) - s->pending);
}

unsigned
source_pending(const struct source *s)
{
	return (s->pending);
}

static prov_status
ask(struct source *s, uint32_t slot, prov_err *err)
{
	char url[LEDGER_PATH_MAX];
	struct remote_request q = { .url = url,
		.max = s->at[slot].max,
		.timeout_ms = s->timeout_ms };
	prov_status st;

	s->at[slot].tries++;
	if (s->remote == NULL)
		return (PROV_OK);
	st = layout_path(url, err, s->from, "%s", s->at[slot].name);
	if (st != PROV_OK)
		return (st);
	return (remote_start(s->remote, slot, &q, err));
}

prov_status
source_start(struct source *s, uint32_t tag, const char *name, size_t max,
    prov_err *err)
{
	uint32_t slot = 0;
	int n;

	while (slot < PENDING_MAX && s->at[slot].used)
		slot++;
	if (source_room(s) == 0 || slot == PENDING_MAX)
		return (prov_fail(err, PROV_EINTERNAL, "too many files"));
	s->at[slot] = (struct asked){ .used = true, .tag = tag, .max = max };
	n = snprintf(s->at[slot].name, sizeof(s->at[slot].name), "%s", name);
	if (n < 0 || (size_t)n >= sizeof(s->at[slot].name))
		return (
		    prov_fail(err, PROV_EINTERNAL, "a name of %d bytes", n));
	s->pending++;
	return (ask(s, slot, err));
}

static void
done(struct source *s, struct asked *a, struct source_file *f)
{
	f->tag = a->tag;
	a->used = false;
	s->pending--;
}

static prov_status
next_local(struct source *s, struct source_file *f, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	struct asked *a = s->at;
	prov_status st;

	while (!a->used)
		a++;
	st = layout_path(path, err, s->from, "%s", a->name);
	if (st != PROV_OK)
		return (st);
	f->st = file_read(&f->body, path, a->max, &f->why);
	if (f->st != PROV_OK)
		buf_free(&f->body);
	done(s, a, f);
	return (PROV_OK);
}

static void
pause_before(unsigned tries)
{
	unsigned ms = PAUSE_MS * tries;
	struct timespec t = { .tv_sec = ms / 1000,
		.tv_nsec = (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&t, NULL);
}

static prov_status
next_remote(struct source *s, struct source_file *f, prov_err *err)
{
	struct remote_answer a;
	struct asked *asked;
	prov_status st;

	for (;;) {
		if ((st = remote_next(s->remote, &a, err)) != PROV_OK)
			return (st);
		if (a.tag >= PENDING_MAX || !s->at[a.tag].used) {
			buf_free(&a.body);
			return (prov_fail(err, PROV_EIO,
			    "the network program's answer makes no sense"));
		}
		asked = &s->at[a.tag];
		if (a.st == PROV_OK)
			a.st = remote_status(a.status, &a.why);
		if (a.st != PROV_EIO || asked->tries >= TRIES_MAX)
			break;
		buf_free(&a.body);
		pause_before(asked->tries);
		if ((st = ask(s, a.tag, err)) != PROV_OK)
			return (st);
	}
	f->st = a.st;
	f->body = a.body;
	if (a.st != PROV_OK) {
		buf_free(&f->body);
		(void)prov_fail(&f->why, a.st, "%s/%s: %s", s->from,
		    asked->name, a.why.msg);
	}
	done(s, asked, f);
	return (PROV_OK);
}

prov_status
source_next(struct source *s, struct source_file *f, prov_err *err)
{
	memset(f, 0, sizeof(*f));
	if (s->pending == 0)
		return (prov_fail(err, PROV_EINTERNAL, "no file is due"));
	return (
	    s->remote != NULL ? next_remote(s, f, err) : next_local(s, f, err));
}

prov_status
source_get(struct source *s, const char *name, size_t max, struct buf *body,
    prov_err *err)
{
	struct source_file f;
	prov_status st;

	if ((st = source_start(s, 0, name, max, err)) != PROV_OK ||
	    (st = source_next(s, &f, err)) != PROV_OK)
		return (st);
	if (f.st != PROV_OK)
		return (prov_fail(err, f.st, "%s", f.why.msg));
	buf_free(body);
	*body = f.body;
	return (PROV_OK);
}
