/* SPDX-License-Identifier: ISC */
/* What a run's records come to by signer, license and the like. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "gate/lines.h"
#include "gate/record.h"
#include "prov/run.h"

/* Names are outside text: more than these are counted together. */
#define GROUPS_MAX 10000

#define NAME_SIZE (LICENSE_NAME_MAX + 1)
_Static_assert(NAME_SIZE > PROV_NAME_MAX && NAME_SIZE > CODE_MAX &&
		   NAME_SIZE > MEDIA_TYPE_MAX && NAME_SIZE > SOURCE_TYPE_MAX,
    "names fit");

struct entry {
	char name[NAME_SIZE]; /* "": none is known */
	prov_run_group g;
};

struct groups {
	prov_group_by by;
	size_t n;
	struct entry *at; /* sorted by name */
	prov_run_group other;
};

static void
groups_clear(struct groups *g)
{
	free(g->at);
}
#define AUTO_GROUPS __attribute__((cleanup(groups_clear))) struct groups

static void
add_to(prov_run_group *g, const struct record *r)
{
	g->records++;
	g->bytes += r->has_bytes ? r->bytes : 0;
	g->decisions[r->decision]++;
}

static size_t
place(const struct groups *g, const char *name, bool *found)
{
	size_t lo = 0, hi = g->n;

	*found = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(g->at[mid].name, name);

		if (c == 0) {
			*found = true;
			return (mid);
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (lo);
}

static void
add(struct groups *g, const char *name, const struct record *r)
{
	bool found;
	size_t i = place(g, name, &found);

	if (!found && g->n == GROUPS_MAX) {
		add_to(&g->other, r);
		return;
	}
	if (!found) {
		memmove(g->at + i + 1, g->at + i,
		    (g->n++ - i) * sizeof(*g->at));
		memset(&g->at[i], 0, sizeof(*g->at));
		memcpy(g->at[i].name, name, strlen(name) + 1);
	}
	add_to(&g->at[i].g, r);
}

/* By reasons a record counts once for each that it has. */
static void
add_record(struct groups *g, const struct record *r)
{
	switch (g->by) {
	case PROV_GROUP_SIGNER:
		add(g, r->signer, r);
		return;
	case PROV_GROUP_SOURCE_TYPE:
		add(g, r->source_type, r);
		return;
	case PROV_GROUP_LICENSE:
		add(g, r->license, r);
		return;
	case PROV_GROUP_MEDIA_TYPE:
		add(g, r->media_type, r);
		return;
	case PROV_GROUP_RIGHTS:
		add(g, use_name(r->rights), r);
		return;
	case PROV_GROUP_REASON:
		break;
	}
	for (size_t i = 0; i < r->n_reasons; i++)
		add(g, r->reasons[i], r);
	if (r->n_reasons == 0)
		add(g, "", r);
}

static prov_status
read_lines(struct groups *g, int fd, prov_err *err)
{
	AUTO_LINES *lines = NULL;
	struct line l;
	prov_status st;

	if ((st = lines_new(&lines, fd, RECORD_MAX, err)) != PROV_OK)
		return (st);
	while ((st = lines_next(lines, &l, err)) == PROV_OK) {
		AUTO_RECORD r = { 0 };
		prov_err why = { 0 };

		st = l.torn || l.more ? prov_fail(&why, PROV_EFORMAT,
					    "it is no whole record")
		                      : record_parse(&r, l.text, &why);
		if (st != PROV_OK)
			return (prov_fail(err, st, "line %llu: %.400s",
			    (unsigned long long)l.n, why.msg));
		add_record(g, &r);
	}
	return (st == PROV_ENOTFOUND ? PROV_OK : st);
}

prov_status
prov_run_groups(const char *run, prov_group_by by, prov_group_fn fn, void *arg,
    prov_err *err)
{
	AUTO_GROUPS g = { .by = by };
	AUTO_FD int fd = -1;
	struct stat sb;
	prov_status st;

	if (by < PROV_GROUP_SIGNER || by > PROV_GROUP_REASON)
		return (prov_fail(err, PROV_EARG, "groups by %d", (int)by));
	if ((g.at = calloc(GROUPS_MAX, sizeof(*g.at))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "groups"));
	if ((st = file_open(&fd, &sb, run, err)) != PROV_OK)
		return (st == PROV_ENOTFOUND ? PROV_EOPEN : st);
	if ((st = read_lines(&g, fd, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < g.n; i++) {
		g.at[i].g.name = g.at[i].name[0] != '\0' ? g.at[i].name : NULL;
		fn(arg, &g.at[i].g);
	}
	g.other.name = "(other)";
	if (g.other.records > 0)
		fn(arg, &g.other);
	return (PROV_OK);
}

prov_status
prov_run_group_json(char **out, const prov_run_group *g, prov_err *err)
{
	AUTO_JSON *j = json_new();

	if (j == NULL)
		return (prov_fail(err, PROV_ENOMEM, "group"));
	json_str(j, "name", g->name);
	json_u64(j, "records", g->records);
	json_u64(j, "bytes", g->bytes);
	json_u64(j, "allow", g->decisions[PROV_ALLOW]);
	json_u64(j, "quarantine", g->decisions[PROV_QUARANTINE]);
	json_u64(j, "retry", g->decisions[PROV_RETRY]);
	json_u64(j, "deny", g->decisions[PROV_DENY]);
	return (json_take(j, out, err));
}
