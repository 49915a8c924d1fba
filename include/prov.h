/* SPDX-License-Identifier: ISC */
#ifndef PROV_H
#define PROV_H

/* The whole library, in the order that data flows. */
#include <prov/err.h>
#include <prov/key.h>
#include <prov/essence.h>
#include <prov/media.h>
#include <prov/manifest.h>
#include <prov/ledger.h>
#include <prov/check.h>
#include <prov/sign.h>
#include <prov/trust.h>
#include <prov/verify.h>
#include <prov/policy.h>
#include <prov/gate.h>
#include <prov/run.h>
#include <prov/shard.h>
#include <prov/monitor.h>
#include <prov/witness.h>

#endif
