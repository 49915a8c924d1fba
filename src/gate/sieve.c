/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/name.h"
#include "gate/sample.h"
#include "gate/tarball.h"
#include "gate/worker.h"

#define ROUTES_MAX 64

/* Where what was let in goes by the route of its rule. */
struct outlet {
	char *route;
	struct tarball *tar;
};

struct prov_shard {
	prov_gate *gate; /* borrowed */
	char *name, *spool_dir;
	int fd; /* owned; -1: the caller's */
	struct shard *in;
	struct tarball *accepted, *rejected; /* NULL: not wanted */
	size_t n_outlets;
	struct outlet outlets[ROUTES_MAX];
	bool ended, damaged;
};

static prov_status
open_named(struct prov_shard *s, prov_err *err)
{
	struct stat sb;
	int root = s->gate->place.root;

	if (s->name == NULL || root < 0)
		return (prov_fail(err, PROV_EARG,
		    "a shard is given by descriptor or by name below a root"));
	return (name_open(&s->fd, &sb, root, s->name, err));
}

static prov_status
open_outlets(struct prov_shard *s, const prov_shard_options *o, prov_err *err)
{
	prov_status st;

	if (o->n_routes > ROUTES_MAX)
		return (prov_fail(err, PROV_ELIMIT, "more than %d routes",
		    ROUTES_MAX));
	for (size_t i = 0; i < o->n_routes; i++) {
		struct outlet *to = &s->outlets[s->n_outlets++];

		if ((to->route = strdup(o->routes[i].route)) == NULL)
			return (prov_fail(err, PROV_ENOMEM, "shard"));
		st = tarball_open(&to->tar, o->routes[i].path, err);
		if (st != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

static prov_status
open_outputs(struct prov_shard *s, const prov_shard_options *o, prov_err *err)
{
	prov_status st;

	if (o->accepted != NULL &&
	    (st = tarball_open(&s->accepted, o->accepted, err)) != PROV_OK)
		return (st);
	if (o->rejected != NULL &&
	    (st = tarball_open(&s->rejected, o->rejected, err)) != PROV_OK)
		return (st);
	return (open_outlets(s, o, err));
}

static prov_status
open_all(struct prov_shard *s, const prov_shard_options *o, prov_err *err)
{
	const char *spool = o->spool_dir != NULL ? o->spool_dir : "/tmp";
	prov_status st;

	if ((o->name != NULL && (s->name = strdup(o->name)) == NULL) ||
	    (s->spool_dir = strdup(spool)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "shard"));
	if (o->name != NULL &&
	    (st = name_check(span(o->name, strlen(o->name)), err)) != PROV_OK)
		return (st);
	if (o->fd < 0 && (st = open_named(s, err)) != PROV_OK)
		return (st);
	if ((st = shard_open(&s->in, o->fd < 0 ? s->fd : o->fd, s->spool_dir,
		 err)) != PROV_OK)
		return (st);
	return (open_outputs(s, o, err));
}

prov_status
prov_shard_open(prov_shard **out, prov_gate *g,
    const prov_shard_options *options, prov_err *err)
{
	struct prov_shard *s = calloc(1, sizeof(*s));
	prov_status st;

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "shard"));
	s->gate = g;
	s->fd = -1;
	if ((st = open_all(s, options, err)) != PROV_OK) {
		prov_shard_free(s);
		return (st);
	}
	*out = s;
	return (PROV_OK);
}

void
prov_shard_free(prov_shard *s)
{
	if (s == NULL)
		return;
	tarball_drop(s->accepted);
	tarball_drop(s->rejected);
	for (size_t i = 0; i < s->n_outlets; i++) {
		tarball_drop(s->outlets[i].tar);
		free(s->outlets[i].route);
	}
	shard_close(s->in);
	auto_fd(&s->fd);
	free(s->name);
	free(s->spool_dir);
	free(s);
}

prov_status
prov_shard_next(prov_shard *s, prov_sample **out, prov_err *err)
{
	prov_sample *sample = calloc(1, sizeof(*sample));
	prov_status st;

	*out = NULL;
	if (sample == NULL)
		return (prov_fail(err, PROV_ENOMEM, "sample"));
	sample->gate = s->gate;
	sample->from = s->in;
	sample->shard = s->name;
	st = shard_next(s->in, &sample->read, &sample->why);
	s->ended = st == PROV_OK && sample->read == NULL;
	if (s->ended) {
		free(sample);
		return (PROV_OK);
	}
	if (st != PROV_OK) {
		s->damaged = sample->damaged = true;
		(void)prov_fail(err, st, "%s", sample->why.msg);
	}
	*out = sample;
	return (st);
}

/* NULL where nobody wants to have it. */
static struct tarball *
outlet_of(const struct prov_shard *s, const prov_sample *sample)
{
	if (!sample->asked || sample->effective != PROV_ALLOW)
		return (s->rejected);
	for (size_t i = 0; sample->route[0] != '\0' && i < s->n_outlets; i++)
		if (strcmp(s->outlets[i].route, sample->route) == 0)
			return (s->outlets[i].tar);
	return (s->accepted);
}

prov_status
prov_shard_put(prov_shard *s, const prov_sample *sample, prov_err *err)
{
	struct tarball *to = outlet_of(s, sample);

	/* Of what was not read whole there will be no tar. */
	if (sample->damaged || to == NULL)
		return (PROV_OK);
	return (tarball_put(to, sample->read, err));
}

static prov_status
finish(struct tarball **t, prov_err *err)
{
	struct tarball *done = TAKE(*t);

	return (done == NULL ? PROV_OK : tarball_finish(done, err));
}

/* What was rejected first: what appears last is what a pipeline waits for. */
prov_status
prov_shard_finish(prov_shard *s, prov_err *err)
{
	prov_status st;

	if (s->damaged || !s->ended)
		return (prov_fail(err, PROV_EFORMAT,
		    "the shard was not read to its end"));
	if ((st = finish(&s->rejected, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < s->n_outlets; i++)
		if ((st = finish(&s->outlets[i].tar, err)) != PROV_OK)
			return (st);
	return (finish(&s->accepted, err));
}
