/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_ALLOC_H
#define PROV_DEMUX_ALLOC_H

/*
 * From here on running out of memory ends the process with
 * WORKER_EXIT_NOMEM. libavformat takes a failed allocation for the end of the
 * file, and then half a file would look whole.
 */
void alloc_is_fatal(void);

#endif
