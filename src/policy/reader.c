/* SPDX-License-Identifier: ISC */
#include "policy/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/glob.h"
#include "base/jsonin.h"
#include "base/near.h"
#include "base/text.h"

#define NAMES_MAX 128 /* of keys or words that a message chooses from */

prov_status
reader_fault(const struct reader *r, const struct yaml *y, const char *fmt, ...)
{
	char why[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return (prov_fail(r->err, PROV_EFORMAT, "%s:%u:%u: %s", r->file,
	    y->line, y->column, why));
}

prov_status
reader_no_memory(const struct reader *r)
{
	return (prov_fail(r->err, PROV_ENOMEM, "policy"));
}

static prov_status
list_names(const struct reader *r, const struct yaml *y, const char *what,
    const char *const *names, size_t n)
{
	AUTO_BUF b = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s%s", i > 0 ? ", " : "", names[i]);
	buf_put_byte(&b, '\0');
	if (b.failed)
		return (reader_no_memory(r));
	return (reader_fault(r, y, "unknown %s \"%.60s\"; known are %.250s",
	    what, y->text, (const char *)b.p));
}

prov_status
reader_unknown(const struct reader *r, const struct yaml *y, const char *what,
    const char *const *names, size_t n)
{
	const char *near = near_word(y->text, names, n);

	if (strcmp(y->text, "similar") == 0)
		return (reader_fault(r, y,
		    "\"similar\" is a binding that does not exist yet; there "
		    "are exact, streams and clip"));
	if (near == NULL)
		return (list_names(r, y, what, names, n));
	return (reader_fault(r, y, "unknown %s \"%.60s\"; did you mean `%s`?",
	    what, y->text, near));
}

static prov_status
unknown_key(const struct reader *r, const struct yaml *y,
    const struct reader_key *keys)
{
	const char *names[NAMES_MAX];
	size_t n = 0;

	for (; keys[n].name != NULL && n < NAMES_MAX; n++)
		names[n] = keys[n].name;
	return (reader_unknown(r, y, "key", names, n));
}

prov_status
reader_map(const struct reader *r, const struct yaml *y, const char *what,
    const struct reader_key *keys, void *into)
{
	if (y->type != YAML_MAP)
		return (reader_fault(r, y, "%s is a map", what));
	if (y->n == 0)
		return (reader_fault(r, y, "%s has nothing in it", what));
	for (size_t i = 0; i < y->n; i++) {
		size_t k = 0;
		prov_status st;

		while (keys[k].name != NULL &&
		       strcmp(keys[k].name, y->keys[i].text) != 0)
			k++;
		if (keys[k].name == NULL)
			return (unknown_key(r, &y->keys[i], keys));
		if (keys[k].read != NULL &&
		    (st = keys[k].read(r, &y->at[i], into)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

prov_status
reader_text(const struct reader *r, const struct yaml *y, size_t max)
{
	size_t len;

	if (y->type != YAML_SCALAR)
		return (reader_fault(r, y, "not text"));
	len = strlen(y->text);
	if (len == 0)
		return (reader_fault(r, y, "nothing is there"));
	if (len > max)
		return (
		    reader_fault(r, y, "%zu bytes, more than %zu", len, max));
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)y->text[i] < 0x20 || y->text[i] == 0x7f)
			return (reader_fault(r, y, "a control character"));
	return (PROV_OK);
}

prov_status
reader_copy(const struct reader *r, const struct yaml *y, size_t max, char *out)
{
	prov_status st = reader_text(r, y, max);

	if (st == PROV_OK)
		memcpy(out, y->text, strlen(y->text) + 1);
	return (st);
}

prov_status
reader_word(const struct reader *r, const struct yaml *y,
    const struct word *words, uint64_t *out)
{
	const char *names[NAMES_MAX];
	prov_status st;
	size_t n = 0;

	if ((st = reader_text(r, y, WORD_MAX)) != PROV_OK)
		return (st);
	for (; words[n].name != NULL && n < NAMES_MAX; n++) {
		if (strcmp(words[n].name, y->text) == 0) {
			*out = words[n].number;
			return (PROV_OK);
		}
		names[n] = words[n].name;
	}
	return (reader_unknown(r, y, "value", names, n));
}

prov_status
reader_bool(const struct reader *r, const struct yaml *y, bool *out)
{
	if (y->type != YAML_SCALAR || !y->plain ||
	    (strcmp(y->text, "true") != 0 && strcmp(y->text, "false") != 0))
		return (reader_fault(r, y, "neither true nor false"));
	*out = y->text[0] == 't';
	return (PROV_OK);
}

prov_status
reader_time(const struct reader *r, const struct yaml *y, int64_t *out)
{
	if (y->type != YAML_SCALAR || !time_parse(out, y->text) || *out == 0)
		return (reader_fault(r, y,
		    "not a time such as 2026-11-23T20:41:00Z"));
	return (PROV_OK);
}

static prov_status
add_word(const struct reader *r, const struct yaml *y, reader_check check,
    const void *arg, struct words *to)
{
	prov_status st;

	if ((st = reader_text(r, y, WORD_MAX)) != PROV_OK ||
	    (check != NULL && (st = check(r, y, arg)) != PROV_OK))
		return (st);
	for (size_t i = 0; i < to->n; i++)
		if (strcmp(to->at[i], y->text) == 0)
			return (reader_fault(r, y, "\"%.60s\" is there already",
			    y->text));
	if ((to->at[to->n] = strdup(y->text)) == NULL)
		return (reader_no_memory(r));
	to->n++;
	return (PROV_OK);
}

prov_status
reader_words(const struct reader *r, const struct yaml *y, size_t max,
    reader_check check, const void *arg, struct words *out)
{
	size_t n = y->type == YAML_LIST ? y->n : 1;
	prov_status st;

	words_free(out);
	if (n == 0)
		return (reader_fault(r, y, "an empty list"));
	if (n > max)
		return (reader_fault(r, y, "%zu items, more than %zu", n, max));
	if ((out->at = calloc(n, sizeof(*out->at))) == NULL)
		return (reader_no_memory(r));
	if (y->type != YAML_LIST)
		return (add_word(r, y, check, arg, out));
	for (size_t i = 0; i < n; i++)
		if ((st = add_word(r, &y->at[i], check, arg, out)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

static prov_status
read_size(const struct reader *r, const struct yaml *y, uint64_t *out)
{
	if (y->type == YAML_SCALAR && strcmp(y->text, "any") == 0)
		*out = SIZE_ANY;
	else if (y->type != YAML_SCALAR || !size_parse(out, y->text))
		return (reader_fault(r, y,
		    "not a size such as 1048576, 500MB, 64GiB or any"));
	return (PROV_OK);
}

static prov_status
read_bits(const struct reader *r, const struct yaml *y,
    const struct word *names, uint64_t *out)
{
	size_t n = y->type == YAML_LIST ? y->n : 1;
	uint64_t bits = 0, number;
	prov_status st;

	if (n == 0)
		return (reader_fault(r, y, "an empty list"));
	/* A word that is there twice ends it after at most 64. */
	for (size_t i = 0; i < n; i++) {
		const struct yaml *at = y->type == YAML_LIST ? &y->at[i] : y;

		if ((st = reader_word(r, at, names, &number)) != PROV_OK)
			return (st);
		if ((bits & UINT64_C(1) << number) != 0)
			return (reader_fault(r, at, "\"%s\" is there already",
			    at->text));
		bits |= UINT64_C(1) << number;
	}
	*out = bits;
	return (PROV_OK);
}

bool
reader_knows_signer(const struct reader *r, const char *glob)
{
	const prov_trust *t = r->p->trust;

	for (size_t i = 0; i < t->n; i++)
		if (glob_text(glob, t->signers[i].key.name))
			return (true);
	return (false);
}

static prov_status
check_glob(const struct reader *r, const struct yaml *y, const void *arg)
{
	const struct setting_info *info = arg;
	size_t n = 0;

	if (info == &settings[SET_SIGNER]) {
		if (reader_knows_signer(r, y->text))
			return (PROV_OK);
		return (reader_fault(r, y,
		    "the policy trusts no signer named \"%.60s\"", y->text));
	}
	if (info->can_match == NULL || info->can_match(y->text))
		return (PROV_OK);
	if (info != &settings[SET_SOURCE_ALLOW] &&
	    info != &settings[SET_SOURCE_DENY])
		return (reader_fault(r, y, "\"%.60s\" is not %s", y->text,
		    info->hint));
	while (source_types[n] != NULL)
		n++;
	return (reader_unknown(r, y, "source type", source_types, n));
}

prov_status
reader_value(const struct reader *r, const struct yaml *y, enum setting what,
    struct value *out)
{
	const struct setting_info *info = &settings[what];

	switch (info->kind) {
	case KIND_WORD:
		return (reader_word(r, y, info->names, &out->number));
	case KIND_WORDS:
		return (read_bits(r, y, info->names, &out->number));
	case KIND_SIZE:
		return (read_size(r, y, &out->number));
	case KIND_GLOBS:
		break;
	}
	return (reader_words(r, y, WORDS_MAX, check_glob, info, &out->words));
}

/* Whether name is prefix, key and then either nothing or a dot: the latter. */
enum found { NOT_FOUND, FOUND_SETTING, FOUND_GROUP };

static enum found
find_setting(const char *prefix, const char *key, enum setting *out)
{
	size_t before = strlen(prefix), len = strlen(key);

	if (strchr(key, '.') != NULL)
		return (NOT_FOUND);
	for (size_t s = 0; s < SETTING_N; s++) {
		const char *name = settings[s].name;

		if (strncmp(name, prefix, before) != 0 ||
		    strncmp(name + before, key, len) != 0)
			continue;
		*out = (enum setting)s;
		if (name[before + len] == '\0')
			return (FOUND_SETTING);
		if (name[before + len] == '.')
			return (FOUND_GROUP);
	}
	return (NOT_FOUND);
}

/* The keys that may stand below a prefix, for a message. */
static prov_status
unknown_setting(const struct reader *r, const struct yaml *y,
    const char *prefix)
{
	char names[SETTING_N][32];
	const char *at[SETTING_N];
	size_t n = 0, before = strlen(prefix);

	for (size_t s = 0; s < SETTING_N; s++) {
		const char *name = settings[s].name;

		if (strncmp(name, prefix, before) != 0)
			continue;
		(void)snprintf(names[n], sizeof(names[n]), "%.*s",
		    (int)strcspn(name + before, "."), name + before);
		if (n > 0 && strcmp(names[n], names[n - 1]) == 0)
			continue;
		at[n] = names[n];
		n++;
	}
	return (reader_unknown(r, y, "key", at, n));
}

prov_status
reader_settings(const struct reader *r, const struct yaml *y,
    const char *prefix, struct value *at)
{
	enum setting what;
	char below[64];
	prov_status st;

	if (y->type != YAML_MAP)
		return (reader_fault(r, y, "not a map of requirements"));
	if (y->n == 0)
		return (reader_fault(r, y, "nothing in it"));
	for (size_t i = 0; i < y->n; i++) {
		const char *key = y->keys[i].text;

		switch (find_setting(prefix, key, &what)) {
		case NOT_FOUND:
			return (unknown_setting(r, &y->keys[i], prefix));
		case FOUND_SETTING:
			st = reader_value(r, &y->at[i], what, &at[what]);
			break;
		case FOUND_GROUP:
		default:
			(void)snprintf(below, sizeof(below), "%s%.20s.", prefix,
			    key);
			st = reader_settings(r, &y->at[i], below, at);
			break;
		}
		if (st != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

prov_status
reader_file(const struct reader *r, const struct yaml *y, char **out)
{
	prov_status st;

	if ((st = reader_text(r, y, WORD_MAX)) != PROV_OK)
		return (st);
	if (r->dir == NULL)
		return (reader_fault(r, y,
		    "this policy is no file, so it can name none"));
	*out = y->text[0] == '/' ? strdup(y->text) : path_join(r->dir, y->text);
	return (*out == NULL ? reader_no_memory(r) : PROV_OK);
}

char *
reader_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return (strdup("."));
	return (slash == path ? strdup("/")
			      : strndup(path, (size_t)(slash - path)));
}

/* JSON is YAML but for a few escapes and tabs, which are put into YAML's. */
prov_status
reader_yaml(struct yaml **out, prov_span bytes, const char *name, prov_err *err)
{
	AUTO_JSONIN *json = NULL;
	AUTO_BUF b = { 0 };
	prov_status st;

	st = bytes.len > YAML_SIZE_MAX ? PROV_ELIMIT
	                               : jsonin_parse(&json, bytes, name, NULL);
	if (st == PROV_ENOMEM)
		return (prov_fail(err, st, "policy"));
	if (st != PROV_OK)
		return (yaml_parse(out, bytes, name, err));
	yaml_from_json(&b, bytes);
	if ((st = buf_done(&b, err)) != PROV_OK)
		return (st);
	return (yaml_parse(out, buf_span(&b), name, err));
}
