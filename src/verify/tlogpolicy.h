/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_TLOGPOLICY_H
#define PROV_VERIFY_TLOGPOLICY_H

#include <limits.h>
#include <stdbool.h>

#include "base/buf.h"
#include "prov/key.h"

/*
 * A C2SP tlog-policy file: logs, witnesses, groups and the quorum. Lines that
 * are not changed are kept as they were, comments too.
 */
#define POLICY_LINES_MAX 4096
#define POLICY_SIZE_MAX  (1U << 20)
#define POLICY_KEYS_MAX  256 /* of each sort; C2SP asks for 32 */

struct tlogpolicy {
	size_t n_lines;
	char **lines; /* without newlines */
	size_t n_logs;
	prov_pubkey *logs;
	size_t *log_line;   /* the line of each log */
	size_t n_witnesses; /* witnesses and groups: what a quorum may name */
	size_t n_groups;
	bool quorum; /* a quorum other than "none" is asked for */
};

void tlogpolicy_clear(struct tlogpolicy *p);

/* An empty policy: no logs, "quorum none". */
prov_status tlogpolicy_init(struct tlogpolicy *p, prov_err *err);

/* Reads bytes; name and a line number stand in messages. */
prov_status tlogpolicy_parse(struct tlogpolicy *out, prov_span bytes,
    const char *name, prov_err *err);
void tlogpolicy_encode(struct buf *b, const struct tlogpolicy *p);

prov_status tlogpolicy_add(struct tlogpolicy *p, const prov_pubkey *log,
    prov_err *err);
void tlogpolicy_remove(struct tlogpolicy *p, size_t log);

#endif
