/* SPDX-License-Identifier: ISC */
#ifndef PROV_WITNESS_TLOGPOLICY_H
#define PROV_WITNESS_TLOGPOLICY_H

#include <limits.h>
#include <stdbool.h>

#include "base/buf.h"
#include "prov/key.h"
#include "sign/cosignature.h"

/*
 * A C2SP tlog-policy file: logs, witnesses, groups and the quorum. Lines that
 * are not changed are kept as they were, comments too.
 */
#define POLICY_LINES_MAX 4096
#define POLICY_SIZE_MAX  (1U << 20)
#define POLICY_KEYS_MAX  256 /* of each sort; C2SP asks for 32 */

/* A witness, or a group of members that stand before it in the list. */
struct policy_member {
	char *name;
	size_t line;          /* its line in the file, from 0 */
	bool taken;           /* in a group: a name is in at most one */
	struct cosigner *key; /* NULL: a group */
	char *url;            /* of a witness; NULL: none is known */
	size_t k, n;          /* of a group: k of n members */
	size_t *at;           /* which they are */
};

struct tlogpolicy {
	size_t n_lines;
	char **lines; /* without newlines */
	size_t n_logs;
	prov_pubkey *logs;
	size_t *log_line; /* the line of each log */
	char **log_url;   /* NULL where none is known */
	size_t n_members; /* at most 2 * POLICY_KEYS_MAX */
	struct policy_member *members;
	size_t n_witnesses;
	size_t n_groups;
	bool quorum;          /* one other than "none" is asked for */
	size_t quorum_member; /* it is this one's */
	size_t quorum_line;
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

/* The witness or group of this name, or NULL. */
struct policy_member *tlogpolicy_member(const struct tlogpolicy *p,
    const char *name);

#endif
