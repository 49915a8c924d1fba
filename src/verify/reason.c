/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "verify/reason.h"

static const struct {
	const char *code;
	const char *text;
} table[REASON_N] = {
	[REASON_UNSIGNED] = { "unsigned", "nothing known about it" },
	[REASON_SIDECAR_MALFORMED] = { "carrier.sidecar.malformed",
	    "the sidecar is damaged" },
	[REASON_SIDECAR_MISMATCH] = { "carrier.sidecar.mismatch",
	    "the sidecar is about another file" },
	[REASON_SIGNATURE_INVALID] = { "signature.invalid",
	    "the signature does not verify" },
	[REASON_SIGNATURE_UNTRUSTED] = { "signature.untrusted",
	    "nobody trusted has this key" },
	[REASON_SIGNATURE_ISS] = { "signature.iss",
	    "the key may not sign for this issuer" },
	[REASON_SIGNATURE_PATH] = { "signature.path",
	    "the key is not trusted for this path" },
	[REASON_SIGNATURE_EXPIRED] = { "signature.expired",
	    "the key is outside its time of validity" },
	[REASON_SIGNATURE_REVOKED] = { "signature.revoked",
	    "the key was revoked" },
	[REASON_ASSET_TAKEDOWN] = { "asset.takedown",
	    "the asset was taken down" },
	[REASON_REVOCATION_UNCHECKED] = { "revocation.unchecked",
	    "whether it was revoked was not checked" },
	[REASON_LEDGER_ABSENT] = { "ledger.absent",
	    "no proof that the statement was logged" },
	[REASON_LEDGER_INVALID] = { "ledger.invalid",
	    "the ledger or its proof does not verify" },
	[REASON_LEDGER_UNTRUSTED] = { "ledger.untrusted",
	    "no trusted log has this origin" },
	[REASON_LEDGER_WITNESSES] = { "ledger.witnesses",
	    "too few of the witnesses that trust asks for have cosigned" },
	[REASON_LEDGER_STALE] = { "ledger.stale",
	    "the ledger at hand is older than what is known of it" },
	[REASON_LEDGER_FORK] = { "ledger.fork",
	    "the log signed two histories" },
	[REASON_STATEMENT_SUPERSEDED] = { "statement.superseded",
	    "the signer replaced this statement" },
	[REASON_STREAMS_MISMATCH] = { "binding.streams.mismatch",
	    "the streams differ from the signed ones" },
	[REASON_CLIP_UNPROVEN] = { "binding.clip.unproven",
	    "it is no single piece of what was signed" },
	[REASON_BYTES_MISMATCH] = { "binding.bytes.mismatch",
	    "the bytes differ from the signed ones" },
	[REASON_ESSENCE_ALTERED] = { "essence.altered",
	    "coded pictures or sound were changed" },
	[REASON_ESSENCE_MISSING] = { "essence.missing",
	    "coded pictures or sound were removed" },
	[REASON_ESSENCE_ADDED] = { "essence.added",
	    "coded pictures or sound were added" },
	[REASON_ESSENCE_REORDERED] = { "essence.reordered",
	    "coded pictures or sound were put in another order" },
	[REASON_ESSENCE_FORM] = { "essence.form",
	    "the codec can be compared only inside its own container" },
	[REASON_CONFIG_SPS] = { "config.sps",
	    "the sequence parameters were changed" },
	[REASON_CONFIG_PPS] = { "config.pps",
	    "the picture parameters were changed" },
	[REASON_CONFIG_VPS] = { "config.vps",
	    "the video parameters were changed" },
	[REASON_CONFIG_CHANGED] = { "config.changed",
	    "the decoder configuration was changed" },
	[REASON_TIMING_RATE] = { "timing.rate", "the speed was changed" },
	[REASON_TIMING_FRAMES] = { "timing.frames",
	    "frames are shown at other times" },
	[REASON_TIMING_OFFSET] = { "timing.offset",
	    "the stream was moved against the others" },
	[REASON_TIMING_GAP] = { "timing.gap", "the sound has another gap" },
	[REASON_TIMING_COARSE] = { "timing.coarse",
	    "the container's clock is too coarse for the signed times" },
	[REASON_TIMING_UNKNOWN] = { "timing.unknown",
	    "frame times are not known" },
	[REASON_ROTATION] = { "presentation.rotation", "rotation" },
	[REASON_FLIP] = { "presentation.flip", "mirroring" },
	[REASON_CROP] = { "presentation.crop", "cropping" },
	[REASON_ASPECT] = { "presentation.aspect", "aspect ratio" },
	[REASON_SIZE] = { "presentation.size", "picture size" },
	[REASON_COLOUR] = { "presentation.colour", "colour" },
	[REASON_STEREO] = { "presentation.stereo", "stereo mode" },
	[REASON_PROJECTION] = { "presentation.projection", "projection" },
	[REASON_FIELDS] = { "presentation.fields", "field order" },
	[REASON_ALPHA] = { "presentation.alpha", "transparency" },
	[REASON_EDITED] = { "presentation.edited",
	    "an edit list hides, holds or repeats parts" },
	[REASON_SHOWN] = { "presentation.shown", "presented interval" },
	[REASON_RATE] = { "presentation.rate", "sample rate" },
	[REASON_CHANNELS] = { "presentation.channels", "channels" },
	[REASON_SBR] = { "presentation.sbr", "band replication" },
	[REASON_GAIN] = { "presentation.gain", "gain" },
	[REASON_ICC] = { "presentation.icc", "colour profile" },
	[REASON_GAMMA] = { "presentation.gamma", "gamma or chromaticities" },
	[REASON_DENSITY] = { "presentation.density", "pixel density" },
	[REASON_TRANSFORM] = { "presentation.transform", "colour transform" },
	[REASON_HDR] = { "presentation.hdr", "high dynamic range data" },
	[REASON_CAPTIONS] = { "presentation.captions", "captions" },
	[REASON_LOOPS] = { "presentation.loops",
	    "how often the animation is shown" },
	[REASON_STREAMS_MISSING] = { "streams.missing",
	    "a signed stream is missing" },
	[REASON_STREAMS_ADDED] = { "streams.added", "a stream was added" },
	[REASON_DEMUX_UNSUPPORTED] = { "demux.unsupported",
	    "the format cannot be taken apart" },
	[REASON_DEMUX_MALFORMED] = { "demux.malformed",
	    "the file cannot be taken apart" },
};

/*
 * What may come from a worker, or stand in a manifest as why a stream has no
 * identity: a worker that was taken over has no other words to put into a
 * verdict. tests/lint/man.t holds it to what essence and demux say.
 */
static const char *const outside[] = {
	"demux.unsupported",
	"demux.malformed",
	"config.changed",
	"config.conflict",
	"config.unresolved",
	"essence.incomplete",
	"essence.noncanonical",
	"format.descriptions",
	"format.encrypted",
	"format.external",
	"format.linked",
	"format.ordered",
	"limit.boxes",
	"limit.cpu",
	"limit.crash",
	"limit.depth",
	"limit.elements",
	"limit.extradata",
	"limit.frames",
	"limit.image",
	"limit.memory",
	"limit.packet",
	"limit.presentation",
	"limit.reads",
	"limit.samples",
	"limit.sandbox",
	"limit.segments",
	"limit.sets",
	"limit.size",
	"limit.streams",
	"limit.times",
	"limit.worker",
};

const char *
reason_code(enum reason r)
{
	return (table[r].code);
}

const char *
reason_text(enum reason r)
{
	return (table[r].text);
}

const char *
reason_foreign(size_t i)
{
	return (i < sizeof(outside) / sizeof(outside[0]) ? outside[i] : NULL);
}

static struct finding *
find(const struct findings *f, const char *code)
{
	for (size_t i = 0; i < f->n; i++) {
		if (strcmp(f->at[i].code, code) == 0)
			return ((struct finding *)(uintptr_t)&f->at[i]);
	}
	return (NULL);
}

void
findings_clear(struct findings *f)
{
	f->n = f->n_skipped = 0;
}

void
findings_copy(struct findings *to, const struct findings *from)
{
	to->n = from->n;
	memcpy(to->at, from->at, from->n * sizeof(from->at[0]));
	to->n_skipped = from->n_skipped;
	memcpy(to->skipped, from->skipped,
	    from->n_skipped * sizeof(from->skipped[0]));
}

static struct finding *
put(struct findings *f, const char *code)
{
	struct finding *new;

	/* Full of foreign codes: all of this library's own still fit. */
	if (find(f, code) != NULL || f->n == FINDINGS_MAX)
		return (NULL);
	new = &f->at[f->n++];
	(void)snprintf(new->code, sizeof(new->code), "%s", code);
	new->detail[0] = '\0';
	return (new);
}

/* Messages of other stages may begin with the very code. */
static void
drop_code(struct finding *f)
{
	size_t len = strlen(f->code);

	if (strncmp(f->detail, f->code, len) == 0 &&
	    strncmp(f->detail + len, ": ", 2) == 0)
		memmove(f->detail, f->detail + len + 2,
		    strlen(f->detail + len + 2) + 1);
}

void
findings_add(struct findings *f, enum reason r, const char *fmt, ...)
{
	struct finding *new = put(f, table[r].code);
	va_list ap;

	if (new == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(new->detail, sizeof(new->detail), fmt, ap);
	va_end(ap);
	drop_code(new);
}

static const char *
known_outside(const char *code, enum reason instead)
{
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		if (strcmp(outside[i], code) == 0)
			return (outside[i]);
	if (strncmp(code, "limit.", 6) == 0)
		return ("limit.worker");
	return (table[instead].code);
}

void
findings_foreign(struct findings *f, const char *code, const char *detail,
    enum reason instead)
{
	struct finding *new;
	size_t foreign = 0;

	for (size_t i = 0; i < f->n; i++) {
		bool own = false;

		for (size_t r = 0; r < REASON_N && !own; r++)
			own = strcmp(table[r].code, f->at[i].code) == 0;
		foreign += !own;
	}
	code = foreign < FINDINGS_MAX - REASON_N ? known_outside(code, instead)
	                                         : table[instead].code;
	new = put(f, code);
	if (new != NULL && detail != NULL)
		(void)snprintf(new->detail, sizeof(new->detail), "%s", detail);
}

bool
findings_add_code(struct findings *f, const char *code)
{
	bool known = false;

	for (size_t r = 0; r < REASON_N && !known; r++)
		known = strcmp(table[r].code, code) == 0;
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		known = known || strcmp(outside[i], code) == 0;
	return (known && (put(f, code) != NULL || find(f, code) != NULL));
}

void
findings_remove(struct findings *f, enum reason r)
{
	struct finding *gone = find(f, table[r].code);
	size_t i;

	if (gone == NULL)
		return;
	i = (size_t)(gone - f->at);
	f->n--;
	memmove(gone, gone + 1, (f->n - i) * sizeof(*gone));
}

bool
findings_skipped(const struct findings *f, const char *what)
{
	for (size_t i = 0; i < f->n_skipped; i++) {
		if (strcmp(f->skipped[i], what) == 0)
			return (true);
	}
	return (false);
}

void
findings_skip(struct findings *f, const char *what)
{
	if (findings_skipped(f, what) || f->n_skipped == SKIPPED_MAX)
		return;
	(void)snprintf(f->skipped[f->n_skipped++], CODE_MAX + 1, "%s", what);
}

void
findings_unskip(struct findings *f, const char *what)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->n_skipped; i++) {
		if (strcmp(f->skipped[i], what) == 0)
			continue;
		if (kept != i)
			memcpy(f->skipped[kept], f->skipped[i], CODE_MAX + 1);
		kept++;
	}
	f->n_skipped = kept;
}

bool
findings_has(const struct findings *f, enum reason r)
{
	return (find(f, table[r].code) != NULL);
}

void
findings_join(struct findings *f, const struct findings *more)
{
	for (size_t i = 0; i < more->n; i++) {
		struct finding *new = put(f, more->at[i].code);

		if (new != NULL)
			memcpy(new->detail, more->at[i].detail,
			    sizeof(new->detail));
	}
	for (size_t i = 0; i < more->n_skipped; i++)
		findings_skip(f, more->skipped[i]);
}
