/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_PARAMS_H
#define PROV_ESSENCE_PARAMS_H

#include "essence/track.h"
#include "hash/sha256.h"

/*
 * Parameter sets of one kind, by id. They are bound by content: it does not
 * matter whether a set stands in the container's configuration or in-band, nor
 * how often it is repeated.
 */
struct param {
	uint8_t *p; /* the whole unit; NULL: not seen */
	size_t len;
	uint8_t digest[32]; /* of the unit */
	bool container;     /* the container's configuration states it */
	bool active;        /* a slice referred to it; it is in the log */
};

#define PARAM_LEN_MAX 65535 /* what avcC and hvcC can carry */

enum param_news {
	PARAM_SAME,    /* that content was there */
	PARAM_NEW,     /* stored */
	PARAM_UNUSED,  /* stored, and nothing referred to what it replaces */
	PARAM_CONFLICT /* stored, and the container had said otherwise */
};

void param_clear(struct param *s);
prov_status param_put(struct param *s, prov_span nal, bool container,
    enum param_news *news, prov_err *err);

/*
 * The digest of all sets of one kind in the order in which slices first
 * referred to them, each once: a part of the configuration.
 */
#define PARAMS_SEEN_MAX 1024 /* contents; encoders have a handful */

struct param_log {
	struct sha256 *h;
	uint8_t (*seen)[32];
	size_t n, room;
};

prov_status param_log_open(struct param_log *l, prov_err *err);
void param_log_clear(struct param_log *l);
prov_status param_activate(struct param_log *l, struct param *s, prov_err *err);
prov_status param_log_done(struct param_log *l, struct track *t,
    const char *name, prov_err *err);

#endif
