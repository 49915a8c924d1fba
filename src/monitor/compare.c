/* SPDX-License-Identifier: ISC */
#include "monitor/compare.h"

#include <string.h>

/* Files that are gone, or are not what the head says, speak for the copy. */
static prov_status
blame(struct sight *s, prov_status st, const prov_err *why, prov_err *err)
{
	if (prov_is_no(st))
		sight_blame(s, SIGHT_INVALID, why->msg);
	else if (st == PROV_ENOTFOUND || st == PROV_EIO)
		sight_blame(s, SIGHT_UNREACHABLE, why->msg);
	else
		return (prov_fail(err, st, "%s", why->msg));
	return (PROV_OK);
}

/* Whether the copy's own tiles give the root that its head states. */
static prov_status
stand(struct view *v, struct sight *s, prov_err *err)
{
	uint8_t root[32];
	prov_status st;

	view_clear(v);
	if ((st = view_init(v, feed_dir(s->feed), err)) != PROV_OK ||
	    (st = feed_edge(s->feed, s->at.size, err)) != PROV_OK)
		return (st);
	view_move(v, &s->at);
	if (s->at.size == 0)
		return (PROV_OK);
	return (tree_range_root(root, 0, s->at.size, view_node, v, err));
}

static struct sight *
largest(struct sight *const *all, size_t n)
{
	struct sight *best = NULL;

	for (size_t i = 0; i < n; i++) {
		struct sight *s = all[i];

		if (s->feed != NULL && !s->witness &&
		    s->state == SIGHT_UNCHECKED &&
		    (best == NULL || s->at.size > best->at.size))
			best = s;
	}
	return (best);
}

prov_status
compare_base(struct sight **out, struct view *v, struct sight *const *all,
    size_t n, prov_err *err)
{
	struct sight *s;

	*out = NULL;
	/* Each turn ends this or takes one away. */
	while ((s = largest(all, n)) != NULL) {
		prov_err why = { 0 };
		prov_status st = stand(v, s, &why);

		if (st == PROV_OK) {
			s->state = SIGHT_GOOD;
			*out = s;
			return (PROV_OK);
		}
		if ((st = blame(s, st, &why, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

static struct signed_head
head_of(const struct sight *s)
{
	return ((struct signed_head){ s->at, buf_span(&s->note) });
}

prov_status
compare_equal(struct buf *evidence, bool *forked, const struct sight *a,
    const struct sight *b, prov_err *err)
{
	struct signed_head x, y;

	*forked = false;
	if (!sight_has_head(a) || !sight_has_head(b) ||
	    a->at.size != b->at.size)
		return (PROV_OK);
	if (memcmp(a->at.root, b->at.root, 32) < 0)
		return (compare_equal(evidence, forked, b, a, err));
	x = head_of(a);
	y = head_of(b);
	return (fork_look(evidence, forked, &x, &y, NULL, NULL, err));
}

/* Against a larger head, whose tiles are fetched as far as that needs them. */
static prov_status
compare_older(struct buf *evidence, bool *forked, const struct sight *s,
    struct view *v, const struct sight *base, prov_err *err)
{
	const struct signed_head old = head_of(s), head = head_of(base);
	prov_status st;

	st = feed_older(base->feed, base->at.size, s->at.size, err);
	if (st != PROV_OK)
		return (st);
	return (fork_look(evidence, forked, &old, &head, view_node, v, err));
}

prov_status
compare_head(struct buf *evidence, struct sight *s, struct view *v,
    struct sight *base, prov_err *err)
{
	prov_err why = { 0 };
	bool forked;
	prov_status st;

	if (s == base || s->state != SIGHT_UNCHECKED)
		return (PROV_OK);
	if (s->at.size > base->at.size) {
		sight_blame(s, SIGHT_UNCHECKED,
		    "no copy has got as far as this head");
		return (PROV_OK);
	}
	if (s->at.size == base->at.size)
		st = compare_equal(evidence, &forked, s, base, &why);
	else
		st = compare_older(evidence, &forked, s, v, base, &why);
	if (st == PROV_OK) {
		s->state = forked ? SIGHT_FORK : SIGHT_GOOD;
		return (PROV_OK);
	}
	/* The head stays unchecked; the copy is at fault. */
	sight_blame(s, SIGHT_UNCHECKED,
	    "the copy that it is compared with cannot be read");
	return (blame(base, st, &why, err));
}
