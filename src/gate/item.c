/* SPDX-License-Identifier: ISC */
#include "gate/item.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/name.h"
#include "gate/delivery.h"
#include "gate/quarantine.h"

#define SUFFIX ".prov"

void
place_init(struct place *p)
{
	*p = (struct place){ .root = -1, .sidecars = -1 };
}

prov_status
place_open(struct place *p, const prov_gate_options *o, prov_err *err)
{
	const char *beside = o->sidecar == PROV_SIDECAR_DIR ? o->sidecar_dir
	                     : o->sidecar == PROV_SIDECAR_BESIDE ? o->root
	                                                         : NULL;
	prov_status st;

	if (o->sidecar == PROV_SIDECAR_DIR && o->sidecar_dir == NULL)
		return (prov_fail(err, PROV_EARG,
		    "sidecars in a directory, but none named"));
	p->quarantine = o->quarantine_dir;
	p->routes = o->routes;
	p->n_routes = o->n_routes;
	if ((p->quarantine != NULL &&
		(st = dir_make(p->quarantine, err)) != PROV_OK) ||
	    (o->root != NULL &&
		(st = name_root(&p->root, o->root, err)) != PROV_OK) ||
	    (beside != NULL &&
		(st = name_root(&p->sidecars, beside, err)) != PROV_OK))
		return (st);
	return (PROV_OK);
}

void
place_close(struct place *p)
{
	auto_fd(&p->root);
	auto_fd(&p->sidecars);
	place_init(p);
}

bool
item_refused(prov_status st)
{
	return (st == PROV_EARG || st == PROV_EUNTRUSTED || st == PROV_ELIMIT);
}

static prov_status
open_media(struct item *item, const struct place *p, const struct request *r,
    prov_err *err)
{
	prov_status st;

	if (p->root < 0)
		return (prov_fail(err, PROV_EARG,
		    "a name, and no root that it is below"));
	st = name_open(&item->fd, NULL, p->root, r->path, err);
	item->subject.fd = item->fd;
	return (st);
}

static prov_status
read_named(struct item *item, int root, const char *name, prov_err *err)
{
	AUTO_FD int fd = -1;
	prov_status st;

	if ((st = name_open(&fd, NULL, root, name, err)) != PROV_OK)
		return (st);
	if ((st = fd_read(&item->sidecar, fd, SIDECAR_MAX, err)) != PROV_OK)
		return (prov_wrap(err, st, name));
	/* An empty file is a sidecar, too: a bad one. */
	item->subject.sidecar =
	    item->sidecar.p == NULL ? span("", 0) : buf_span(&item->sidecar);
	return (PROV_OK);
}

/* The one beside what is asked for by its name, if there is one. */
static prov_status
read_beside(struct item *item, const struct place *p, const struct request *r,
    prov_err *err)
{
	char name[NAME_LEN_MAX + 1];
	prov_err why = { 0 };
	prov_status st;

	/* No file has a name that is too long. */
	if (snprintf(name, sizeof(name), "%s%s", r->path, SUFFIX) >=
	    (int)sizeof(name))
		return (PROV_OK);
	st = read_named(item, p->sidecars, name, &why);
	if (st == PROV_OK || st == PROV_ENOTFOUND)
		return (PROV_OK);
	return (prov_fail(err, st, "%s", why.msg));
}

static prov_status
open_sidecar(struct item *item, const struct place *p, const struct request *r,
    prov_err *err)
{
	if (r->sidecar.p != NULL) {
		item->subject.sidecar = r->sidecar;
		return (PROV_OK);
	}
	if (r->manifest != NULL && p->root < 0)
		return (prov_fail(err, PROV_EARG,
		    "a name, and no root that it is below"));
	if (r->manifest != NULL)
		return (read_named(item, p->root, r->manifest, err));
	if (item->fd < 0 || p->sidecars < 0)
		return (PROV_OK);
	return (read_beside(item, p, r, err));
}

prov_status
item_open(struct item *item, const struct place *p, const struct request *r,
    prov_err *err)
{
	prov_status st;

	item->subject = (struct subject){ .name = r->id,
		.path = r->path,
		.fd = r->fd,
		.bytes = r->bytes,
		.sha256 = r->sha256,
		.seen = r->seen };
	if (r->path != NULL &&
	    (st = name_check(span(r->path, strlen(r->path)), err)) != PROV_OK)
		return (st);
	if (r->fd == -1 && r->bytes.p == NULL && r->sha256 == NULL &&
	    (st = open_media(item, p, r, err)) != PROV_OK)
		return (st);
	return (open_sidecar(item, p, r, err));
}

void
item_close(struct item *item)
{
	auto_fd(&item->fd);
	item->fd = -1;
	buf_free(&item->sidecar);
}

/* Where its route leads to; NULL: nowhere but into the record. */
static const char *
route_dir(const struct place *p, const prov_gate_answer *a)
{
	for (size_t i = 0; i < p->n_routes && a->decision.route[0] != '\0'; i++)
		if (strcmp(p->routes[i].route, a->decision.route) == 0)
			return (p->routes[i].path);
	return (NULL);
}

static prov_status
keep(const struct item *item, const struct place *p, const prov_gate_answer *a,
    prov_err *err)
{
	const struct subject *s = &item->subject;
	const char *dir = route_dir(p, a);

	if (a->decision.effective == PROV_QUARANTINE && p->quarantine != NULL)
		return (
		    quarantine_keep(p->quarantine, a, s->fd, s->bytes, err));
	if (a->decision.effective == PROV_ALLOW && dir != NULL)
		return (deliver(dir, a, s->fd, s->bytes, err));
	return (PROV_OK);
}

/* Nobody may take for kept what is not. */
void
item_keep(const struct item *item, const struct place *p, prov_gate_answer *a)
{
	prov_err why = { 0 };

	if (keep(item, p, a, &why) == PROV_OK)
		return;
	a->decision.decision = a->decision.effective = PROV_RETRY;
	a->decision.route[0] = '\0';
	if (a->facts.trouble == PROV_OK) {
		a->facts.trouble = why.status;
		(void)snprintf(a->facts.error, sizeof(a->facts.error), "%s",
		    why.msg);
	}
	gate_find(&a->decision.why, GATE_WRITE, why.msg);
}
