/* SPDX-License-Identifier: ISC */
#include <yaml.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/yaml.h"

struct reader {
	yaml_parser_t parser;
	const char *name;
	size_t nodes;
	prov_err *err;
};

static void
auto_event(yaml_event_t *e)
{
	yaml_event_delete(e);
}

static void
auto_reader(struct reader *r)
{
	yaml_parser_delete(&r->parser);
}

static void
node_clear(struct yaml *y)
{
	free(y->text);
	for (size_t i = 0; i < y->n; i++) {
		node_clear(&y->at[i]);
		if (y->keys != NULL)
			node_clear(&y->keys[i]);
	}
	free(y->at);
	free(y->keys);
}

void
yaml_free(struct yaml *y)
{
	if (y == NULL)
		return;
	node_clear(y);
	free(y);
}

static void
auto_yaml(struct yaml **y)
{
	yaml_free(*y);
}

static prov_status
refuse(struct reader *r, yaml_mark_t at, const char *why)
{
	return (prov_fail(r->err, PROV_EFORMAT, "%s:%zu:%zu: %s", r->name,
	    at.line + 1, at.column + 1, why));
}

static prov_status
no_memory(struct reader *r)
{
	return (prov_fail(r->err, PROV_ENOMEM, "%s: out of memory", r->name));
}

static prov_status
next(struct reader *r, yaml_event_t *e)
{
	yaml_parser_t *p = &r->parser;
	yaml_mark_t at;

	if (yaml_parser_parse(p, e) != 0)
		return (PROV_OK);
	if (p->error == YAML_MEMORY_ERROR)
		return (no_memory(r));
	/* The reader, below the scanner, has an offset and no mark. */
	if (p->error == YAML_READER_ERROR)
		return (prov_fail(r->err, PROV_EFORMAT, "%s: byte %zu: %s",
		    r->name, p->problem_offset, p->problem));
	at = p->problem_mark;
	return (refuse(r, at, p->problem != NULL ? p->problem : "malformed"));
}

/* Room for one item more; capacities are powers of two. */
static bool
grow(struct yaml **items, size_t n)
{
	struct yaml *p;

	if (n != 0 && (n & (n - 1)) != 0)
		return (true);
	/* YAML_NODES_MAX keeps the product small. */
	p = realloc(*items, (n == 0 ? 1 : n * 2) * sizeof(*p));
	if (p == NULL)
		return (false);
	*items = p;
	return (true);
}

static prov_status
read_scalar(struct reader *r, struct yaml *y, const yaml_event_t *e)
{
	const char *text = (const char *)e->data.scalar.value;
	size_t len = e->data.scalar.length;

	if (e->data.scalar.tag != NULL)
		return (refuse(r, e->start_mark, "tags are not allowed"));
	if (e->data.scalar.anchor != NULL)
		return (refuse(r, e->start_mark, "anchors are not allowed"));
	if (memchr(text, '\0', len) != NULL)
		return (refuse(r, e->start_mark, "NUL inside a scalar"));
	y->type = YAML_SCALAR;
	y->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if ((y->text = strndup(text, len)) == NULL)
		return (no_memory(r));
	return (PROV_OK);
}

static prov_status read_node(struct reader *r, struct yaml *y,
    const yaml_event_t *e, unsigned depth);

static prov_status
read_list(struct reader *r, struct yaml *y, unsigned depth)
{
	prov_status st;

	y->type = YAML_LIST;
	for (;;) {
		__attribute__((cleanup(auto_event))) yaml_event_t e = { 0 };

		if ((st = next(r, &e)) != PROV_OK)
			return (st);
		if (e.type == YAML_SEQUENCE_END_EVENT)
			return (PROV_OK);
		if (!grow(&y->at, y->n))
			return (no_memory(r));
		y->at[y->n] = (struct yaml){ 0 };
		if ((st = read_node(r, &y->at[y->n++], &e, depth + 1)) !=
		    PROV_OK)
			return (st);
	}
}

static int
by_text(const void *a, const void *b)
{
	const struct yaml *const *x = a, *const *y = b;
	int order = strcmp((*x)->text, (*y)->text);

	if (order != 0)
		return (order);
	return ((*x)->line < (*y)->line ? -1 : (*x)->line > (*y)->line);
}

/* Sorted, so that a megabyte of keys does not take a trillion compares. */
static prov_status
check_keys(struct reader *r, const struct yaml *map)
{
	AUTO_FREE const struct yaml **sorted = NULL;

	if (map->n < 2)
		return (PROV_OK);
	if ((sorted = malloc(map->n * sizeof(*sorted))) == NULL)
		return (no_memory(r));
	for (size_t i = 0; i < map->n; i++)
		sorted[i] = &map->keys[i];
	qsort(sorted, map->n, sizeof(*sorted), by_text);
	for (size_t i = 1; i < map->n; i++)
		if (strcmp(sorted[i - 1]->text, sorted[i]->text) == 0)
			return (prov_fail(r->err, PROV_EFORMAT,
			    "%s:%u:%u: key \"%s\" is there already, on line %u",
			    r->name, sorted[i]->line, sorted[i]->column,
			    sorted[i]->text, sorted[i - 1]->line));
	return (PROV_OK);
}

static prov_status
read_key(struct reader *r, struct yaml *key, const yaml_event_t *e,
    unsigned depth)
{
	prov_status st;

	if (e->type != YAML_SCALAR_EVENT)
		return (refuse(r, e->start_mark, "a key must be text"));
	if ((st = read_node(r, key, e, depth)) != PROV_OK)
		return (st);
	if (key->plain && strcmp(key->text, "<<") == 0)
		return (refuse(r, e->start_mark, "merge keys are not allowed"));
	return (PROV_OK);
}

static prov_status
read_map(struct reader *r, struct yaml *y, unsigned depth)
{
	prov_status st;

	y->type = YAML_MAP;
	for (;;) {
		__attribute__((cleanup(auto_event))) yaml_event_t k = { 0 };
		__attribute__((cleanup(auto_event))) yaml_event_t v = { 0 };
		size_t i = y->n;

		if ((st = next(r, &k)) != PROV_OK)
			return (st);
		if (k.type == YAML_MAPPING_END_EVENT)
			return (check_keys(r, y));
		if (!grow(&y->at, i) || !grow(&y->keys, i))
			return (no_memory(r));
		y->at[i] = y->keys[i] = (struct yaml){ 0 };
		y->n++;
		if ((st = read_key(r, &y->keys[i], &k, depth + 1)) != PROV_OK ||
		    (st = next(r, &v)) != PROV_OK ||
		    (st = read_node(r, &y->at[i], &v, depth + 1)) != PROV_OK)
			return (st);
	}
}

static prov_status
read_node(struct reader *r, struct yaml *y, const yaml_event_t *e,
    unsigned depth)
{
	y->line = (unsigned)e->start_mark.line + 1;
	y->column = (unsigned)e->start_mark.column + 1;
	if (depth > YAML_DEPTH_MAX)
		return (refuse(r, e->start_mark, "nested too deep"));
	if (r->nodes++ == YAML_NODES_MAX)
		return (
		    prov_fail(r->err, PROV_ELIMIT, "%s:%u: more than %u values",
			r->name, y->line, YAML_NODES_MAX));
	switch ((int)e->type) {
	case YAML_SCALAR_EVENT:
		return (read_scalar(r, y, e));
	case YAML_SEQUENCE_START_EVENT:
		if (e->data.sequence_start.tag != NULL ||
		    e->data.sequence_start.anchor != NULL)
			break;
		return (read_list(r, y, depth));
	case YAML_MAPPING_START_EVENT:
		if (e->data.mapping_start.tag != NULL ||
		    e->data.mapping_start.anchor != NULL)
			break;
		return (read_map(r, y, depth));
	case YAML_ALIAS_EVENT:
		return (refuse(r, e->start_mark, "aliases are not allowed"));
	default:
		return (refuse(r, e->start_mark, "a value is missing"));
	}
	return (refuse(r, e->start_mark, "tags and anchors are not allowed"));
}

/* Everything in front of the document's one node. */
static prov_status
read_start(struct reader *r)
{
	__attribute__((cleanup(auto_event))) yaml_event_t stream = { 0 };
	__attribute__((cleanup(auto_event))) yaml_event_t doc = { 0 };
	prov_status st;

	if ((st = next(r, &stream)) != PROV_OK ||
	    (st = next(r, &doc)) != PROV_OK)
		return (st);
	if (doc.type != YAML_DOCUMENT_START_EVENT)
		return (refuse(r, doc.start_mark, "nothing in it"));
	if (doc.data.document_start.version_directive != NULL ||
	    doc.data.document_start.tag_directives.start !=
		doc.data.document_start.tag_directives.end)
		return (
		    refuse(r, doc.start_mark, "directives are not allowed"));
	return (PROV_OK);
}

/* Everything behind it. */
static prov_status
read_end(struct reader *r)
{
	__attribute__((cleanup(auto_event))) yaml_event_t doc = { 0 };
	__attribute__((cleanup(auto_event))) yaml_event_t stream = { 0 };
	prov_status st;

	if ((st = next(r, &doc)) != PROV_OK ||
	    (st = next(r, &stream)) != PROV_OK)
		return (st);
	if (doc.type != YAML_DOCUMENT_END_EVENT ||
	    stream.type != YAML_STREAM_END_EVENT)
		return (refuse(r, stream.start_mark, "more than one document"));
	return (PROV_OK);
}

static prov_status
read_all(struct reader *r, struct yaml **out)
{
	__attribute__((cleanup(auto_event))) yaml_event_t e = { 0 };
	__attribute__((cleanup(auto_yaml))) struct yaml *y = NULL;
	prov_status st;

	if ((y = calloc(1, sizeof(*y))) == NULL)
		return (no_memory(r));
	if ((st = read_start(r)) != PROV_OK || (st = next(r, &e)) != PROV_OK ||
	    (st = read_node(r, y, &e, 0)) != PROV_OK ||
	    (st = read_end(r)) != PROV_OK)
		return (st);
	*out = TAKE(y);
	return (PROV_OK);
}

prov_status
yaml_parse(struct yaml **out, prov_span bytes, const char *name, prov_err *err)
{
	__attribute__((cleanup(auto_reader))) struct reader r = { .name = name,
		.err = err };

	if (bytes.len > YAML_SIZE_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "%s: %zu bytes, more than the %u allowed", name, bytes.len,
		    YAML_SIZE_MAX));
	if (yaml_parser_initialize(&r.parser) == 0)
		return (no_memory(&r));
	/* Without this a byte order mark would make it UTF-16. */
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, bytes.p, bytes.len);
	return (read_all(&r, out));
}

const struct yaml *
yaml_get(const struct yaml *map, const char *key)
{
	if (map == NULL || map->type != YAML_MAP)
		return (NULL);
	for (size_t i = 0; i < map->n; i++)
		if (strcmp(map->keys[i].text, key) == 0)
			return (&map->at[i]);
	return (NULL);
}

/* Text that every YAML reader takes for text, without quotes. */
static bool
is_word(const char *s)
{
	static const char *const taken[] = { "y", "n", "yes", "no", "true",
		"false", "on", "off", "null" };

	if (s[0] == '\0' || strchr("0123456789._/+-=@", s[0]) != NULL ||
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789._/+-=@")] != '\0')
		return (false);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strcasecmp(s, taken[i]) == 0)
			return (false);
	return (true);
}

static void
put_escaped(struct buf *b, uint32_t cp, const char *s, size_t n)
{
	if (cp == '\n')
		buf_put_str(b, "\\n");
	else if (cp == '"' || cp == '\\')
		buf_printf(b, "\\%c", (char)cp);
	else if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
		buf_printf(b, "\\x%02" PRIx32, cp);
	/* Line and paragraph separators, direction marks, what is no text. */
	else if ((cp >= 0x2000 && cp < 0x2070) || cp == 0x61c || cp == 0xfeff ||
		 cp == 0xfffe || cp == 0xffff)
		buf_printf(b, "\\u%04" PRIx32, cp);
	else
		buf_put(b, s, n);
}

void
yaml_put_scalar(struct buf *b, const char *s)
{
	size_t len = strlen(s), n;

	if (is_word(s)) {
		buf_put(b, s, len);
		return;
	}
	buf_put_byte(b, '"');
	for (size_t i = 0; i < len; i += n) {
		uint32_t cp = 0;

		n = utf8_next(&cp, (const uint8_t *)s + i, len - i);
		if (n == 0) {
			/* YAML has no bytes, only characters. */
			buf_put_str(b, "\\ufffd");
			n = 1;
		} else
			put_escaped(b, cp, s + i, n);
	}
	buf_put_byte(b, '"');
}

/* Four hex digits, of either case; -1: others. */
static int32_t
hex4(const uint8_t *p)
{
	int32_t v = 0;

	for (size_t i = 0; i < 4; i++) {
		const char *digits = "0123456789abcdef0123456789ABCDEF";
		const char *at = memchr(digits, p[i], 32);

		if (at == NULL)
			return (-1);
		v = v << 4 | (int32_t)((at - digits) & 15);
	}
	return (v);
}

/* The character that two escapes at p make; 0: they are no pair. */
static uint32_t
surrogates(const uint8_t *p, size_t len)
{
	int32_t high, low;

	if (len < 12 || memcmp(p, "\\u", 2) != 0 ||
	    memcmp(p + 6, "\\u", 2) != 0)
		return (0);
	high = hex4(p + 2);
	low = hex4(p + 8);
	if (high < 0xd800 || high > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return (0);
	return (0x10000 + ((uint32_t)(high - 0xd800) << 10) +
		(uint32_t)(low - 0xdc00));
}

/* What an escape for a pair is shorter is made up for behind the string. */
void
yaml_from_json(struct buf *b, prov_span json)
{
	bool inside = false;
	size_t owed = 0;

	for (size_t i = 0; i < json.len; i++) {
		const uint8_t *p = json.p + i;
		uint32_t cp;

		if (!inside) {
			buf_put_byte(b, *p == '\t' ? ' ' : *p);
			inside = *p == '"';
		} else if (*p == '"') {
			buf_put_byte(b, '"');
			for (; owed > 0; owed--)
				buf_put_byte(b, ' ');
			inside = false;
		} else if ((cp = surrogates(p, json.len - i)) != 0) {
			buf_printf(b, "\\U%08" PRIX32, cp);
			owed += 12 - 10;
			i += 11;
		} else if (*p == '\\' && i + 1 < json.len) {
			buf_put(b, p, 2);
			i++;
		} else
			buf_put_byte(b, *p);
	}
}
