/* SPDX-License-Identifier: ISC */
#include "manifest/requested.h"

#include <string.h>
#include <strings.h>

#include "manifest/reservation.h"

typedef void reader(struct signals *s, prov_span text);

/* What one key says; read NULL: nothing. */
static const struct name {
	const char *name;
	enum signal who;
	reader *read;
	bool header; /* also the name of one */
} names[] = {
	{ "tdm_reservation", SIGNAL_TDMREP, reservation_tdm, true },
	{ "content_usage", SIGNAL_AIPREF, reservation_usage, true },
	{ "content_signal", SIGNAL_AIPREF, reservation_usage, true },
	{ "x_robots_tag", SIGNAL_ROBOTS, reservation_robots, true },
	{ "tdm_policy", SIGNAL_TDMREP, NULL, false },
	{ "fetched", SIGNAL_N, NULL, false },
};
#define NAMES_N (sizeof(names) / sizeof(names[0]))

static char
fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		return ((char)(c - 'A' + 'a'));
	return (c == '-' ? '_' : c);
}

static bool
is_name(const char *key, const char *name)
{
	while (*name != '\0' && fold(*key) == *name) {
		key++;
		name++;
	}
	return (*name == '\0' && *key == '\0');
}

static const struct name *
find(const char *key)
{
	for (size_t i = 0; i < NAMES_N; i++)
		if (is_name(key, names[i].name))
			return (&names[i]);
	return (NULL);
}

/* A number is a TDM reservation's only; null says nothing. */
static void
read_value(struct signals *s, const struct name *n, const struct jsonin *v)
{
	const char *text = jsonin_str(v);
	int64_t number;

	if (n->read == NULL || jsonin_is_null(v))
		return;
	if (text != NULL)
		n->read(s, span(text, strlen(text)));
	else if (n->who != SIGNAL_TDMREP || !jsonin_i64(v, &number) ||
		 number != 0)
		signals_forbid(s, n->who);
}

/* A header that a site sent several times is a list. */
static void
read_values(struct signals *s, const struct name *n, const struct jsonin *v)
{
	if (!jsonin_is_array(v)) {
		read_value(s, n, v);
		return;
	}
	for (size_t i = 0; i < jsonin_n(v); i++)
		read_value(s, n, jsonin_at(v, i));
}

static bool
read_header(void *arg, const char *key, const struct jsonin *v)
{
	const struct name *n = find(key);

	if (n != NULL && n->header)
		read_values(arg, n, v);
	return (true);
}

static bool
read_key(void *arg, const char *key, const struct jsonin *v)
{
	const struct name *n = find(key);

	if (n != NULL)
		read_values(arg, n, v);
	else if (is_name(key, "headers") && jsonin_is_object(v))
		return (jsonin_each(v, read_header, arg));
	else
		return (false);
	return (true);
}

prov_status
signals_requested(struct signals *out, const struct jsonin *object,
    prov_err *err)
{
	struct signals s = { 0 };
	bool known =
	    jsonin_is_object(object) && jsonin_each(object, read_key, &s);

	if (!known)
		signals_forbid_all(&s);
	*out = s;
	return (known ? PROV_OK
		      : prov_fail(err, PROV_EFORMAT,
			    "signals: an object of tdm_reservation, "
			    "content_usage, x_robots_tag and headers"));
}
