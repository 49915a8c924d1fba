/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "manifest/assertion.h"
#include "manifest/collected.h"
#include "manifest/rights.h"

static void
yaml_done(struct yaml **y)
{
	yaml_free(*y);
}
#define AUTO_YAML __attribute__((cleanup(yaml_done))) struct yaml

/* Where a claim file says something, for messages. */
#define AT_FMT      "%s:%u:%u: "
#define AT(file, y) (file), (y)->line, (y)->column

prov_status
prov_claim_new(prov_claim **out, prov_err *err)
{
	prov_claim *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "claim"));
	*out = c;
	return (PROV_OK);
}

void
prov_claim_free(prov_claim *claim)
{
	if (claim == NULL)
		return;
	for (size_t i = 0; i < claim->n_assertions; i++)
		assertion_clear(&claim->assertions[i]);
	free(claim->assertions);
	free(claim->ingredients);
	free(claim);
}

void
prov_claim_public(prov_claim *claim)
{
	for (size_t i = 0; i < claim->n_assertions; i++)
		claim->assertions[i].is_private = false;
}

/* Adds a cleared assertion and lends it; NULL where *st says why. */
static struct assertion *
claim_add(prov_claim *c, prov_status *st, prov_err *err)
{
	size_t n = c->n_assertions;
	struct assertion *p;

	if (n == ASSERTIONS_MAX) {
		*st = prov_fail(err, PROV_ELIMIT,
		    "a claim has at most %d labels", ASSERTIONS_MAX);
		return (NULL);
	}
	if ((p = realloc(c->assertions, (n + 1) * sizeof(*p))) == NULL) {
		*st = prov_fail(err, PROV_ENOMEM, "claim");
		return (NULL);
	}
	p[n] = (struct assertion){ 0 };
	c->assertions = p;
	c->n_assertions++;
	return (&p[n]);
}

/* Adds an assertion of which the value is written already; takes it. */
static prov_status
claim_add_value(prov_claim *c, const char *label, bool is_private,
    struct buf *value, prov_err *err)
{
	struct assertion *a;
	prov_status st;

	if ((st = buf_done(value, err)) != PROV_OK)
		return (st);
	if (value->len > ASSERTION_VALUE_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "%s: at most %d bytes are allowed", label,
		    ASSERTION_VALUE_MAX));
	if ((a = claim_add(c, &st, err)) == NULL)
		return (st);
	a->is_private = is_private;
	memcpy(a->label, label, strlen(label));
	a->value = *value;
	*value = (struct buf){ 0 };
	return (PROV_OK);
}

prov_status
prov_claim_ingredient(prov_claim *claim, const uint8_t statement_sha256[32],
    const char *relation, prov_err *err)
{
	size_t n = claim->n_ingredients;
	struct ingredient *p, g = { 0 };

	if (!label_valid(relation) || strlen(relation) >= sizeof(g.relation))
		return (prov_fail(err, PROV_EARG,
		    "a relation is a short word such as derivedFrom"));
	memcpy(g.statement, statement_sha256, sizeof(g.statement));
	memcpy(g.relation, relation, strlen(relation));
	for (size_t i = 0; i < n; i++)
		if (memcmp(&claim->ingredients[i], &g, sizeof(g)) == 0)
			return (PROV_OK); /* named before */
	if (n == INGREDIENTS_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "an asset has at most %d ingredients", INGREDIENTS_MAX));
	if ((p = realloc(claim->ingredients, (n + 1) * sizeof(*p))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "claim"));
	p[n] = g;
	claim->ingredients = p;
	claim->n_ingredients++;
	return (PROV_OK);
}

static prov_status
read_origin(prov_claim *c, const struct yaml *y, const char *file,
    prov_err *err)
{
	for (int o = PROV_ORIGIN_CAPTURED; o <= PROV_ORIGIN_TRANSFORMED; o++)
		if (y->type == YAML_SCALAR &&
		    strcmp(y->text, prov_origin_name((prov_origin)o)) == 0) {
			c->origin = (prov_origin)o;
			return (PROV_OK);
		}
	return (prov_fail(err, PROV_EFORMAT,
	    AT_FMT "origin is captured, ingested, generated or transformed",
	    AT(file, y)));
}

static prov_status
read_supersedes(prov_claim *c, const struct yaml *y, const char *file,
    prov_err *err)
{
	if (y->type != YAML_SCALAR ||
	    !hex_decode(c->supersedes, 32, y->text, strlen(y->text)))
		return (prov_fail(err, PROV_EFORMAT,
		    AT_FMT "supersedes is the SHA-256 of a statement, 64 hex "
			   "digits; prov show prints it",
		    AT(file, y)));
	c->has_supersedes = true;
	return (PROV_OK);
}

static prov_status
read_rights(prov_claim *c, const struct yaml *y, const char *file,
    prov_err *err)
{
	AUTO_BUF rights = { 0 }, mining = { 0 };
	prov_status st;

	if ((st = rights_read(&rights, &mining, y, file, err)) != PROV_OK)
		return (st);
	if (rights.len > 0 && (st = claim_add_value(c, RIGHTS_LABEL, false,
				   &rights, err)) != PROV_OK)
		return (st);
	if (mining.len == 0)
		return (PROV_OK);
	return (claim_add_value(c, MINING_LABEL, false, &mining, err));
}

static prov_status
read_collected(prov_claim *c, const struct yaml *y, const char *file,
    prov_err *err)
{
	AUTO_BUF value = { 0 };
	prov_status st;

	if ((st = collected_read(&value, y, file, err)) != PROV_OK)
		return (st);
	return (claim_add_value(c, COLLECTED_LABEL, false, &value, err));
}

static prov_status
read_label(prov_claim *c, const char *label, const struct yaml *y,
    const char *file, prov_err *err)
{
	AUTO_BUF value = { 0 };

	if (!label_valid(label))
		return (prov_fail(err, PROV_EFORMAT,
		    AT_FMT "a label has 1 to %d letters, digits and . _ - :",
		    AT(file, y), LABEL_MAX));
	if (rights_owns(label))
		return (prov_fail(err, PROV_EFORMAT,
		    AT_FMT "%s belongs under rights:", AT(file, y), label));
	if (y->type != YAML_SCALAR || y->text[0] == '\0')
		return (prov_fail(err, PROV_EFORMAT,
		    AT_FMT "%s has no text; only rights may hold more than "
			   "text",
		    AT(file, y), label));
	cbor_put_text(&value, y->text);
	return (claim_add_value(c, label, true, &value, err));
}

static prov_status
read_entry(prov_claim *c, const char *key, const struct yaml *y,
    const char *file, prov_err *err)
{
	if (strcmp(key, "origin") == 0)
		return (read_origin(c, y, file, err));
	if (strcmp(key, "supersedes") == 0)
		return (read_supersedes(c, y, file, err));
	if (strcmp(key, "rights") == 0)
		return (read_rights(c, y, file, err));
	if (strcmp(key, COLLECTED_LABEL) == 0)
		return (read_collected(c, y, file, err));
	return (read_label(c, key, y, file, err));
}

prov_status
claim_parse(prov_claim **out, prov_span bytes, const char *file, prov_err *err)
{
	AUTO(prov_claim) *c = NULL;
	AUTO_YAML *y = NULL;
	prov_status st;

	if ((st = yaml_parse(&y, bytes, file, err)) != PROV_OK ||
	    (st = prov_claim_new(&c, err)) != PROV_OK)
		return (st);
	if (y->type != YAML_MAP)
		return (prov_fail(err, PROV_EFORMAT,
		    AT_FMT "a claim is a map such as origin: captured",
		    AT(file, y)));
	for (size_t i = 0; i < y->n; i++) {
		st = read_entry(c, y->keys[i].text, &y->at[i], file, err);
		if (st != PROV_OK)
			return (st);
	}
	*out = TAKE(c);
	return (PROV_OK);
}

prov_status
prov_claim_load(prov_claim **out, const char *path, prov_err *err)
{
	AUTO_BUF b = { 0 };
	prov_status st;

	if ((st = file_read(&b, path, YAML_SIZE_MAX, err)) != PROV_OK)
		return (st);
	return (claim_parse(out, buf_span(&b), path, err));
}

static prov_status
copy_assertions(struct manifest *m, const prov_claim *c, prov_err *err)
{
	prov_status st;

	if (c->n_assertions == 0)
		return (PROV_OK);
	m->assertions = calloc(c->n_assertions, sizeof(*m->assertions));
	if (m->assertions == NULL)
		return (prov_fail(err, PROV_ENOMEM, "claim"));
	for (size_t i = 0; i < c->n_assertions; i++) {
		st = assertion_copy(&m->assertions[i], &c->assertions[i], err);
		if (st != PROV_OK)
			return (st);
		m->n_assertions++;
	}
	return (PROV_OK);
}

prov_status
manifest_claim(struct manifest *m, const prov_claim *claim, prov_err *err)
{
	size_t n = claim->n_ingredients;
	prov_status st;

	if (m->n_assertions != 0 || m->n_ingredients != 0)
		return (prov_fail(err, PROV_EARG,
		    "the manifest has a claim already"));
	if ((st = copy_assertions(m, claim, err)) != PROV_OK)
		return (st);
	if (n > 0) {
		m->ingredients = calloc(n, sizeof(*m->ingredients));
		if (m->ingredients == NULL)
			return (prov_fail(err, PROV_ENOMEM, "claim"));
		memcpy(m->ingredients, claim->ingredients,
		    n * sizeof(*m->ingredients));
		m->n_ingredients = n;
	}
	m->origin = claim->origin;
	m->has_supersedes = claim->has_supersedes;
	memcpy(m->supersedes, claim->supersedes, sizeof(m->supersedes));
	return (PROV_OK);
}
