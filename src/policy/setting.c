/* SPDX-License-Identifier: ISC */
#include "policy/setting.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/text.h"
#include "verify/facts.h"
#include "verify/mediatype.h"

#define BIT(x) (UINT64_C(1) << (x))

static const struct word carriers[] = {
	{ "sidecar", CARRIER_SIDECAR },
	{ "ledger", CARRIER_LEDGER },
	{ "none", CARRIER_NONE },
	{ NULL, 0 },
};

static const struct word bindings[] = {
	{ "exact", PROV_BIND_EXACT },
	{ "streams", PROV_BIND_STREAMS },
	{ "clip", PROV_BIND_CLIP },
	{ NULL, 0 },
};

static const struct word denials[] = {
	{ "deny", DENY_IT },
	{ "allow", ALLOW_IT },
	{ NULL, 0 },
};

static const struct word inclusions[] = {
	{ "required", INCLUSION_REQUIRED },
	{ "if_present", INCLUSION_IF_PRESENT },
	{ "none", INCLUSION_NONE },
	{ NULL, 0 },
};

static const struct word revocations[] = {
	{ "required", REVOCATION_REQUIRED },
	{ "if_known", REVOCATION_IF_KNOWN },
	{ NULL, 0 },
};

static const struct word supersedings[] = {
	{ "deny", SUPERSEDED_DENY },
	{ "if_known", SUPERSEDED_IF_KNOWN },
	{ "allow", SUPERSEDED_ALLOW },
	{ NULL, 0 },
};

static const struct word captions[] = {
	{ "signed", CAPTIONS_SIGNED },
	{ "required", CAPTIONS_REQUIRED },
	{ "any", CAPTIONS_ANY },
	{ NULL, 0 },
};

static const struct word signals[] = {
	{ "cawg.training-mining", SIGNAL_CAWG },
	{ "c2pa.training-mining", SIGNAL_C2PA },
	{ "iptc.data_mining", SIGNAL_IPTC },
	{ "tdmrep", SIGNAL_TDMREP },
	{ "aipref", SIGNAL_AIPREF },
	{ "x-robots", SIGNAL_ROBOTS },
	{ NULL, 0 },
};

static const struct word origins[] = {
	{ "captured", PROV_ORIGIN_CAPTURED },
	{ "ingested", PROV_ORIGIN_INGESTED },
	{ "generated", PROV_ORIGIN_GENERATED },
	{ "transformed", PROV_ORIGIN_TRANSFORMED },
	{ NULL, 0 },
};

const char *const source_types[] = { "digitalCapture", "computationalCapture",
	"negativeFilm", "positiveFilm", "print", "humanEdits",
	"minorHumanEdits", "compositeCapture", "composite",
	"compositeSynthetic", "compositeWithTrainedAlgorithmicMedia",
	"algorithmicallyEnhanced", "algorithmicMedia",
	"trainedAlgorithmicMedia", "digitalArt", "digitalCreation",
	"dataDrivenMedia", "screenCapture", "virtualRecording", "softwareImage",
	"empty", "trainedAlgorithmicData", NULL };

/* "image/jpeg", "image" and so on with wildcards: there is a slash. */
static bool
is_media_type(const char *glob)
{
	return (
	    strcmp(glob, "*") == 0 ||
	    (strchr(glob, '/') != NULL && strchr(glob, '/') != glob &&
		glob[strcspn(glob, "ABCDEFGHIJKLMNOPQRSTUVWXYZ \t;")] == '\0'));
}

/* A word that nobody says would let in what it was to keep out. */
static bool
is_source_type(const char *glob)
{
	for (size_t i = 0; source_types[i] != NULL; i++)
		if (glob_text(glob, source_types[i]))
			return (true);
	return (false);
}

static bool
is_license(const char *glob)
{
	return (glob[strcspn(glob, "() \t")] == '\0');
}

#define SOURCE_HINT  "an IPTC digital source type"
#define LICENSE_HINT "one SPDX license identifier"

const struct setting_info settings[SETTING_N] = {
	[SET_CARRIER] = { "require.carrier", KIND_WORDS, carriers,
	    BIT(CARRIER_SIDECAR) | BIT(CARRIER_LEDGER), NULL, NULL },
	[SET_BINDING] = { "require.binding", KIND_WORD, bindings,
	    PROV_BIND_STREAMS, NULL, NULL },
	[SET_CLIP_EDGES] = { "require.clip_edges", KIND_WORD, denials, DENY_IT,
	    NULL, NULL },
	[SET_INCLUSION] = { "require.inclusion", KIND_WORD, inclusions,
	    INCLUSION_REQUIRED, NULL, NULL },
	[SET_REVOCATION] = { "require.revocation", KIND_WORD, revocations,
	    REVOCATION_REQUIRED, NULL, NULL },
	[SET_SUPERSEDED] = { "require.superseded", KIND_WORD, supersedings,
	    SUPERSEDED_DENY, NULL, NULL },
	[SET_MEDIA_TYPE] = { "require.media_type", KIND_GLOBS, NULL, 0,
	    is_media_type, "a media type such as video/mp4 or image/*" },
	[SET_MAX_BYTES] = { "require.max_bytes", KIND_SIZE, NULL, SIZE_ANY,
	    NULL, NULL },
	[SET_MIN_BYTES] = { "require.min_bytes", KIND_SIZE, NULL, 0, NULL,
	    NULL },
	[SET_UNCOVERED] = { "require.uncovered_bytes", KIND_SIZE, NULL,
	    SIZE_ANY, NULL, NULL },
	[SET_CAPTIONS] = { "require.captions", KIND_WORD, captions,
	    CAPTIONS_SIGNED, NULL, NULL },
	[SET_SIGNER] = { "require.signer", KIND_GLOBS, NULL, 0, NULL,
	    "a signer's name" },
	[SET_UNKNOWN] = { "rights.unknown", KIND_WORD, denials, DENY_IT, NULL,
	    NULL },
	[SET_CONSTRAINED] = { "rights.constrained", KIND_WORD, denials, DENY_IT,
	    NULL, NULL },
	[SET_HONOUR] = { "rights.honour", KIND_WORDS, signals,
	    BIT(SIGNAL_N) - 1, NULL, NULL },
	[SET_SOURCE_ALLOW] = { "rights.source_type.allow", KIND_GLOBS, NULL, 0,
	    is_source_type, SOURCE_HINT },
	[SET_SOURCE_DENY] = { "rights.source_type.deny", KIND_GLOBS, NULL, 0,
	    is_source_type, SOURCE_HINT },
	[SET_SOURCE_UNKNOWN] = { "rights.source_type.unknown", KIND_WORD,
	    denials, DENY_IT, NULL, NULL },
	[SET_LICENSE_ALLOW] = { "rights.licenses.allow", KIND_GLOBS, NULL, 0,
	    is_license, LICENSE_HINT },
	[SET_LICENSE_DENY] = { "rights.licenses.deny", KIND_GLOBS, NULL, 0,
	    is_license, LICENSE_HINT },
	[SET_LICENSE_UNKNOWN] = { "rights.licenses.unknown", KIND_WORD, denials,
	    DENY_IT, NULL, NULL },
	[SET_ORIGIN_ALLOW] = { "rights.origin.allow", KIND_WORDS, origins, 0,
	    NULL, NULL },
	[SET_ORIGIN_DENY] = { "rights.origin.deny", KIND_WORDS, origins, 0,
	    NULL, NULL },
	[SET_ORIGIN_UNKNOWN] = { "rights.origin.unknown", KIND_WORD, denials,
	    DENY_IT, NULL, NULL },
};

bool
words_match(const struct words *w, const char *text)
{
	for (size_t i = 0; i < w->n; i++)
		if (glob_text(w->at[i], text))
			return (true);
	return (false);
}

bool
words_match_type(const struct words *w, const char *type)
{
	const char *alias = type;

	for (size_t i = 0; type[0] != '\0' && alias != NULL; i++) {
		if (words_match(w, alias))
			return (true);
		alias = media_type_alias(type, i);
	}
	return (false);
}

void
words_free(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->at[i]);
	free(w->at);
	*w = (struct words){ 0 };
}

/* A number and what it counts, in the order of size. */
struct unit {
	const char *name;
	uint64_t size;
};

static const struct unit sizes[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "kB", UINT64_C(1000) },
	{ "MB", UINT64_C(1000000) },
	{ "GB", UINT64_C(1000000000) },
	{ "TB", UINT64_C(1000000000000) },
	{ "KiB", UINT64_C(1) << 10 },
	{ "MiB", UINT64_C(1) << 20 },
	{ "GiB", UINT64_C(1) << 30 },
	{ "TiB", UINT64_C(1) << 40 },
	{ NULL, 0 },
};

static const struct unit durations[] = {
	{ "s", 1 },
	{ "m", 60 },
	{ "h", 3600 },
	{ "d", 86400 },
	{ "w", 604800 },
	{ NULL, 0 },
};

/* Digits and the name of a unit, whose product is at most max. */
static bool
measure(uint64_t *out, const char *s, const struct unit *units, uint64_t max)
{
	size_t digits = strspn(s, "0123456789");
	uint64_t n;

	if (!u64_decode(&n, s, digits))
		return (false);
	for (size_t i = 0; units[i].name != NULL; i++) {
		if (strcmp(units[i].name, s + digits) != 0)
			continue;
		if (n > max / units[i].size)
			return (false);
		*out = n * units[i].size;
		return (true);
	}
	return (false);
}

bool
size_parse(uint64_t *out, const char *s)
{
	return (measure(out, s, sizes, INT64_MAX));
}

bool
duration_parse(int64_t *out, const char *s)
{
	uint64_t n;

	/* A hundred years: past that it is a typing error. */
	if (!measure(&n, s, durations, UINT64_C(3155760000)))
		return (false);
	*out = (int64_t)n;
	return (true);
}

/* In the largest unit that leaves nothing over. */
static void
put_size(struct buf *b, uint64_t n)
{
	if (n == SIZE_ANY) {
		buf_put_str(b, "any");
		return;
	}
	for (int i = 3; i >= 0; i--) {
		static const char *const names[] = { "KiB", "MiB", "GiB",
			"TiB" };
		uint64_t unit = UINT64_C(1) << (10 * (i + 1));

		if (n >= unit && n % unit == 0) {
			buf_printf(b, "%" PRIu64 " %s", n / unit, names[i]);
			return;
		}
	}
	buf_printf(b, "%" PRIu64 " B", n);
}

static void
put_item(struct buf *b, const char *text, size_t n)
{
	buf_put_str(b, n > 0 ? ", " : "");
	text_escape(b, text, strlen(text), WORD_MAX);
}

void
setting_put(struct buf *b, enum setting s, const struct value *v)
{
	const struct setting_info *info = &settings[s];
	size_t n = 0;

	switch (info->kind) {
	case KIND_SIZE:
		put_size(b, v->number);
		return;
	case KIND_GLOBS:
		for (; n < v->words.n; n++)
			put_item(b, v->words.at[n], n);
		break;
	case KIND_WORD:
	case KIND_WORDS:
		for (const struct word *w = info->names; w->name != NULL; w++)
			if (info->kind == KIND_WORD
				? w->number == v->number
				: (v->number & BIT(w->number)) != 0)
				put_item(b, w->name, n++);
		break;
	}
	if (n == 0)
		buf_put_str(b, "any");
}
