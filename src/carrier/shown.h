/* SPDX-License-Identifier: ISC */
#ifndef PROV_CARRIER_SHOWN_H
#define PROV_CARRIER_SHOWN_H

#include "base/json.h"
#include "carrier/sidecar.h"
#include "manifest/manifest.h"
#include "manifest/revocation.h"
#include "manifest/runrecord.h"
#include "sign/receipt.h"
#include "sign/statement.h"

/* What prov_show found; each part where its has_ is set. */
struct shown {
	const char *what; /* "sidecar", "statement", "receipt" or "manifest" */
	size_t len;       /* of all */
	bool has_sidecar;
	bool has_statement;
	bool has_manifest;
	bool has_registration;
	bool has_revocation;
	bool has_takedown;
	bool has_run;
	bool has_receipt;
	struct sidecar sidecar;
	struct receipt receipt; /* the sidecar's, or all there is */
	struct statement statement;
	uint8_t digest[32];                       /* of the statement */
	uint8_t timelines[SIDECAR_TIMELINES][32]; /* theirs */
	struct manifest manifest;
	struct registration registration;
	struct revocation revocation;
	struct takedown takedown;
	struct run_record run;
};

void shown_text(struct buf *b, const struct shown *s);
void shown_json(struct json *j, const struct shown *s);

#endif
