/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_IDENTITY_H
#define PROV_ESSENCE_IDENTITY_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/cbor.h"
#include "essence/timeline.h"
#include "prov/essence.h"

#define CODEC_NAME_MAX 31
#define PART_NAME_MAX  15 /* "sps", "pps", "vps", "asc", "head", ... */
#define PARTS_MAX      8
#define CODE_MAX       63 /* a dotted reason code */

/* One named part of the active configuration, so that changes have names. */
struct part {
	char name[PART_NAME_MAX + 1];
	uint8_t digest[32];
};

/* One stream as it is signed; the timeline travels as a blob beside it. */
struct stream {
	unsigned index;
	prov_kind kind;
	char codec[CODEC_NAME_MAX + 1];
	char canon[CODEC_NAME_MAX + 1]; /* the form's name: "h264/1" */
	char rule[CODEC_NAME_MAX + 1];  /* "rap/1", "cdc/1", "one/1" */
	uint8_t config[32];             /* over all parts, by name */
	size_t n_parts;
	struct part parts[PARTS_MAX];
	prov_present present;
	uint64_t segments;
	uint64_t frames;  /* coded pictures, syncframes, or PCM: sample frames */
	uint64_t samples; /* audio: at the core rate; else 0 */
	uint32_t rate;    /* audio: the core rate that samples count; else 0 */
	int64_t duration_ns;
	uint8_t root[32];     /* over the leaves */
	uint8_t timeline[32]; /* SHA-256 of the blob */
	bool has_ancillary;
	uint8_t ancillary[32]; /* SEI and metadata, reported apart */
	char refused[CODE_MAX + 1]; /* why never "streams"; "" if it may be */
	struct buf times; /* the timeline's times item, where <= INLINE_TIMES_MAX */
	struct timeline *tl; /* where it is at hand; else NULL. Owned. */
};

struct prov_identity {
	char format[CODEC_NAME_MAX + 1];
	char refused[CODE_MAX + 1]; /* of the whole asset; "" if none */
	int64_t uncovered;          /* file bytes that no record covers; -1 unknown */
	/* A media file inside that is to be identified yet; len 0: none. */
	uint64_t inner_at, inner_len;
	size_t n;
	struct stream *streams; /* owned */
};
DEFINE_AUTO(prov_identity, prov_identity_free)

/*
 * Names are what a terminal can show and a policy can compare: printable ASCII
 * without blanks. Copies one of 1 to size - 1 characters; false otherwise.
 */
bool name_set(char *out, size_t size, const char *name);

/* A digest as a presentation value: its first 63 bits. */
static inline int64_t
digest63(const uint8_t digest[32])
{
	return ((int64_t)(be64(digest) >> 1));
}

void stream_clear(struct stream *s); /* releases what it owns */

/*
 * The manifest's form of one stream (a CBOR map, manifest.cddl "stream"):
 * everything but tl. Decoding refuses what encoding would not write.
 */
void stream_encode(struct buf *b, const struct stream *s);
prov_status stream_decode(struct stream *out, struct cbor *c, prov_err *err);

/* What a stream is found by; borrows. */
struct stream_outline {
	prov_kind kind;
	const uint8_t *root, *timeline; /* 32 bytes each */
};

/* Reads no more than that, of a stream that stream_decode once took. */
prov_status stream_outline(struct stream_outline *out, struct cbor *c,
    prov_err *err);

/*
 * What prov-demux answers: a map of format, refused, uncovered, streams and
 * timeline blobs. Decoding checks each blob against its stream's digest,
 * counts and root.
 */
prov_status identity_encode(struct buf *b, const prov_identity *id,
    prov_err *err);
prov_status identity_decode(prov_identity **out, prov_span bytes,
    prov_err *err);

prov_status identity_new(prov_identity **out, const char *format,
    prov_err *err);
/* Adds a cleared stream and lends it. */
prov_status identity_add(prov_identity *id, struct stream **out,
    prov_err *err);

/*
 * Moves the streams of more, an asset inside, behind those of id. What refuses
 * it refuses both, and what it does not cover is not covered.
 */
prov_status identity_join(prov_identity *id, prov_identity *more,
    prov_err *err);

#endif
