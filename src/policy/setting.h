/* SPDX-License-Identifier: ISC */
#ifndef PROV_POLICY_SETTING_H
#define PROV_POLICY_SETTING_H

#include "base/buf.h"

/*
 * What a policy wants, one by one: each has a dotted name, by which a rule may
 * set it, and a value. setting.c has the table.
 */
enum setting {
	SET_CARRIER,
	SET_BINDING,
	SET_CLIP_EDGES,
	SET_INCLUSION,
	SET_REVOCATION,
	SET_SUPERSEDED,
	SET_MEDIA_TYPE,
	SET_MAX_BYTES,
	SET_MIN_BYTES,
	SET_UNCOVERED,
	SET_CAPTIONS,
	SET_SIGNER,
	SET_UNKNOWN,
	SET_CONSTRAINED,
	SET_HONOUR,
	SET_SOURCE_ALLOW,
	SET_SOURCE_DENY,
	SET_SOURCE_UNKNOWN,
	SET_LICENSE_ALLOW,
	SET_LICENSE_DENY,
	SET_LICENSE_UNKNOWN,
	SET_ORIGIN_ALLOW,
	SET_ORIGIN_DENY,
	SET_ORIGIN_UNKNOWN,
	SETTING_N
};

#define WORDS_MAX 256  /* of one list: longer ones are several policies */
#define WORD_MAX  1023 /* bytes of one */

/* A list of words or globs. */
struct words {
	size_t n;
	char **at;
};

/* A number, a word's number, or words' bits; or a list. */
struct value {
	uint64_t number;
	struct words words;
};

enum setting_kind {
	KIND_WORD,  /* one of names */
	KIND_WORDS, /* some of names: their bits */
	KIND_SIZE,  /* bytes, or "any": SIZE_ANY */
	KIND_GLOBS
};

#define SIZE_ANY UINT64_MAX

/* A name for a number; a list of them ends with NULL. */
struct word {
	const char *name;
	uint64_t number;
};

struct setting_info {
	const char *name; /* "require.binding" */
	enum setting_kind kind;
	const struct word *names;
	uint64_t initial;
	/* Whether a glob can match anything; NULL: any text may be one. */
	bool (*can_match)(const char *glob);
	const char *hint; /* what an item is, for messages */
};

enum denial { DENY_IT, ALLOW_IT };
enum inclusion { INCLUSION_REQUIRED, INCLUSION_IF_PRESENT, INCLUSION_NONE };
enum revocation { REVOCATION_REQUIRED, REVOCATION_IF_KNOWN };
enum superseding { SUPERSEDED_DENY, SUPERSEDED_IF_KNOWN, SUPERSEDED_ALLOW };
enum captions { CAPTIONS_SIGNED, CAPTIONS_REQUIRED, CAPTIONS_ANY };

extern const struct setting_info settings[SETTING_N];

/* IPTC's digital source types and C2PA's, that there are; NULL ends it. */
extern const char *const source_types[];

/* Whether the words of a value hold a glob that matches text. */
bool words_match(const struct words *w, const char *text);
/* The same of a media type, by any name that is in use for it. */
bool words_match_type(const struct words *w, const char *type);
void words_free(struct words *w);

/* The value for people and for JSON: "sidecar, ledger", "64 GiB". */
void setting_put(struct buf *b, enum setting s, const struct value *v);

/* "64GiB" to bytes, "24h" to seconds; false: malformed or too large. */
bool size_parse(uint64_t *out, const char *s);
bool duration_parse(int64_t *out, const char *s);

#endif
