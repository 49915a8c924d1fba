/* SPDX-License-Identifier: ISC */
#include "walk.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool
add(struct files *f, const char *path)
{
	if (f->n == f->cap) {
		size_t cap = f->cap == 0 ? 64 : f->cap * 2;
		char **at = reallocarray(f->at, cap, sizeof(*at));

		if (at == NULL)
			return (false);
		f->at = at;
		f->cap = cap;
	}
	if ((f->at[f->n] = strdup(path)) == NULL)
		return (false);
	f->n++;
	return (true);
}

bool
is_sidecar(const char *path)
{
	size_t len = strlen(path);

	return (len > 5 && strcmp(path + len - 5, ".prov") == 0);
}

/* A temporary file that a killed run left: ".prov-", digits, ".tmp". */
static bool
is_leftover(const char *name)
{
	static const char begin[] = ".prov-";
	size_t len = sizeof(begin) - 1;

	if (strncmp(name, begin, len) != 0)
		return (false);
	name += len;
	len = strspn(name, "0123456789abcdef");
	return (len == 16 && strcmp(name + len, ".tmp") == 0);
}

static int
by_name(const FTSENT **a, const FTSENT **b)
{
	return (strcmp((*a)->fts_name, (*b)->fts_name));
}

/* Whether the walk goes on; a directory that cannot be read is told. */
static bool
visit(const struct args *args, const FTSENT *e, walk_fn each, void *arg,
    bool *fine)
{
	if (e->fts_info == FTS_ERR || e->fts_info == FTS_DNR ||
	    e->fts_info == FTS_NS) {
		complain(args, e->fts_path, "%s", strerror(e->fts_errno));
		*fine = false;
		return (true);
	}
	if (e->fts_info != FTS_F || is_sidecar(e->fts_path) ||
	    is_leftover(e->fts_name))
		return (true);
	return (each(arg, e->fts_path, (uint64_t)e->fts_statp->st_size));
}

bool
walk_each(const struct args *args, const char *dir, walk_fn each, void *arg,
    bool *ended)
{
	char *copy = strdup(dir);
	char *const roots[] = { copy, NULL };
	bool fine = true;
	FTS *fts;
	FTSENT *e;

	*ended = false;
	fts = copy == NULL
	          ? NULL
	          : fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	if (fts == NULL) {
		complain(args, dir, "%s", strerror(errno));
		free(copy);
		return (false);
	}
	for (errno = 0; !*ended && (e = fts_read(fts)) != NULL; errno = 0)
		*ended = !visit(args, e, each, arg, &fine);
	if (!*ended && errno != 0) {
		complain(args, dir, "%s", strerror(errno));
		fine = false;
	}
	(void)fts_close(fts);
	free(copy);
	return (fine);
}

static bool
add_each(void *arg, const char *path, uint64_t size)
{
	(void)size;
	return (add(arg, path));
}

static bool
walk(struct files *f, const struct args *args, const char *dir)
{
	bool ended, fine = walk_each(args, dir, add_each, f, &ended);

	if (ended)
		complain(args, dir, "out of memory");
	return (fine && !ended);
}

bool
files_gather(struct files *f, const struct args *args)
{
	const char *dir;
	bool fine = true;

	for (int i = 0; i < args->n; i++)
		if (!add(f, args->at[i])) {
			complain(args, NULL, "out of memory");
			return (false);
		}
	for (size_t i = 0; (dir = args_nth(args, "recursive", i)) != NULL; i++)
		fine = walk(f, args, dir) && fine;
	return (fine);
}

void
files_free(struct files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->at[i]);
	free(f->at);
	memset(f, 0, sizeof(*f));
}
