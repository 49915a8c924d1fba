/* SPDX-License-Identifier: ISC */
#include "demux/facts.h"

#include <stdlib.h>

void
facts_free(struct facts *f)
{
	if (f == NULL)
		return;
	free(f->bmff);
	free(f->ebml);
	free(f->ts);
	free(f->riff);
	free(f->ogg);
	free(f->s);
	free(f);
}

void
auto_facts(struct facts **f)
{
	facts_free(*f);
}

static prov_status
scan(struct facts *f, prov_err *err)
{
	switch (f->layout) {
	case LAYOUT_BMFF:
		if ((f->bmff = malloc(sizeof(*f->bmff))) == NULL)
			break;
		return (bmff_scan(f->bmff, f->s, err));
	case LAYOUT_EBML:
		if ((f->ebml = malloc(sizeof(*f->ebml))) == NULL)
			break;
		return (ebml_scan(f->ebml, f->s, err));
	case LAYOUT_TS:
		if ((f->ts = malloc(sizeof(*f->ts))) == NULL)
			break;
		ts_scan(f->ts, f->s);
		return (PROV_OK);
	case LAYOUT_RIFF:
		if ((f->riff = malloc(sizeof(*f->riff))) == NULL)
			break;
		riff_scan(f->riff, f->s);
		return (PROV_OK);
	case LAYOUT_OGG:
		if ((f->ogg = malloc(sizeof(*f->ogg))) == NULL)
			break;
		ogg_scan(f->ogg, f->s);
		return (PROV_OK);
	case LAYOUT_OTHER:
		return (PROV_OK);
	}
	return (prov_fail(err, PROV_ENOMEM, "container"));
}

prov_status
facts_scan(struct facts **out, const struct format *format,
    const struct source *s, prov_err *err)
{
	AUTO_FACTS *f = calloc(1, sizeof(*f));
	prov_status st;

	if (f == NULL || (f->s = malloc(sizeof(*f->s))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "container"));
	source_again(f->s, s);
	f->layout = format->layout;
	if ((st = scan(f, err)) != PROV_OK)
		return (st);
	if (f->s->failed)
		return (prov_fail(err, PROV_EIO, "read failed"));
	if (f->s->spent)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.reads: the container leads around in circles"));
	*out = TAKE(f);
	return (PROV_OK);
}

static const char *
refusal_bmff(const struct bmff *b)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct bmff_track *t = &b->tracks[i];

		if (t->encrypted)
			return ("format.encrypted");
		if (t->external)
			return ("format.external");
		if (t->descriptions > 1)
			return ("format.descriptions");
	}
	return (b->ambiguous ? "essence.noncanonical" : NULL);
}

static const char *
refusal_ebml(const struct ebml *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->tracks[i].encrypted)
			return ("format.encrypted");
	if (e->ordered)
		return ("format.ordered");
	if (e->linked)
		return ("format.linked");
	return (e->ambiguous ? "essence.noncanonical" : NULL);
}

const char *
facts_refusal(const struct facts *f)
{
	if (f->bmff != NULL)
		return (refusal_bmff(f->bmff));
	if (f->ebml != NULL)
		return (refusal_ebml(f->ebml));
	if (f->riff != NULL && f->riff->ambiguous)
		return ("essence.noncanonical");
	return (NULL);
}

bool
facts_incomplete(const struct facts *f)
{
	return ((f->bmff != NULL && f->bmff->incomplete) ||
		(f->ebml != NULL && f->ebml->incomplete) ||
		(f->ts != NULL && f->ts->incomplete) ||
		(f->riff != NULL && f->riff->incomplete) ||
		(f->ogg != NULL && f->ogg->incomplete));
}
