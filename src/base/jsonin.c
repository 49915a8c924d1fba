/* SPDX-License-Identifier: ISC */
#include <jansson.h>

#include <string.h>

#include "base/jsonin.h"
#include "base/text.h"

/* A struct jsonin is jansson's value, under a name that others may see. */
static const json_t *
value(const struct jsonin *v)
{
	return ((const json_t *)(const void *)v);
}

static const struct jsonin *
lend(const json_t *v)
{
	return ((const struct jsonin *)(const void *)v);
}

/* How deep the brackets of a text go, those inside strings aside. */
static unsigned
depth_of(prov_span text)
{
	unsigned depth = 0, most = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			most = ++depth > most ? depth : most;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return (most);
}

/* Where jansson has no memory to begin with, it says nothing at all. */
static bool
ran_out(const json_error_t *why)
{
	return (json_error_code(why) == json_error_out_of_memory ||
		json_error_code(why) == json_error_unknown);
}

prov_status
jsonin_parse(struct jsonin **out, prov_span text, const char *what,
    prov_err *err)
{
	json_error_t why;
	json_t *v;

	if (depth_of(text) > JSONIN_DEPTH_MAX)
		return (prov_fail(err, PROV_EFORMAT,
		    "%s: brackets more than %d deep", what, JSONIN_DEPTH_MAX));
	v = json_loadb((const char *)text.p, text.len, JSON_REJECT_DUPLICATES,
	    &why);
	if (v == NULL && ran_out(&why))
		return (prov_fail(err, PROV_ENOMEM, "%s", what));
	if (v == NULL)
		return (prov_fail(err, PROV_EFORMAT, "%s: at byte %d: %s", what,
		    why.position, why.text));
	if (!json_is_object(v)) {
		json_decref(v);
		return (prov_fail(err, PROV_EFORMAT, "%s: no object", what));
	}
	*out = (struct jsonin *)(void *)v;
	return (PROV_OK);
}

void
jsonin_free(struct jsonin *whole)
{
	json_decref((json_t *)(void *)whole);
}

void
auto_jsonin(struct jsonin **whole)
{
	jsonin_free(*whole);
}

static bool
is_listed(const char *key, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(key, keys[i]) == 0)
			return (true);
	return (false);
}

prov_status
jsonin_only(const struct jsonin *object, const char *const *keys, size_t n,
    const char *what, prov_err *err)
{
	/* jansson's iterators change nothing, and take no const. */
	json_t *o = (json_t *)(uintptr_t)value(object);

	if (!json_is_object(o))
		return (prov_fail(err, PROV_EFORMAT, "%s: no object", what));
	for (void *i = json_object_iter(o); i != NULL;
	     i = json_object_iter_next(o, i)) {
		const char *key = json_object_iter_key(i);

		if (!is_listed(key, keys, n))
			return (prov_fail(err, PROV_EFORMAT,
			    "%s: no such key: %.64s", what, key));
	}
	return (PROV_OK);
}

const struct jsonin *
jsonin_get(const struct jsonin *object, const char *key)
{
	return (lend(json_object_get(value(object), key)));
}

bool
jsonin_is_null(const struct jsonin *v)
{
	return (json_is_null(value(v)));
}

bool
jsonin_is_object(const struct jsonin *v)
{
	return (json_is_object(value(v)));
}

bool
jsonin_is_array(const struct jsonin *v)
{
	return (json_is_array(value(v)));
}

const char *
jsonin_str(const struct jsonin *v)
{
	return (json_string_value(value(v)));
}

bool
jsonin_i64(const struct jsonin *v, int64_t *out)
{
	if (!json_is_integer(value(v)))
		return (false);
	*out = json_integer_value(value(v));
	return (true);
}

bool
jsonin_u64(const struct jsonin *v, uint64_t *out)
{
	const char *s = jsonin_str(v);
	int64_t i;

	if (s != NULL)
		return (u64_decode(out, s, strlen(s)) && *out > INT64_MAX);
	if (!jsonin_i64(v, &i) || i < 0)
		return (false);
	*out = (uint64_t)i;
	return (true);
}

bool
jsonin_real(const struct jsonin *v, double *out)
{
	if (!json_is_number(value(v)))
		return (false);
	*out = json_number_value(value(v));
	return (true);
}

bool
jsonin_bool(const struct jsonin *v, bool *out)
{
	if (!json_is_boolean(value(v)))
		return (false);
	*out = json_is_true(value(v));
	return (true);
}

bool
jsonin_hex(const struct jsonin *v, uint8_t *out, size_t len)
{
	const char *s = jsonin_str(v);

	return (s != NULL && hex_decode(out, len, s, strlen(s)));
}

bool
jsonin_each(const struct jsonin *object,
    bool (*each)(void *arg, const char *key, const struct jsonin *v), void *arg)
{
	/* jansson's iterators change nothing, and take no const. */
	json_t *o = (json_t *)(uintptr_t)value(object);

	for (void *i = json_object_iter(o); i != NULL;
	     i = json_object_iter_next(o, i))
		if (!each(arg, json_object_iter_key(i),
			lend(json_object_iter_value(i))))
			return (false);
	return (true);
}

size_t
jsonin_n(const struct jsonin *array)
{
	return (json_array_size(value(array)));
}

const struct jsonin *
jsonin_at(const struct jsonin *array, size_t i)
{
	return (lend(json_array_get(value(array), i)));
}
