/* SPDX-License-Identifier: ISC */
#include "manifest/collected.h"

#include <string.h>

#include "base/text.h"
#include "manifest/reservation.h"

typedef void reader(struct signals *s, prov_span text);

static void
says_nothing(struct signals *s, prov_span text)
{
	(void)s;
	(void)text;
}

/* In the order of deterministic CBOR: by length, then by bytes. */
static const struct field {
	const char *key;
	reader *read;
} fields[] = {
	{ "fetched", says_nothing },
	{ "tdm_policy", says_nothing },
	{ "x_robots_tag", reservation_robots },
	{ "content_usage", reservation_usage },
	{ "tdm_reservation", reservation_tdm },
};
#define FIELDS_N (sizeof(fields) / sizeof(fields[0]))

static const struct field *
find(prov_span key)
{
	for (size_t i = 0; i < FIELDS_N; i++)
		if (span_eq(key, span(fields[i].key, strlen(fields[i].key))))
			return (&fields[i]);
	return (NULL);
}

static prov_status
fail_at(const struct yaml *y, const char *file, const char *why, prov_err *err)
{
	return (prov_fail(err, PROV_EFORMAT, "%s:%u:%u: %s", file, y->line,
	    y->column, why));
}

static bool
is_header(const struct yaml *y)
{
	return (y->type == YAML_SCALAR && y->text[0] != '\0' &&
		strlen(y->text) <= RESERVATION_MAX);
}

static bool
is_headers(const struct yaml *y)
{
	if (y->type != YAML_LIST || y->n == 0 || y->n > COLLECTED_MAX)
		return (false);
	for (size_t i = 0; i < y->n; i++)
		if (!is_header(&y->at[i]))
			return (false);
	return (true);
}

static prov_status
check_field(const char *key, const struct yaml *y, const char *file,
    prov_err *err)
{
	int64_t t;

	if (find(span(key, strlen(key))) == NULL)
		return (fail_at(y, file,
		    "signals are tdm_reservation, tdm_policy, content_usage, "
		    "x_robots_tag and fetched",
		    err));
	if (!is_header(y) && !is_headers(y))
		return (fail_at(y, file,
		    "a signal is the text of a header, or a list of them",
		    err));
	if (strcmp(key, "tdm_reservation") == 0 &&
	    (y->type != YAML_SCALAR ||
		(strcmp(y->text, "0") != 0 && strcmp(y->text, "1") != 0)))
		return (fail_at(y, file, "tdm_reservation is 0 or 1", err));
	if (strcmp(key, "fetched") == 0 &&
	    (y->type != YAML_SCALAR || !time_parse(&t, y->text)))
		return (fail_at(y, file,
		    "fetched is a time such as 2026-11-23T20:41:00Z", err));
	return (PROV_OK);
}

static void
put_field(struct buf *b, const char *key, const struct yaml *y)
{
	cbor_put_text(b, key);
	if (y->type == YAML_SCALAR) {
		cbor_put_text(b, y->text);
		return;
	}
	cbor_put_array(b, y->n);
	for (size_t i = 0; i < y->n; i++)
		cbor_put_text(b, y->at[i].text);
}

prov_status
collected_read(struct buf *value, const struct yaml *y, const char *file,
    prov_err *err)
{
	prov_status st;

	if (y->type != YAML_MAP || y->n == 0)
		return (fail_at(y, file,
		    "signals is a map such as tdm_reservation: 1", err));
	for (size_t i = 0; i < y->n; i++)
		if ((st = check_field(y->keys[i].text, &y->at[i], file, err)) !=
		    PROV_OK)
			return (st);
	cbor_put_map(value, y->n);
	for (size_t i = 0; i < FIELDS_N; i++) {
		const struct yaml *v = yaml_get(y, fields[i].key);

		if (v != NULL)
			put_field(value, fields[i].key, v);
	}
	return (buf_done(value, err));
}

static prov_status
read_headers(struct signals *s, reader *read, struct cbor *c, prov_err *err)
{
	prov_span text;
	prov_status st;
	uint64_t n = 1;

	if (cbor_peek(c) == CBOR_ARRAY &&
	    (st = cbor_get_array(c, &n, err)) != PROV_OK)
		return (st);
	for (uint64_t i = 0; i < n; i++) {
		if ((st = cbor_get_text(c, &text, err)) != PROV_OK)
			return (st);
		read(s, text);
	}
	return (PROV_OK);
}

prov_status
collected_claimed(struct signals *s, struct cbor *c, prov_err *err)
{
	const struct field *f;
	prov_status st;
	prov_span key;
	uint64_t n;

	if ((st = cbor_get_map(c, &n, err)) != PROV_OK)
		return (st);
	for (uint64_t i = 0; i < n; i++) {
		if ((st = cbor_get_text(c, &key, err)) != PROV_OK)
			return (st);
		if ((f = find(key)) == NULL)
			return (prov_fail(err, PROV_EFORMAT,
			    "a signal that is not known"));
		if ((st = read_headers(s, f->read, c, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}
