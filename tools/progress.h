/* SPDX-License-Identifier: ISC */
#ifndef PROV_TOOLS_PROGRESS_H
#define PROV_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One line on a terminal's standard error that says how far long work is:
 * nothing before half a second, nothing where it is not a terminal.
 */
struct progress;

struct progress *progress_new(const char *verb, size_t n_files); /* or NULL */
void progress_free(struct progress *p); /* wipes the line; NULL is fine */

/* prov_progress_fns whose arg is a struct progress; callable from threads. */
void progress_bytes(void *p, uint64_t done, uint64_t total);
void progress_entries(void *p, uint64_t done, uint64_t total);
void progress_file(struct progress *p); /* one more file is done */
void progress_wipe(struct progress *p); /* before other output */

#endif
