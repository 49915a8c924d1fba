/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_TS_H
#define PROV_DEMUX_TS_H

#include "demux/source.h"

#define TS_PIDS 8192

/* ISO/IEC 13818-1 packets, each PID for itself. */
struct ts {
	bool incomplete;        /* the file is not whole packets in step */
	bool broken[TS_PIDS];    /* a packet is missing, or marked as in error */
	bool scrambled[TS_PIDS];
};

void ts_scan(struct ts *t, struct source *s);

#endif
