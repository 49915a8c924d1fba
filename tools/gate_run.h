/* SPDX-License-Identifier: ISC */
#ifndef PROV_TOOLS_GATE_RUN_H
#define PROV_TOOLS_GATE_RUN_H

#include "cmd.h"

/*
 * One run of prov gate: one thread takes items in, some ask the gate, one
 * writes the answers, in order. Items travel in batches of what was at hand,
 * so that nobody waits for more to come.
 */
struct gate_run;

enum gate_format { GATE_TEXT, GATE_JSON, GATE_FACTS };

struct gate_how {
	const struct args *args;
	prov_gate *gate;
	unsigned jobs;
	bool lines;  /* items are lines of NDJSON, else names */
	bool stream; /* denials are answers, unless strict */
	bool silent; /* standard output is for a tar */
	enum gate_format format;
	bool strict;         /* a denial is exit status 1 */
	bool output;         /* there is a run file */
	const char *metrics; /* or NULL */
};

/* Starts the threads and takes SIGTERM and SIGINT; NULL after complaining. */
struct gate_run *gate_run_new(const struct gate_how *how);

/*
 * Hands one item over, at once or with those that follow, which hint says how
 * many there are. False when the run is to end: nothing more is taken.
 */
bool gate_run_add(struct gate_run *r, const char *text, size_t len,
    size_t hint);

/* The same of a sample of a shard, which is written when it was answered. */
bool gate_run_add_sample(struct gate_run *r, prov_shard *shard,
    prov_sample *sample);

/* Waits until all that was handed over was answered and written. */
bool gate_run_drain(struct gate_run *r);

/* Hands over what was added: before waiting for more. */
bool gate_run_flush(struct gate_run *r);

/* What went wrong besides the items themselves. */
void gate_run_worse(struct gate_run *r, int status);

/* Readable when a signal asks to end; then gate_run_stop. */
int gate_run_signal(const struct gate_run *r);
void gate_run_stop(struct gate_run *r);

/* Waits for all answers, writes the last of them, and is the exit status. */
int gate_run_end(struct gate_run *r);

#endif
