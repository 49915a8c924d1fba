/* SPDX-License-Identifier: ISC */
#include "essence/audio.h"

#include <string.h>

/* What is counted where nothing states a rate: such a stream never matches. */
#define RATE_GUESS 48000

static prov_status
cut_if_due(struct audio *a, prov_err *err)
{
	if (!a->due)
		return (PROV_OK);
	a->due = false;
	return (track_cut(a->t, err));
}

static prov_status
start(struct audio *a, uint32_t rate, prov_err *err)
{
	prov_status st;

	if ((st = cdc_init(&a->cdc, rate, err)) != PROV_OK)
		return (st);
	a->rate = rate;
	a->configured = true;
	track_rate(a->t, rate);
	track_present(a->t, PROV_RATE, rate);
	return (track_part(a->t, "head", a->config, err));
}

prov_status
audio_config(struct audio *a, prov_span content, uint32_t rate, prov_err *err)
{
	uint8_t config[SHA256_LEN];
	prov_status st;

	if ((st = sha256_of(config, content, err)) != PROV_OK)
		return (st);
	if (a->configured && memcmp(config, a->config, sizeof(config)) == 0)
		return (PROV_OK);
	if ((st = cut_if_due(a, err)) != PROV_OK)
		return (st);
	memcpy(a->config, config, sizeof(config));
	if (!a->configured && (st = start(a, rate, err)) != PROV_OK)
		return (st);
	if (rate != a->rate)
		/* Samples of two rates have no common count. */
		track_refuse(a->t, "config.changed");
	return (track_config(a->t, config, err));
}

prov_status
audio_unit(struct audio *a, prov_span data, uint32_t samples, int64_t ns,
    prov_err *err)
{
	prov_status st;

	if (!a->configured)
		return (prov_fail(err, PROV_EINTERNAL,
		    "a frame of sound without a configuration"));
	if ((st = cut_if_due(a, err)) != PROV_OK ||
	    (st = track_record(a->t, RECORD_DATA, data, err)) != PROV_OK ||
	    (st = track_samples(a->t, ns, samples, err)) != PROV_OK)
		return (st);
	a->due = cdc_frame(&a->cdc, data, samples, track_units(a->t));
	return (PROV_OK);
}

prov_status
audio_more(struct audio *a, prov_span data, prov_err *err)
{
	if (!a->configured)
		return (audio_other(a, data, PROV_NO_TIME, err));
	return (track_record(a->t, RECORD_DATA, data, err));
}

bool
audio_filler(prov_span s)
{
	while (s.len > 0 && s.p[s.len - 1] == 0)
		s.len--;
	return (s.len == 0);
}

prov_status
audio_rest(struct audio *a, prov_span left, int64_t ns, prov_err *err)
{
	if (audio_filler(left))
		return (PROV_OK);
	return (audio_other(a, left, ns, err));
}

prov_status
audio_other(struct audio *a, prov_span data, int64_t ns, prov_err *err)
{
	uint32_t rate = track_config_of(a->t)->rate;
	prov_status st;

	track_refuse(a->t, "essence.noncanonical");
	if (!a->configured)
		track_rate(a->t, rate != 0 ? rate : RATE_GUESS);
	if ((st = cut_if_due(a, err)) != PROV_OK ||
	    (st = track_record(a->t, RECORD_DATA, data, err)) != PROV_OK)
		return (st);
	return (track_samples(a->t, ns, 1, err));
}
