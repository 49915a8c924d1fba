/* SPDX-License-Identifier: ISC */
#include "monitor/event.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

#define SHOWN_MAX 200 /* bytes of outside text on a line for people */

static void
put_outside(struct buf *b, const char *s)
{
	text_escape(b, s, strlen(s), SHOWN_MAX);
}

/* {"v":1,"event":name,"time":...,"origin":... */
static struct json *
begin(const struct events *e, const char *name, const char *origin)
{
	struct json *j = json_new();
	char when[32];

	if (j == NULL)
		return (NULL);
	time_format(when, e->now);
	json_u64(j, "v", 1);
	json_str(j, "event", name);
	json_str(j, "time", when);
	json_str(j, "origin", origin);
	return (j);
}

/* Takes both over. */
static prov_status
emit(const struct events *e, struct json *j, struct buf *line, prov_err *err)
{
	char *json = NULL, *text = NULL;
	prov_status st;

	if (j == NULL)
		st = prov_fail(err, PROV_ENOMEM, "event");
	else if ((st = json_take(j, &json, err)) == PROV_OK &&
		 (st = buf_take_str(line, &text, err)) == PROV_OK)
		e->report(e->arg, json, text);
	json_free(j);
	free(json);
	free(text);
	return (st);
}

prov_status
event_trouble(const struct events *e, const struct sight *s, prov_err *err)
{
	const char *origin = s->log != NULL ? s->log->name : NULL;
	struct json *j = begin(e, "trouble", origin);
	AUTO_BUF line = { 0 };

	if (j != NULL) {
		json_str(j, "source", s->where);
		json_str(j, "state", sight_state_name(s->state));
		json_str(j, "error", s->why);
	}
	put_outside(&line, s->where);
	buf_printf(&line, ": %s: ", sight_state_name(s->state));
	put_outside(&line, s->why);
	return (emit(e, j, &line, err));
}

static void
put_side(struct json *j, const char *key, const struct sight *s)
{
	json_begin_object(j, key);
	json_str(j, "source", s->where);
	json_u64(j, "size", s->at.size);
	json_hex(j, "root", s->at.root, 32);
	json_end(j);
}

prov_status
event_fork(const struct events *e, const struct sight *larger,
    const struct sight *smaller, const char *evidence, prov_err *err)
{
	struct json *j = begin(e, "fork", larger->at.origin);
	AUTO_BUF line = { 0 };

	if (j != NULL) {
		put_side(j, "larger", larger);
		put_side(j, "smaller", smaller);
		json_str(j, "evidence", evidence);
	}
	put_outside(&line, larger->at.origin);
	buf_printf(&line, ": FORK: the log signed %llu entries (",
	    (unsigned long long)larger->at.size);
	put_outside(&line, larger->where);
	buf_printf(&line, ") and %llu (", (unsigned long long)smaller->at.size);
	put_outside(&line, smaller->where);
	buf_put_str(&line, ") of two histories; evidence: ");
	put_outside(&line, evidence);
	return (emit(e, j, &line, err));
}

prov_status
event_entry(const struct events *e, const char *origin, uint64_t index,
    const struct statement *s, const char *signature, prov_err *err)
{
	struct json *j = begin(e, "entry", origin);
	AUTO_BUF line = { 0 };

	if (j != NULL) {
		json_u64(j, "index", index);
		json_str(j, "type", s != NULL ? payload_type(s->kind) : NULL);
		json_str(j, "iss", s != NULL ? s->iss : NULL);
		if (s != NULL)
			json_hex(j, "kid", s->kid, 32);
		else
			json_null(j, "kid");
		json_str(j, "sub", s != NULL ? s->sub : NULL);
		json_str(j, "signature", s != NULL ? signature : NULL);
	}
	put_outside(&line, origin);
	buf_printf(&line, ": entry %llu: ", (unsigned long long)index);
	if (s == NULL) {
		buf_put_str(&line, "no statement that prov knows");
	} else {
		buf_printf(&line, "%s by ", payload_type(s->kind));
		put_outside(&line, s->iss);
		buf_put_byte(&line, ' ');
		hex_put(&line, s->kid, 4);
		buf_printf(&line, ", signature %s", signature);
	}
	return (emit(e, j, &line, err));
}

/* Entries that a place lacks; those that are ahead lack none. */
static uint64_t
behind(const struct summary *s, const struct sight *at)
{
	if (s->base == NULL || at->at.size >= s->base->at.size)
		return (0);
	return (s->base->at.size - at->at.size);
}

static void
put_places(struct json *j, const struct summary *s)
{
	json_begin_array(j, "places");
	for (size_t i = 0; i < s->n; i++) {
		const struct sight *at = s->all[i];

		json_begin_object(j, NULL);
		json_str(j, "place", at->feed != NULL ? at->where : NULL);
		json_str(j, "kind",
		    at->feed == NULL ? "memory"
		    : at->witness    ? "witness"
				     : "copy");
		json_str(j, "state", sight_state_name(at->state));
		if (sight_has_head(at)) {
			json_u64(j, "size", at->at.size);
			json_u64(j, "behind", behind(s, at));
		} else {
			json_null(j, "size");
			json_null(j, "behind");
		}
		json_end(j);
	}
	json_end(j);
}

static void
put_summary(struct json *j, const struct summary *s)
{
	if (s->base != NULL) {
		json_u64(j, "size", s->base->at.size);
		json_hex(j, "root", s->base->at.root, 32);
	} else {
		json_null(j, "size");
		json_null(j, "root");
	}
	json_u64(j, "new_entries", s->fresh);
	json_u64(j, "forks", s->forks);
	if (s->timed)
		json_i64(j, "age_s", s->age);
	else
		json_null(j, "age_s");
	json_bool(j, "stale", s->stale);
	if (s->returned)
		json_i64(j, "lag_s", s->lag);
	else
		json_null(j, "lag_s");
	put_places(j, s);
}

static void
put_line(struct buf *b, const struct summary *s)
{
	size_t good = 0;

	for (size_t i = 0; i < s->n; i++)
		good +=
		    s->all[i]->feed != NULL && s->all[i]->state == SIGHT_GOOD;
	if (s->base == NULL)
		buf_put_str(b, "no copy that could be read");
	else
		buf_printf(b, "%llu entries, %llu new",
		    (unsigned long long)s->base->at.size,
		    (unsigned long long)s->fresh);
	buf_printf(b, ", %zu of %zu places agree", good, s->n);
	if (s->timed)
		buf_printf(b, ", witnessed %lld s ago", (long long)s->age);
	if (s->stale)
		buf_put_str(b, ", STALE");
	if (s->forks > 0)
		buf_put_str(b, ", FORK");
}

prov_status
event_head(const struct events *e, const char *origin, const struct summary *s,
    prov_err *err)
{
	struct json *j = begin(e, "head", origin);
	AUTO_BUF line = { 0 };

	if (j != NULL)
		put_summary(j, s);
	put_outside(&line, origin);
	buf_put_str(&line, ": ");
	put_line(&line, s);
	return (emit(e, j, &line, err));
}
