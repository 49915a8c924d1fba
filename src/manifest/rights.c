/* SPDX-License-Identifier: ISC */
#include "manifest/rights.h"

#include <stdlib.h>
#include <string.h>

#include "base/cbor.h"
#include "manifest/collected.h"
#include "manifest/sourcetype.h"

/* In the order of deterministic CBOR: by length, then by bytes. */
static const char *const purposes[] = { "cawg.ai_training", "cawg.data_mining",
	"cawg.ai_inference", "cawg.ai_generative_training", NULL };

static const char *const uses[] = { "allowed", "notAllowed", "constrained",
	NULL };

static prov_status
fail_at(const struct yaml *y, const char *file, const char *why, prov_err *err)
{
	return (prov_fail(err, PROV_EFORMAT, "%s:%u:%u: %s", file, y->line,
	    y->column, why));
}

static bool
one_of(const char *s, const char *const *list)
{
	while (*list != NULL && strcmp(s, *list) != 0)
		list++;
	return (*list != NULL);
}

static bool
has_prefix(const char *s, const char *prefix)
{
	return (strncmp(s, prefix, strlen(prefix)) == 0);
}

bool
rights_owns(const char *label)
{
	return (strcmp(label, RIGHTS_LABEL) == 0 ||
		strcmp(label, COLLECTED_LABEL) == 0 ||
		has_prefix(label, "cawg.") || has_prefix(label, "c2pa."));
}

static bool
is_text(const struct yaml *y)
{
	return (y->type == YAML_SCALAR && y->text[0] != '\0');
}

static bool
is_text_list(const struct yaml *y)
{
	if (y->type != YAML_LIST || y->n == 0 || y->n > RIGHTS_MAX)
		return (false);
	for (size_t i = 0; i < y->n; i++)
		if (!is_text(&y->at[i]))
			return (false);
	return (true);
}

/* A misspelt reservation must not be passed over. */
static prov_status
check_purpose(const char *key, const struct yaml *y, const char *file,
    prov_err *err)
{
	const struct yaml *use = y->type == YAML_LIST ? y->at : y;
	bool constrained;

	if (!one_of(key, purposes))
		return (fail_at(y, file,
		    "the purposes are cawg.data_mining, cawg.ai_inference, "
		    "cawg.ai_training and cawg.ai_generative_training",
		    err));
	if (!is_text(y) && !is_text_list(y))
		return (fail_at(y, file, "a purpose has one use", err));
	if (!one_of(use->text, uses))
		return (fail_at(use, file,
		    "a use is allowed, notAllowed or constrained", err));
	constrained = strcmp(use->text, "constrained") == 0;
	if (y->type == YAML_LIST && (y->n != 2 || !constrained))
		return (fail_at(y, file,
		    "what constrains a use is written [constrained, why]",
		    err));
	return (PROV_OK);
}

/* Gates go by it: a misspelt one would be refused or, worse, pass. */
static prov_status
check_source_type(const struct yaml *y, const char *file, prov_err *err)
{
	char term[SOURCE_TYPE_MAX + 1];

	if (!is_text(y) ||
	    !source_type_read(term, span(y->text, strlen(y->text))))
		return (fail_at(y, file,
		    "source_type is one of IPTC's digital source types, such "
		    "as digitalCapture or trainedAlgorithmicMedia",
		    err));
	return (PROV_OK);
}

/* Several hold together, and are one expression to who reads them. */
static prov_status
check_license(const struct yaml *y, const char *file, prov_err *err)
{
	size_t len = 0, n = y->type == YAML_LIST ? y->n : 1;
	const struct yaml *at = y->type == YAML_LIST ? y->at : y;

	for (size_t i = 0; i < n; i++)
		len += strlen(at[i].text) + strlen("() AND ");
	if (len > LICENSE_NAME_MAX)
		return (fail_at(y, file,
		    "a license is a short name such as CC-BY-4.0", err));
	return (PROV_OK);
}

static prov_status
check_entry(const char *key, const struct yaml *y, const char *file,
    prov_err *err)
{
	if (has_prefix(key, "cawg."))
		return (check_purpose(key, y, file, err));
	if (has_prefix(key, "c2pa."))
		return (fail_at(y, file,
		    "c2pa. names are of old: write cawg. instead", err));
	if (!label_valid(key))
		return (fail_at(y, file,
		    "a right's name has letters, digits and . _ - :", err));
	if (!is_text(y) && !is_text_list(y))
		return (fail_at(y, file, "a right is text or a list of texts",
		    err));
	if (strcmp(key, "source_type") == 0)
		return (check_source_type(y, file, err));
	if (strcmp(key, "license") == 0)
		return (check_license(y, file, err));
	return (PROV_OK);
}

static void
put_mining(struct buf *b, const struct yaml *y, size_t n)
{
	cbor_put_map(b, 1);
	cbor_put_text(b, "entries");
	cbor_put_map(b, n);
	for (const char *const *p = purposes; *p != NULL; p++) {
		const struct yaml *v = yaml_get(y, *p);

		if (v == NULL)
			continue;
		cbor_put_text(b, *p);
		cbor_put_map(b, v->type == YAML_LIST ? 2 : 1);
		cbor_put_text(b, "use");
		cbor_put_text(b,
		    v->type == YAML_LIST ? v->at[0].text : v->text);
		if (v->type == YAML_LIST) {
			cbor_put_text(b, "constraint_info");
			cbor_put_text(b, v->at[1].text);
		}
	}
}

/* Text keys in deterministic order: by length, then by bytes. */
static int
key_order(const void *a, const void *b)
{
	const char *s = *(const char *const *)a, *t = *(const char *const *)b;
	size_t n = strlen(s), m = strlen(t);

	return (n != m ? (n < m ? -1 : 1) : strcmp(s, t));
}

static void
put_rights(struct buf *b, const struct yaml *y)
{
	const char *keys[RIGHTS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < y->n; i++)
		if (!has_prefix(y->keys[i].text, "cawg."))
			keys[n++] = y->keys[i].text;
	qsort(keys, n, sizeof(keys[0]), key_order);
	cbor_put_map(b, n);
	for (size_t i = 0; i < n; i++) {
		const struct yaml *v = yaml_get(y, keys[i]);

		cbor_put_text(b, keys[i]);
		if (v->type == YAML_SCALAR) {
			cbor_put_text(b, v->text);
			continue;
		}
		cbor_put_array(b, v->n);
		for (size_t j = 0; j < v->n; j++)
			cbor_put_text(b, v->at[j].text);
	}
}

prov_status
rights_read(struct buf *rights, struct buf *mining, const struct yaml *y,
    const char *file, prov_err *err)
{
	size_t n_mining = 0;
	prov_status st;

	if (y->type != YAML_MAP || y->n == 0 || y->n > RIGHTS_MAX)
		return (fail_at(y, file,
		    "rights is a map of 1 to 64 names such as license:", err));
	for (size_t i = 0; i < y->n; i++) {
		const char *key = y->keys[i].text;

		if ((st = check_entry(key, &y->at[i], file, err)) != PROV_OK)
			return (st);
		n_mining += has_prefix(key, "cawg.");
	}
	if (n_mining > 0)
		put_mining(mining, y, n_mining);
	if (n_mining < y->n)
		put_rights(rights, y);
	/* An empty buffer means "says nothing": never for want of memory. */
	if ((st = buf_done(mining, err)) != PROV_OK)
		return (st);
	return (buf_done(rights, err));
}
