/* SPDX-License-Identifier: ISC */
#include "essence/coded.h"

prov_status
coded_open(struct coded *c, struct track *t, prov_err *err)
{
	*c = (struct coded){ .t = t };
	return (param_log_open(&c->log, err));
}

void
coded_clear(struct coded *c)
{
	param_clear(&c->set);
	param_log_clear(&c->log);
}

prov_status
coded_container(struct coded *c, prov_span content, prov_err *err)
{
	enum param_news news;

	if (c->stated)
		return (PROV_OK);
	return (param_put(&c->set, content, true, &news, err));
}

prov_status
coded_stated(struct coded *c, prov_span content, prov_err *err)
{
	bool active = c->set.active;
	enum param_news news;
	prov_status st;

	if ((st = param_put(&c->set, content, false, &news, err)) != PROV_OK)
		return (st);
	/* What changes later is the stream's own business, and is recorded. */
	if (news == PARAM_CONFLICT && c->strict && !c->stated)
		track_refuse(c->t, "config.conflict");
	/* But one that no picture used was put there to reset decoders. */
	if (news != PARAM_SAME && c->stated && !active)
		track_refuse(c->t, "config.conflict");
	c->stated = true;
	return (PROV_OK);
}

void
coded_packet(struct coded *c, const prov_packet *packet)
{
	c->packet = packet;
	c->shown = 0;
}

prov_status
coded_begin(struct coded *c, bool rap, bool *first, prov_err *err)
{
	prov_status st;

	*first = false;
	if ((rap || track_units(c->t) >= CODED_SEGMENT_MAX) &&
	    (st = track_cut(c->t, err)) != PROV_OK)
		return (st);
	if (c->set.p == NULL) {
		track_refuse(c->t, "config.unresolved");
		return (PROV_OK);
	}
	if ((st = param_activate(&c->log, &c->set, err)) != PROV_OK ||
	    (st = track_config(c->t, c->set.digest, err)) != PROV_OK)
		return (st);
	*first = !c->used;
	c->used = true;
	return (PROV_OK);
}

prov_status
coded_shown(struct coded *c, prov_err *err)
{
	const prov_packet *p = c->packet;

	if (c->shown++ > 0)
		return (track_frame(c->t, PROV_NO_TIME, 0, err));
	return (track_frame(c->t, track_ns(c->t, p->pts),
	    track_lasts_ns(c->t, p->duration), err));
}

prov_status
coded_finish(struct coded *c, const char *part, prov_err *err)
{
	return (param_log_done(&c->log, c->t, part, err));
}
