/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_JOURNAL_H
#define PROV_GATE_JOURNAL_H

#include "gate/record.h"

/*
 * The file of a run: a record a line, in the order of the answers, only ever
 * appended to. A last line that was torn by a crash is cut off; of several
 * records of one id the last counts. Appending is for one thread at a time,
 * and looking up, for any number.
 */
struct journal;

#define JOURNAL_ITEMS_MAX 100000000UL /* of 32 bytes in memory */

/*
 * Makes path, or opens it where resume says so. PROV_EEXIST, PROV_EBUSY where
 * another run writes to it, PROV_EFORMAT where a line is no record of a run
 * under this policy.
 */
prov_status journal_open(struct journal **out, const char *path, bool resume,
    const uint8_t policy[32], prov_err *err);
void journal_close(struct journal *j);

/* The record of an item that was answered otherwise than retry, if any. */
prov_status journal_find(const struct journal *j, struct buf *line,
    const char *id, const char *tenant, prov_err *err);

/* Whole lines or none; on disk at times, and with journal_sync. */
prov_status journal_append(struct journal *j, prov_span lines, prov_err *err);
prov_status journal_sync(struct journal *j, prov_err *err);

#endif
