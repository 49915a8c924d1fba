/* SPDX-License-Identifier: ISC */
#include "manifest/reservation.h"

#include <string.h>
#include <strings.h>

#define BIT(p) (1U << (p))
#define TRAINING \
	(BIT(PURPOSE_AI_TRAINING) | BIT(PURPOSE_AI_GENERATIVE_TRAINING))
#define AI  (TRAINING | BIT(PURPOSE_AI_INFERENCE))
#define ALL (AI | BIT(PURPOSE_DATA_MINING))

struct word {
	const char *name;
	unsigned purposes; /* that it is about */
};

/*
 * The draft has train-ai and search. The others are of earlier drafts and of
 * Content-Signal; where they leave open what is meant, more is.
 */
static const struct word categories[] = { { "train-ai", TRAINING },
	{ "search", 0 }, { "ai-train", TRAINING }, { "ai", AI },
	{ "genai", BIT(PURPOSE_AI_GENERATIVE_TRAINING) },
	{ "gen-ai", BIT(PURPOSE_AI_GENERATIVE_TRAINING) },
	{ "train-genai", BIT(PURPOSE_AI_GENERATIVE_TRAINING) },
	{ "ai-input", BIT(PURPOSE_AI_INFERENCE) },
	{ "ai-inference", BIT(PURPOSE_AI_INFERENCE) }, { "tdm", ALL },
	{ "bots", ALL }, { "all", ALL }, { NULL, ALL } };

/* What begins with "no" and is not here forbids all. */
static const struct word directives[] = { { "noai", AI }, { "noimageai", AI },
	{ "noml", AI }, { "noindex", ALL }, { "noimageindex", ALL },
	{ "none", ALL }, { "nofollow", 0 }, { "noarchive", 0 },
	{ "nocache", 0 }, { "nosnippet", 0 }, { "notranslate", 0 },
	{ "noodp", 0 }, { "noydir", 0 }, { "nositelinkssearchbox", 0 },
	{ "nopagereadaloud", 0 }, { NULL, ALL } };

/* Those that have a value behind a colon, which is else a crawler's name. */
static const struct word valued[] = { { "unavailable_after", 0 },
	{ "max-snippet", 0 }, { "max-image-preview", 0 },
	{ "max-video-preview", 0 }, { NULL, ALL } };

static bool
is(prov_span text, const char *s)
{
	size_t n = strlen(s);

	return (text.len == n &&
		(n == 0 || strncasecmp((const char *)text.p, s, n) == 0));
}

/* The one of that name, else the last one, which has none. */
static const struct word *
look_up(const struct word *w, prov_span name)
{
	while (w->name != NULL && !is(name, w->name))
		w++;
	return (w);
}

static void
forbid(struct signals *s, enum signal who, unsigned purposes)
{
	for (unsigned p = 0; p < PURPOSE_N; p++)
		if ((purposes & BIT(p)) != 0)
			signals_raise(s, who, (enum purpose)p, USE_NOT_ALLOWED);
}

static prov_span
trim(prov_span text)
{
	while (text.len > 0 && strchr(" \t\r\n", text.p[0]) != NULL &&
	       text.p[0] != '\0')
		text = span(text.p + 1, text.len - 1);
	while (text.len > 0 && text.p[text.len - 1] != '\0' &&
	       strchr(" \t\r\n", text.p[text.len - 1]) != NULL)
		text.len--;
	return (text);
}

/* Cuts what is before sep off text; all of it where there is none. */
static prov_span
cut(prov_span *text, char sep)
{
	const uint8_t *end =
	    text->len > 0 ? memchr(text->p, sep, text->len) : NULL;
	prov_span head = *text;

	if (end == NULL) {
		*text = span(NULL, 0);
		return (trim(head));
	}
	head.len = (size_t)(end - text->p);
	*text = span(end + 1, text->len - head.len - 1);
	return (trim(head));
}

void
reservation_tdm(struct signals *s, prov_span text)
{
	if (!is(trim(text), "0"))
		signals_forbid(s, SIGNAL_TDMREP);
}

/* "train-ai=n;parameter=x" */
static void
read_category(struct signals *s, prov_span member)
{
	prov_span value = cut(&member, ';');
	prov_span name = cut(&value, '=');

	value = trim(value);
	if (name.len > 0 && !is(value, "y") && !is(value, "yes"))
		forbid(s, SIGNAL_AIPREF, look_up(categories, name)->purposes);
}

void
reservation_usage(struct signals *s, prov_span text)
{
	if (text.len > RESERVATION_MAX) {
		signals_forbid(s, SIGNAL_AIPREF);
		return;
	}
	while (text.len > 0)
		read_category(s, cut(&text, ','));
}

/* "noai", or "crawler: noai" */
static void
read_directive(struct signals *s, prov_span directive)
{
	prov_span rest = directive;
	prov_span name = cut(&rest, ':');

	if (rest.p != NULL) {
		if (look_up(valued, name)->name != NULL)
			return;
		name = trim(rest);
	}
	if (name.len >= 2 && strncasecmp((const char *)name.p, "no", 2) == 0)
		forbid(s, SIGNAL_ROBOTS, look_up(directives, name)->purposes);
}

void
reservation_robots(struct signals *s, prov_span text)
{
	if (text.len > RESERVATION_MAX) {
		signals_forbid(s, SIGNAL_ROBOTS);
		return;
	}
	while (text.len > 0)
		read_directive(s, cut(&text, ','));
}
