/* SPDX-License-Identifier: ISC */
#ifndef PROV_REMOTE_PROCESS_H
#define PROV_REMOTE_PROCESS_H

#include "base/program.h"
#include "remote/wire.h"

/* Runs the prov-net at path, or the one that was installed, with up to two arguments. */
prov_status process_start(struct program *p, const char *path, const char *mode,
    const char *addr, prov_err *err);

uint64_t process_clock_ms(void);

/* Sends one frame; it is always read soon, or prov-net is gone. */
prov_status process_send(const struct program *p, const struct wire *w,
    prov_err *err);

/*
 * Receives one frame until a time of process_clock_ms: text and type into
 * small, the body into an empty body. PROV_EBUSY if nothing has begun by then;
 * half a frame is PROV_EIO.
 */
prov_status process_receive(const struct program *p, struct wire *w,
    struct buf *small, struct buf *body, uint64_t until_ms, prov_err *err);

#endif
