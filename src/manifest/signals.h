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
enum use { USE_SILENT, USE_ALLOWED, USE_CONSTRAINED, USE_NOT_ALLOWED, USE_N };

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

#define SOURCE_TYPE_MAX  63  /* "trainedAlgorithmicMedia": the last part */
#define LICENSE_NAME_MAX 255 /* an SPDX expression */

/*
 * What is said of the use of one asset. Made all zero: nothing is said. What
 * nobody signed may restrict, and never grants: of it use is never
 * USE_ALLOWED, and a source type counts only where it is refused.
 */
struct signals {
	enum use use[SIGNAL_N][PURPOSE_N];
	char source_type[SOURCE_TYPE_MAX + 1]; /* IPTC; "" not said */
	char license[LICENSE_NAME_MAX + 1];    /* "" not said */
};

const char *purpose_name(enum purpose p); /* "ai_generative_training" */
const char *use_name(enum use u);       /* "silent", "allowed", "notAllowed" */
const char *signal_name(enum signal s); /* "cawg.training-mining", "tdmrep" */

/* The other way; false where there is no such name. */
bool purpose_find(enum purpose *out, prov_span name);
bool use_find(enum use *out, prov_span name);
bool signal_find(enum signal *out, prov_span name);

/*
 * Reads what a decoded manifest says, in clear or opened: mining assertions,
 * and what the collector saw, which only restricts. A constraint that nobody
 * explains is notAllowed, as CAWG has it; so are uses and purposes that are
 * not known. With PROV_EFORMAT out forbids every use.
 */
prov_status signals_claimed(struct signals *out, const struct manifest *m,
    prov_err *err);

/*
 * The more restrictive of both, each for itself. Of two source types it is the
 * more synthetic one, of two licenses the expression "A AND B", or
 * NOASSERTION where that is too long.
 */
void signals_join(struct signals *a, const struct signals *b);

/* Raises one use, all uses of one source, or all there are. */
void signals_raise(struct signals *s, enum signal who, enum purpose p,
    enum use u);
void signals_forbid(struct signals *s, enum signal who);
void signals_forbid_all(struct signals *s);

/* The most restrictive use among all sources. */
enum use signals_use(const struct signals *s, enum purpose p);

#endif
