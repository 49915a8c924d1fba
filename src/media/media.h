/* SPDX-License-Identifier: ISC */
#ifndef PROV_MEDIA_MEDIA_H
#define PROV_MEDIA_MEDIA_H

#include <stdbool.h>

#include "prov/media.h"

/*
 * Whether its worker was started and is believed to run. Where it is not, after
 * PROV_EOPEN for a regular file, it cannot be started for the next one either.
 */
bool media_runs(prov_media *m);

#endif
