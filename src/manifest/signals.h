/* SPDX-License-Identifier: ISC */
#ifndef PROV_MANIFEST_SIGNALS_H
#define PROV_MANIFEST_SIGNALS_H

#include "manifest/manifest.h"

/* What media may be used for, in CAWG's words. */
enum purpose {
	PURPOSE_DATA_MINING,
	PURPOSE_AI_INFERENCE,
	PURPOSE_AI_TRAINING,
	PURPOSE_AI_GENERATIVE_TRAINING,
	PURPOSE_N
};

/* In order of restriction: of several, the last one wins. */
enum use { USE_SILENT, USE_ALLOWED, USE_CONSTRAINED, USE_NOT_ALLOWED };

/* Who speaks of a use. */
enum signal {
	SIGNAL_CAWG,   /* "cawg.training-mining" in a manifest */
	SIGNAL_C2PA,   /* "c2pa.training-mining", its older form */
	SIGNAL_IPTC,   /* plus:DataMining in XMP */
	SIGNAL_TDMREP, /* tdm-reservation */
	SIGNAL_AIPREF, /* Content-Usage */
	SIGNAL_ROBOTS, /* X-Robots-Tag */
	SIGNAL_N
};

#define SOURCE_TYPE_MAX 63  /* "trainedAlgorithmicMedia": the last part */
#define LICENSE_NAME_MAX 255 /* an SPDX expression */

/*
 * What is said of the use of one asset. Made all zero: nothing is said. What
 * nobody signed may restrict, and never grants.
 */
struct signals {
	enum use use[SIGNAL_N][PURPOSE_N];
	char source_type[SOURCE_TYPE_MAX + 1]; /* IPTC; "" not said */
	char license[LICENSE_NAME_MAX + 1];    /* "" not said */
};

const char *purpose_name(enum purpose p); /* "ai_generative_training" */
const char *use_name(enum use u);         /* "silent", "allowed", "notAllowed" */
const char *signal_name(enum signal s);   /* "cawg.training-mining", "tdmrep" */

/* Reads what a decoded manifest says, in clear or opened. PROV_EFORMAT. */
prov_status signals_claimed(struct signals *out, const struct manifest *m,
    prov_err *err);

/* The more restrictive of both, each for itself. */
void signals_join(struct signals *a, const struct signals *b);

#endif
