/* SPDX-License-Identifier: ISC */
#ifndef PROV_POLICY_READER_H
#define PROV_POLICY_READER_H

#include "base/yaml.h"
#include "policy/model.h"

/* Reading a policy: what is not known, or not as it should be, is refused. */
struct reader {
	prov_policy *p;
	const char *file; /* for messages */
	const char *dir;  /* of files that it names; NULL: none may be */
	prov_err *err;
};

/* "policy.yaml:3:5: why". */
prov_status reader_fault(const struct reader *r, const struct yaml *y,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
prov_status reader_no_memory(const struct reader *r);

/*
 * Says that the text of y is none of n names, and which one was likely meant.
 * what is "key" or what the value is.
 */
prov_status reader_unknown(const struct reader *r, const struct yaml *y,
    const char *what, const char *const *names, size_t n);

/* What a key of a map does with its value. */
struct reader_key {
	const char *name; /* NULL ends a table */
	prov_status (
	    *read)(const struct reader *r, const struct yaml *y, void *into);
};

/* Reads each key of a map, which has at least one, by a table. */
prov_status reader_map(const struct reader *r, const struct yaml *y,
    const char *what, const struct reader_key *keys, void *into);

/* Text that is not empty, without control characters, of at most max bytes. */
prov_status reader_text(const struct reader *r, const struct yaml *y,
    size_t max);
prov_status reader_copy(const struct reader *r, const struct yaml *y,
    size_t max, char *out); /* max + 1 bytes */

prov_status reader_word(const struct reader *r, const struct yaml *y,
    const struct word *words, uint64_t *out);
prov_status reader_bool(const struct reader *r, const struct yaml *y,
    bool *out);
prov_status reader_time(const struct reader *r, const struct yaml *y,
    int64_t *out);

/* The path of a file that is named, malloc'ed. */
prov_status reader_file(const struct reader *r, const struct yaml *y,
    char **out);

/* A document: YAML, or JSON, which has a few escapes and tabs of its own. */
prov_status reader_yaml(struct yaml **out, prov_span bytes, const char *name,
    prov_err *err);

/* The directory that a path is in, malloc'ed; NULL out of memory. */
char *reader_dir(const char *path);

/* Whether an item of a list may be; says why not. */
typedef prov_status (*reader_check)(const struct reader *r,
    const struct yaml *y, const void *arg);

/* One item, or a list of at most max that is not empty; replaces *out. */
prov_status reader_words(const struct reader *r, const struct yaml *y,
    size_t max, reader_check check, const void *arg, struct words *out);

/* The value of a setting. */
prov_status reader_value(const struct reader *r, const struct yaml *y,
    enum setting what, struct value *out);

/* A map of settings whose names begin with prefix, such as "require.". */
prov_status reader_settings(const struct reader *r, const struct yaml *y,
    const char *prefix, struct value *at);

/* Whether a glob matches the name of a signer whom the policy trusts. */
bool reader_knows_signer(const struct reader *r, const char *glob);

/* The trust and the rules of a policy; each in a file of its own. */
prov_status read_trust(const struct reader *r, const struct yaml *y,
    void *into);
prov_status read_rules(const struct reader *r, const struct yaml *y,
    void *into);

#endif
