/* SPDX-License-Identifier: ISC */
#include "manifest/sourcetype.h"

#include <string.h>
#include <strings.h>

/* In the order of how much is made and not seen. */
static const char *const terms[] = { "digitalCapture", "computationalCapture",
	"negativeFilm", "positiveFilm", "print", "screenCapture", "humanEdits",
	"minorHumanEdits", "compositeCapture", "composite", "empty",
	"algorithmicallyEnhanced", "digitalCreation", "digitalArt",
	"softwareImage", "dataDrivenMedia", "virtualRecording",
	"compositeSynthetic", "algorithmicMedia",
	"compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicData",
	"trainedAlgorithmicMedia" };

#define TERMS_N     (sizeof(terms) / sizeof(terms[0]))
#define CAPTURED_N  6  /* of them seen by a camera, a scanner or on a screen */
#define SYNTHETIC_I 16 /* where they begin to be made by models */

static const char *const vocabularies[] = {
	"http://cv.iptc.org/newscodes/digitalsourcetype/",
	"https://cv.iptc.org/newscodes/digitalsourcetype/",
	"http://c2pa.org/digitalsourcetype/",
	"https://c2pa.org/digitalsourcetype/",
};

static size_t
address_len(prov_span text)
{
	for (size_t i = 0; i < sizeof(vocabularies) / sizeof(char *); i++) {
		size_t n = strlen(vocabularies[i]);

		if (text.len >= n &&
		    strncasecmp((const char *)text.p, vocabularies[i], n) == 0)
			return (n);
	}
	return (0);
}

bool
source_type_read(char out[SOURCE_TYPE_MAX + 1], prov_span text)
{
	size_t n = address_len(text);

	for (size_t i = 0; i < TERMS_N; i++) {
		if (strlen(terms[i]) != text.len - n ||
		    strncasecmp((const char *)text.p + n, terms[i],
			text.len - n) != 0)
			continue;
		memcpy(out, terms[i], strlen(terms[i]) + 1);
		return (true);
	}
	return (false);
}

static size_t
index_of(const char *term)
{
	size_t i = 0;

	while (i < TERMS_N && strcmp(term, terms[i]) != 0)
		i++;
	return (i);
}

unsigned
source_type_rank(const char *term)
{
	size_t i;

	if (term[0] == '\0')
		return (0);
	i = index_of(term);
	if (i == TERMS_N)
		return (SYNTHETIC_I + 1);
	return ((unsigned)i + 1 + (i >= SYNTHETIC_I));
}

bool
source_type_captured(const char *term)
{
	return (index_of(term) < CAPTURED_N);
}
