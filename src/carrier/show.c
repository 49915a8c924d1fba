/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "carrier/shown.h"
#include "hash/sha256.h"
#include "sign/claimed.h"

static void
shown_free(struct shown *s)
{
	manifest_clear(&s->manifest);
	registration_clear(&s->registration);
	free(s);
}

static void
auto_shown(struct shown **s)
{
	if (*s != NULL)
		shown_free(*s);
}
#define AUTO_SHOWN __attribute__((cleanup(auto_shown))) struct shown

static prov_status
read_payload(struct shown *s, prov_err *err)
{
	prov_status st = PROV_OK;

	switch (s->statement.kind) {
	case PAYLOAD_MANIFEST:
		st = manifest_of_statement(&s->manifest, &s->statement, err);
		s->has_manifest = st == PROV_OK;
		break;
	case PAYLOAD_REGISTRATION:
		st = registration_decode(&s->registration, s->statement.payload,
		    err);
		s->has_registration = st == PROV_OK;
		break;
	case PAYLOAD_REVOCATION:
		st = revocation_decode(&s->revocation, s->statement.payload,
		    err);
		s->has_revocation = st == PROV_OK;
		break;
	case PAYLOAD_TAKEDOWN:
		st = takedown_decode(&s->takedown, s->statement.payload, err);
		s->has_takedown = st == PROV_OK;
		break;
	case PAYLOAD_RUN:
		st = run_record_decode(&s->run, s->statement.payload, err);
		s->has_run = st == PROV_OK;
		break;
	}
	return (st);
}

static prov_status
read_statement(struct shown *s, prov_span bytes, prov_err *err)
{
	prov_status st;

	if ((st = statement_parse(&s->statement, bytes, err)) != PROV_OK ||
	    (st = statement_digest(s->digest, bytes, err)) != PROV_OK)
		return (st);
	s->has_statement = true;
	return (read_payload(s, err));
}

static prov_status
read_sidecar(struct shown *s, prov_span bytes, prov_err *err)
{
	const struct sidecar *sc = &s->sidecar;
	prov_status st;

	if ((st = sidecar_decode(&s->sidecar, bytes, err)) != PROV_OK ||
	    (st = read_statement(s, sc->statement, err)) != PROV_OK)
		return (st);
	s->has_sidecar = true;
	if (sc->receipt.len > 0) {
		if ((st = receipt_parse(&s->receipt, sc->receipt, err)) !=
		    PROV_OK)
			return (prov_wrap(err, st, "sidecar"));
		s->has_receipt = true;
	}
	for (size_t i = 0; i < sc->n_timelines; i++)
		if ((st = sha256_of(s->timelines[i], sc->timelines[i], err)) !=
		    PROV_OK)
			return (st);
	if (sc->n_openings > 0 && !s->has_manifest)
		return (prov_fail(err, PROV_EFORMAT,
		    "sidecar: openings, and no manifest that they open"));
	for (size_t i = 0; i < sc->n_openings; i++)
		if ((st = manifest_open(&s->manifest, sc->openings[i].salt,
			 sc->openings[i].item, err)) != PROV_OK)
			return (prov_wrap(err, st, "sidecar"));
	return (PROV_OK);
}

static prov_status
read_manifest(struct shown *s, prov_span bytes, prov_err *err)
{
	prov_status st = manifest_decode(&s->manifest, bytes, err);

	s->has_manifest = st == PROV_OK;
	return (st);
}

/* By the first byte: tag 18, an array of two, or a map. */
static prov_status
read_any(struct shown *s, prov_span bytes, prov_err *err)
{
	if (bytes.len == 0)
		return (prov_fail(err, PROV_EFORMAT, "empty"));
	if (bytes.p[0] == 0xd2 &&
	    receipt_parse(&s->receipt, bytes, NULL) == PROV_OK) {
		s->what = "receipt";
		s->has_receipt = true;
		return (PROV_OK);
	}
	if (bytes.p[0] == 0xd2) {
		s->what = "statement";
		return (read_statement(s, bytes, err));
	}
	if (bytes.p[0] == 0x82) {
		s->what = "sidecar";
		return (read_sidecar(s, bytes, err));
	}
	if ((bytes.p[0] & 0xe0) == 0xa0) {
		s->what = "manifest";
		return (read_manifest(s, bytes, err));
	}
	return (prov_fail(err, PROV_EFORMAT,
	    "neither a sidecar nor a statement nor a manifest"));
}

static prov_status
as_json(char **out, const struct shown *s, prov_err *err)
{
	AUTO_JSON *j = json_new();

	if (j == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	shown_json(j, s);
	return (json_take(j, out, err));
}

static prov_status
as_text(char **out, const struct shown *s, prov_err *err)
{
	AUTO_BUF b = { 0 };

	shown_text(&b, s);
	return (buf_take_str(&b, out, err));
}

prov_status
prov_show(char **out, prov_span bytes, unsigned flags, prov_err *err)
{
	AUTO_SHOWN *s = calloc(1, sizeof(*s));
	prov_status st;

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	s->len = bytes.len;
	if ((st = read_any(s, bytes, err)) != PROV_OK)
		return (st);
	if ((flags & PROV_SHOW_JSON) != 0)
		return (as_json(out, s, err));
	return (as_text(out, s, err));
}
