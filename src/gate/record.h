/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_RECORD_H
#define PROV_GATE_RECORD_H

#include "gate/gate.h"

/* One line of a run: 75 reasons and names of 4 kB that are all escapes. */
#define RECORD_MAX 131072UL

/* Appends the answer's record (prov-gate(1)) and a newline: all ASCII. */
prov_status record_put(struct buf *b, const prov_gate_answer *a, prov_err *err);

/* What one line of a run says, for who goes on with it or asks again. */
struct record {
	char *id, *path, *tenant, *error; /* owned; NULL: null */
	prov_decision decision, effective;
	prov_binding binding;
	prov_sig_state signature;
	prov_ledger_state ledger;
	enum purpose purpose; /* PURPOSE_N: null */
	enum use rights;
	char source_type[SOURCE_TYPE_MAX + 1]; /* "" null */
	char license[LICENSE_NAME_MAX + 1];    /* "" null */
	uint8_t policy[32];
	bool has_sha256;
	uint8_t sha256[32];
	bool has_bytes;
	uint64_t bytes;
	bool edges; /* of a clip, unproven */
	bool has_uncovered;
	int64_t uncovered;
	char media_type[MEDIA_TYPE_MAX + 1]; /* "" null */
	bool has_statement;
	uint8_t statement[32]; /* its digest */
	uint8_t kid[32];
	char signer[PROV_NAME_MAX + 1]; /* "" null */
	char origin[PROV_NAME_MAX + 1]; /* "" null */
	bool has_entry;
	uint64_t log_index, checkpoint_size;
	size_t n_reasons;
	char reasons[FINDINGS_MAX][CODE_MAX + 1];
	char route[ROUTE_MAX + 1];
	int64_t t_ms;
};

void record_clear(struct record *r);
#define AUTO_RECORD __attribute__((cleanup(record_clear))) struct record

/* Reads one line that record_put wrote, strictly, without its newline. */
prov_status record_parse(struct record *out, prov_span line, prov_err *err);

const char *decision_name(prov_decision d); /* "allow" */
bool decision_parse(prov_decision *out, const char *name);

#endif
