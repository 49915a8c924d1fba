/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes a tree in flow style, which needs no indentation. */
static void
put(struct buf *b, const struct yaml *y, unsigned depth)
{
	if (depth > YAML_DEPTH_MAX || y->line == 0 || y->column == 0)
		abort();
	switch (y->type) {
	case YAML_SCALAR:
		yaml_put_scalar(b, y->text);
		return;
	case YAML_LIST:
		buf_put_str(b, "[");
		for (size_t i = 0; i < y->n; i++) {
			put(b, &y->at[i], depth + 1);
			buf_put_str(b, ",\n");
		}
		buf_put_str(b, "]");
		return;
	case YAML_MAP:
		buf_put_str(b, "{");
		for (size_t i = 0; i < y->n; i++) {
			/* The first of two equal keys would be another's. */
			if (yaml_get(y, y->keys[i].text) != &y->at[i])
				abort();
			/* "?": without it a key has at most 1024 characters. */
			buf_put_str(b, "? ");
			put(b, &y->keys[i], depth + 1);
			buf_put_str(b, " : ");
			put(b, &y->at[i], depth + 1);
			buf_put_str(b, ",\n");
		}
		buf_put_str(b, "}");
		return;
	}
	abort();
}

static int
same(const struct yaml *a, const struct yaml *b)
{
	if (a->type != b->type || a->n != b->n)
		return (0);
	if (a->type == YAML_SCALAR)
		return (strcmp(a->text, b->text) == 0);
	for (size_t i = 0; i < a->n; i++)
		if (!same(&a->at[i], &b->at[i]) ||
		    (a->type == YAML_MAP && !same(&a->keys[i], &b->keys[i])))
			return (0);
	return (1);
}

/* Any text can be written as one scalar that reads back as it was. */
static void
try_scalar(const char *s)
{
	AUTO_BUF b = { .max = YAML_SIZE_MAX };
	struct yaml *y = NULL;

	yaml_put_scalar(&b, s);
	if (b.failed)
		return;
	if (yaml_parse(&y, buf_span(&b), "scalar", NULL) != PROV_OK ||
	    y->type != YAML_SCALAR ||
	    (utf8_valid((const uint8_t *)s, strlen(s)) &&
		strcmp(y->text, s) != 0))
		abort();
	yaml_free(y);
}

/* What is no YAML is one scalar; a tree that reads is written and read. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF b = { .max = YAML_SIZE_MAX };
	struct yaml *y = NULL, *again = NULL;
	AUTO_BUF copy = { 0 };
	AUTO_FREE char *s = NULL;
	prov_err err = { 0 };

	if (yaml_parse(&y, span(data, size), "fuzz", &err) != PROV_OK) {
		if (y != NULL || err.msg[0] == '\0')
			abort();
		buf_put(&copy, data, size);
		if (buf_take_str(&copy, &s, NULL) == PROV_OK)
			try_scalar(s);
		return (0);
	}
	put(&b, y, 0);
	if (buf_done(&b, NULL) == PROV_OK &&
	    (yaml_parse(&again, buf_span(&b), "again", &err) != PROV_OK ||
		!same(y, again)))
		abort();
	yaml_free(y);
	yaml_free(again);
	return (0);
}
