/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_YAML_H
#define PROV_BASE_YAML_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * A strict subset of YAML 1.1, by libyaml: one document, no tags, anchors,
 * aliases, merge keys or duplicate keys; scalars are text until a reader asks
 * for more; YAML_SIZE_MAX bytes, YAML_DEPTH_MAX deep. Every node knows its
 * line and column for messages.
 */
#define YAML_SIZE_MAX  (1U << 20)
#define YAML_DEPTH_MAX 16
#define YAML_NODES_MAX 65536U /* keeps 1 MiB of commas under 8 MB of nodes */

/* libyaml exports this name. */
#define yaml_free prov_yaml_free

enum yaml_type { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml {
	enum yaml_type type;
	unsigned line, column; /* from 1 */
	bool plain;            /* scalar without quotes */
	char *text;            /* scalar */
	size_t n;              /* list, map */
	struct yaml *at;       /* n items or values */
	struct yaml *keys;     /* map: n scalars */
};

prov_status yaml_parse(struct yaml **out, prov_span bytes, const char *name,
    prov_err *err);
void yaml_free(struct yaml *y);

/* The value of a key, or NULL. */
const struct yaml *yaml_get(const struct yaml *map, const char *key);

/*
 * JSON, which must be some (jsonin_parse), as YAML that means the same, places
 * of values too: YAML has no pairs of surrogates and no tabs in front.
 */
void yaml_from_json(struct buf *b, prov_span json);

/* Text as a YAML scalar that reads back as the same text. */
void yaml_put_scalar(struct buf *b, const char *s);

#endif
