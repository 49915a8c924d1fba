/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_H
#define PROV_ESSENCE_H

#include <prov/err.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PROV_NO_TIME INT64_MIN /* a packet time that is not known */

typedef enum prov_kind {
	PROV_VIDEO = 1,
	PROV_AUDIO = 2,
	PROV_SUBTITLE = 3, /* subtitles, overlays and their fonts */
	PROV_IMAGE = 4,
	PROV_DATA = 5 /* timecode, chapters, telemetry, cover art: reported */
} prov_kind;

/*
 * Presentation: what changes what is seen or heard without changing essence.
 * Colour values are those of ISO/IEC 23091-2. The numbers are part of the
 * manifest format: never renumbered.
 */
typedef enum prov_field {
	PROV_WIDTH = 0,       /* pixels, after the bitstream's own cropping */
	PROV_HEIGHT = 1,
	PROV_DISPLAY_W = 2,   /* after aspect, before rotation; default width */
	PROV_DISPLAY_H = 3,
	PROV_ROTATION = 4,    /* clockwise degrees, 0 to 359; default 0 */
	PROV_FLIP = 5,        /* 1 horizontal, 2 vertical; default 0 */
	PROV_CROP_LEFT = 6,   /* container cropping, pixels; default 0 */
	PROV_CROP_TOP = 7,
	PROV_CROP_RIGHT = 8,
	PROV_CROP_BOTTOM = 9,
	PROV_PRIMARIES = 10,  /* default 2, unspecified */
	PROV_TRANSFER = 11,   /* default 2 */
	PROV_MATRIX = 12,     /* default 2 */
	PROV_RANGE = 13,      /* 1 limited, 2 full; default 0, unspecified */
	PROV_STEREO = 14,     /* Matroska StereoMode numbers; default 0, mono */
	PROV_PROJECTION = 15, /* 0 rectangular, 1 equirect, 2 cube, 3 mesh, 4 other */
	PROV_FIELDS = 16,     /* field order: 0 progressive, 1 top, 2 bottom */
	PROV_ALPHA = 17,      /* default 0 */
	PROV_BITS = 18,       /* bits per sample, luma or audio */
	PROV_CHROMA = 19,     /* chroma_format_idc: 0 grey, 1 420, 2 422, 3 444 */
	PROV_RATE = 20,       /* samples a second as heard */
	PROV_CHANNELS = 21,   /* as heard */
	PROV_LAYOUT = 22,     /* speaker mask, WAVE bits; default by channels */
	PROV_SBR = 23,        /* bits: 1 SBR, 2 PS explicitly off; default 0 */
	PROV_GAIN = 24,       /* Opus output gain, 1/256 dB; default 0 */
	PROV_DELAY = 25,      /* declared codec delay, samples */
	PROV_PADDING = 26,    /* declared end padding, samples */
	PROV_SHOWN_FROM = 27, /* presented interval on the common clock, ns */
	PROV_SHOWN_TO = 28,
	PROV_EDITED = 29,     /* bits: 1 dwells, rates, parts left out or moved;
				 2 ends that an edit list hides; default 0 */
	PROV_ICC = 30,        /* first 63 bits of an ICC profile's SHA-256 */
	PROV_GAMMA = 31,      /* PNG gAMA */
	PROV_CHRM = 32,       /* first 63 bits of SHA-256 over PNG cHRM */
	PROV_SRGB = 33,       /* PNG sRGB intent + 1; default 0, absent */
	PROV_DENSITY_X = 34,  /* JFIF or pHYs pixels per unit; default 0 */
	PROV_DENSITY_Y = 35,
	PROV_DENSITY_UNIT = 36, /* 0 aspect only, 1 inch, 2 cm, 3 metre */
	PROV_TRANSFORM = 37,  /* JPEG colour transform in effect: 0, 1, 2 */
	PROV_MASTERING = 38,  /* first 63 bits of SHA-256 over the volume */
	PROV_LIGHT = 39,      /* content light level: MaxCLL << 16 | MaxFALL */
	PROV_HDR = 40,        /* first 63 bits over HDR dynamic metadata */
	PROV_DISPLAY_SEI = 41, /* display-orientation SEI: angle<<2|hflip<<1|vflip */
	PROV_PACKING = 42,    /* frame packing arrangement type + 1; default 0 */
	PROV_DOVI = 43,   /* first 63 bits over a Dolby Vision configuration */
	PROV_SPHERE = 44, /* the same over pose, bounds and eyes; default 0 */
	PROV_STRUCTS = 45, /* first 63 bits over pic_structs; default 0, frames */
	PROV_CAPTIONS = 46, /* first 63 bits over A/53 captions; default 0 */
	PROV_LOOPS = 47,      /* times an animation is shown, 0 without end */
	PROV_LASTS = 48,      /* how long its last picture stands, ns */
	PROV_FIELD_MAX = 49
} prov_field;

typedef struct prov_present {
	uint64_t known; /* bit f: v[f] is stated by the source */
	int64_t v[PROV_FIELD_MAX];
} prov_present;

/* States one field. */
static inline void
prov_present_set(prov_present *p, prov_field f, int64_t v)
{
	p->known |= UINT64_C(1) << f;
	p->v[f] = v;
}

/*
 * What a feeder knows of a stream before its packets. Strings and extradata
 * are copied. codec is FFmpeg's name: "h264", "hevc", "aac", "mp3", "opus",
 * "pcm_s16le", ... Codecs without a canonical form are hashed as "raw/1".
 */
typedef struct prov_config {
	prov_kind kind;
	const char *codec;
	prov_span extradata; /* avcC, hvcC, AudioSpecificConfig, OpusHead ... */
	uint32_t tb_num;     /* seconds per tick of packet times, as a fraction */
	uint32_t tb_den;
	int64_t shift_ns;    /* added to every time: edit list, empty edits */
	int64_t end;         /* sound: ticks at which it ends as heard; 0: unknown */
	uint32_t rate;       /* audio: samples a second; 0 not known */
	uint32_t channels;   /* audio; 0 not known */
	uint32_t bits;       /* per sample or pixel as stored; 0 not known */
	uint32_t coded_w;    /* video: the size as the container states it, */
	uint32_t coded_h;    /* before any cropping of its own; 0 not known */
	prov_present present; /* what the container states */
} prov_config;

#define PROV_PACKET_KEY     0x1U /* the container calls it a key frame */
#define PROV_PACKET_CORRUPT 0x2U /* the demuxer knows that bytes are missing */

typedef struct prov_packet {
	prov_span data;
	prov_span extradata; /* new configuration from here on; else empty */
	prov_span side; /* shown with it: alpha, palette, cue settings; or empty */
	int64_t pts;         /* ticks, or PROV_NO_TIME */
	int64_t dts;
	int64_t duration; /* ticks; 0 not known */
	unsigned flags;
} prov_packet;

typedef struct prov_essence prov_essence;   /* an asset being identified */
typedef struct prov_identity prov_identity; /* what identifies an asset */

/* format is FFmpeg's short name of the container: "mp4", "matroska", ... */
PROV_API PROV_MUST_USE prov_status prov_essence_new(prov_essence **out,
    const char *format, prov_err *err);

/* *index is the number to give with the stream's packets. */
PROV_API PROV_MUST_USE prov_status prov_essence_stream(prov_essence *e,
    const prov_config *config, unsigned *index, prov_err *err);

/* Packets in coded order for each stream; streams may interleave. */
PROV_API PROV_MUST_USE prov_status prov_essence_packet(prov_essence *e,
    unsigned index, const prov_packet *packet, prov_err *err);

/*
 * Says that something keeps the asset from being identified by its streams,
 * as a stable reason code such as "essence.incomplete". Copied.
 */
PROV_API PROV_MUST_USE prov_status prov_essence_refuse(prov_essence *e,
    const char *code, prov_err *err);

/* Closes all streams. e is spent; free it. */
PROV_API PROV_MUST_USE prov_status prov_essence_finish(prov_essence *e,
    prov_identity **out, prov_err *err);
PROV_API void prov_essence_free(prov_essence *e);

/* One stream of an identity. Borrowed from it. */
typedef struct prov_stream_info {
	unsigned index;
	prov_kind kind;
	const char *codec;
	const char *canon; /* canonical form: "h264/1", "raw/1", ... */
	const char *rule;  /* segmentation: "rap/1", "cdc/1", "one/1" */
	uint8_t root[32];
	uint8_t config[32];
	uint64_t segments;
	uint64_t frames;
	double duration_s;
	const prov_present *present;
	const char *refused; /* why it cannot be matched as a stream, or NULL */
} prov_stream_info;

PROV_API const char *prov_identity_format(const prov_identity *id);
PROV_API size_t prov_identity_streams(const prov_identity *id);

/* The first reason code that keeps the whole asset from streams, or NULL. */
PROV_API const char *prov_identity_refused(const prov_identity *id);

/* Fills *out; PROV_EARG where there is no stream i. */
PROV_API PROV_MUST_USE prov_status prov_identity_stream(
    const prov_identity *id, size_t i, prov_stream_info *out, prov_err *err);

PROV_API void prov_identity_free(prov_identity *id);

/* The name of a presentation field ("rotation") and of a kind ("video"). */
PROV_API const char *prov_field_name(prov_field f);
PROV_API const char *prov_kind_name(prov_kind kind);

#ifdef __cplusplus
}
#endif
#endif
