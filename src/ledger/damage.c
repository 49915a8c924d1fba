/* SPDX-License-Identifier: ISC */
#include "ledger/damage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How far damage goes: what is derived, else what nobody can make again. */
enum extent { DERIVED, TRUTH, BLOB, LOGGED };

static const struct {
	const char *code;
	enum extent extent;
} kinds[] = {
	[FOUND_TILE] = { "tile", DERIVED },
	[FOUND_BUNDLE] = { "bundle", DERIVED },
	[FOUND_STRAY] = { "stray", DERIVED },
	[FOUND_INDEX] = { "index", DERIVED },
	[FOUND_CHECKPOINT] = { "checkpoint", DERIVED },
	[FOUND_BLOB] = { "blob", BLOB },
	[FOUND_STATEMENT] = { "statement", LOGGED },
	[FOUND_SIGNATURE] = { "signature", LOGGED },
	[FOUND_ROOT] = { "root", TRUTH },
	[FOUND_STORE] = { "store", TRUTH },
	[FOUND_ENTRY] = { "entry", TRUTH },
	[FOUND_EDGE] = { "edge", TRUTH },
	[FOUND_STORED] = { "stored-checkpoint", TRUTH },
};

prov_status
damage_init(struct damage *f, prov_err *err)
{
	memset(f, 0, sizeof(*f));
	if ((f->at = calloc(DAMAGE_MAX, sizeof(*f->at))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	(void)pthread_mutex_init(&f->lock, NULL);
	return (PROV_OK);
}

void
damage_clear(struct damage *f)
{
	if (f->at != NULL)
		(void)pthread_mutex_destroy(&f->lock);
	free(f->at);
	memset(f, 0, sizeof(*f));
}

/* What readers' messages begin with. */
static void
strip(char *what)
{
	static const char code[] = "ledger.invalid: ";
	size_t n = sizeof(code) - 1;

	if (strncmp(what, code, n) == 0)
		memmove(what, what + n, strlen(what + n) + 1);
}

/* Counts one; where it is written, or NULL: there is no room. */
static struct finding *
add(struct damage *f, enum finding_kind kind, const char *path, uint64_t entry)
{
	struct finding *at;

	if (kinds[kind].extent == TRUTH)
		f->truth++;
	if (kinds[kind].extent == DERIVED && kind != FOUND_INDEX)
		f->copied++;
	if (f->n == DAMAGE_MAX)
		return (NULL);
	at = &f->at[f->n++];
	at->kind = kind;
	at->entry = entry;
	snprintf(at->path, sizeof(at->path), "%s", path);
	return (at);
}

void
damage_add(struct damage *f, enum finding_kind kind, const char *path,
    uint64_t entry, const char *fmt, ...)
{
	struct finding *at;
	va_list ap;

	(void)pthread_mutex_lock(&f->lock);
	f->total++;
	if ((at = add(f, kind, path, entry)) != NULL) {
		va_start(ap, fmt);
		(void)vsnprintf(at->what, sizeof(at->what), fmt, ap);
		va_end(ap);
		strip(at->what);
	}
	(void)pthread_mutex_unlock(&f->lock);
}

/* What somebody has to act on is worse than what may pass. */
static bool
passes(prov_status st)
{
	return (st == PROV_OK || st == PROV_EIO || st == PROV_EBUSY);
}

static void
add_unread(struct damage *f, enum finding_kind kind, const char *path,
    prov_status st, const char *why)
{
	struct finding *at, one = { .kind = kind, .entry = NO_ENTRY };

	one.unread = true;
	snprintf(one.path, sizeof(one.path), "%s", path);
	snprintf(one.what, sizeof(one.what), "cannot be read: %.380s", why);
	(void)pthread_mutex_lock(&f->lock);
	if (f->unread++ == 0)
		f->first_unread = one;
	if (passes(f->why))
		f->why = st;
	if ((at = add(f, kind, path, NO_ENTRY)) != NULL)
		*at = one;
	(void)pthread_mutex_unlock(&f->lock);
}

void
damage_read(struct damage *f, enum finding_kind kind, const char *path,
    prov_status st, const char *why)
{
	if (st == PROV_ENOTFOUND || prov_is_no(st))
		damage_add(f, kind, path, NO_ENTRY, "%s", why);
	else
		add_unread(f, kind, path, st, why);
}

bool
damage_has_unread(struct damage *f)
{
	bool any;

	(void)pthread_mutex_lock(&f->lock);
	any = f->unread > 0;
	(void)pthread_mutex_unlock(&f->lock);
	return (any);
}

/* A copy has nothing to repair itself from, but for its index. */
static prov_remedy
remedy(enum finding_kind kind, bool store, bool truth)
{
	switch (kinds[kind].extent) {
	case DERIVED:
		if (!truth)
			return (store ? PROV_REMEDY_RECOVER : PROV_REMEDY_COPY);
		return (store || kind == FOUND_INDEX ? PROV_REMEDY_REPAIR
						     : PROV_REMEDY_COPY);
	case TRUTH:
		return (store ? PROV_REMEDY_RECOVER : PROV_REMEDY_COPY);
	case BLOB:
		return (PROV_REMEDY_REMOVE);
	case LOGGED:
		break;
	}
	return (PROV_REMEDY_NONE);
}

void
damage_tell(const struct damage *f, bool store, bool truth,
    prov_difference_fn fn, void *arg)
{
	for (size_t i = 0; fn != NULL && i < f->n; i++) {
		const struct finding *at = &f->at[i];
		prov_difference d = { .code = kinds[at->kind].code,
			.path = at->path,
			.entry = at->entry,
			.what = at->what,
			.remedy = at->unread ? PROV_REMEDY_READ
			                     : remedy(at->kind, store, truth) };

		fn(arg, &d);
	}
}

bool
damage_is_sound(const struct damage *f, bool store)
{
	return (f->truth == 0 && (store || f->copied == 0));
}

prov_status
damage_status(const struct damage *f, prov_err *err)
{
	const struct finding *at = f->at;

	/* Whatever differs: what was not read may differ as well. */
	if (f->unread > 0)
		return (prov_fail(err, f->why, "%s: %s", f->first_unread.path,
		    f->first_unread.what));
	if (f->total == 0)
		return (PROV_OK);
	/* One that names an entry says more than what follows from it. */
	while (at < f->at + f->n && at->entry == NO_ENTRY)
		at++;
	if (at == f->at + f->n)
		at = f->at;
	return (prov_fail(err, PROV_EUNTRUSTED, "ledger.invalid: %s: %s",
	    at->path, at->what));
}
