/* SPDX-License-Identifier: ISC */
#include "verify/advice.h"

#include <stddef.h>
#include <string.h>

/* What to do, where many codes share it. */
#define ASK_ORIGINAL \
	"Ask whoever gave you the file for the original, and verify that."
#define ASK_SIGNER "Ask the signer which file is right, by another way."
#define LOOK       "Look at it where it is marked, beside the original."
#define USE_BYTES \
	"It can still verify by its bytes: use the very file that was signed."
#define DO_NOT_USE "Do not use the file; tell whoever runs the log."
#define BEWARE                                                               \
	"Take the file for damaged or hostile; open it in no other program " \
	"before you know which."

static const struct advice reasons[] = {
	{ "unsigned",
	    "No sidecar is beside the file, and no ledger at hand has it.",
	    "If it should be signed, fetch its sidecar or name the ledger "
	    "with --ledger." },
	{ "carrier.sidecar.malformed",
	    "The sidecar is damaged, and nothing replaces it.",
	    "Fetch the sidecar again, or use --no-sidecar to rely on the "
	    "ledger alone." },
	{ "carrier.sidecar.mismatch",
	    "The sidecar is about another recording: no part is the same.",
	    "Find the sidecar that belongs to this file." },
	{ "signature.invalid",
	    "The signature was not made by the key that it names, or the "
	    "statement was changed after it was signed.",
	    "Do not use the file; fetch the sidecar from its source again." },
	{ "signature.untrusted",
	    "The trust file names nobody who has the key it was signed with.",
	    "If you know the signer, compare the key with them and run "
	    "prov trust add." },
	{ "signature.iss",
	    "The key is trusted, but not to sign in this issuer's name.",
	    ASK_SIGNER },
	{ "signature.path",
	    "The key is trusted, but not for files in this place.",
	    "Move the file to where this signer may put it, or widen the "
	    "scope in the trust file." },
	{ "signature.expired",
	    "The key is outside the time for which it is trusted.",
	    "Renew the trust if it should still count, or ask for a newer "
	    "signature." },
	{ "signature.revoked",
	    "The key was revoked, and this signature with it: it may be a "
	    "thief's.",
	    "Do not use the file; ask the signer for a new one." },
	{ "asset.takedown",
	    "Its signer, or one who may, has taken this file back.",
	    "Do not use the file; ask the signer why." },
	{ "revocation.unchecked",
	    "Whether the key was revoked or the file taken down was not "
	    "checked, and you asked for that.",
	    "Name the ledger with --ledger." },
	{ "ledger.absent",
	    "Nothing proves that the statement was written into the log.",
	    "Fetch a sidecar with a proof, or name the ledger with "
	    "--ledger." },
	{ "ledger.invalid",
	    "The ledger, or the proof from it, does not add up.", DO_NOT_USE },
	{ "ledger.untrusted", "The trust file names no log of this origin.",
	    "If you know the log, run prov trust add --log VKEY." },
	{ "ledger.witnesses",
	    "Fewer witnesses saw the checkpoint than the trust file asks for.",
	    "Fetch a newer sidecar, or complete this one with "
	    "prov ledger prove --update." },
	{ "ledger.stale",
	    "The ledger at hand is older than the sidecar's proof, or than it "
	    "was "
	    "when it was last seen.",
	    "Bring the ledger up to date and verify again." },
	{ "ledger.fork",
	    "The log signed two histories that exclude each other.",
	    "Keep the evidence, which prov ledger fork checks for anyone; "
	    "trust "
	    "nothing from this log until it is "
	    "explained." },
	{ "statement.superseded",
	    "The signer has replaced this statement by a newer one.",
	    "Ask the signer for the newer file." },
	{ "binding.streams.mismatch",
	    "In some respect the streams of this file are not the signed ones.",
	    ASK_ORIGINAL },
	{ "binding.bytes.mismatch",
	    "The bytes differ, and the streams could not be compared.",
	    ASK_ORIGINAL },
	{ "binding.clip.unproven",
	    "It has parts of what was signed, but is not one whole piece of "
	    "it.",
	    ASK_ORIGINAL },
	{ "essence.altered",
	    "Coded pictures or sound are other than those that were signed.",
	    LOOK },
	{ "essence.missing",
	    "Coded pictures or sound that were signed are not there.",
	    ASK_ORIGINAL },
	{ "essence.added",
	    "Coded pictures or sound are there that nobody signed.", LOOK },
	{ "essence.reordered",
	    "Coded pictures or sound are there, but in another order.", LOOK },
	{ "essence.form",
	    "This codec can be compared only inside its own container.",
	    "Verify the file in the container that it was signed in." },
	{ "essence.incomplete", "Some of the media is known not to be there.",
	    "Fetch the file again: it may have been cut off." },
	{ "essence.noncanonical",
	    "Other programs may read other media out of the same bytes.",
	    USE_BYTES },
	{ "config.sps",
	    "The decoder is told another size, crop or colour than was "
	    "signed.",
	    ASK_ORIGINAL },
	{ "config.pps",
	    "The decoder is told to read the pictures in another way.",
	    ASK_ORIGINAL },
	{ "config.vps", "The decoder is told of other layers than were signed.",
	    ASK_ORIGINAL },
	{ "config.changed",
	    "The decoder's configuration is other than the signed one.",
	    ASK_ORIGINAL },
	{ "config.conflict",
	    "The container and the stream tell the decoder different things.",
	    USE_BYTES },
	{ "config.unresolved",
	    "What the decoder needs is not there or cannot be read.",
	    "Fetch the file again: its beginning may be missing." },
	{ "timing.rate", "It is played faster or slower than it was signed.",
	    ASK_ORIGINAL },
	{ "timing.frames", "Frames are shown at other times than signed.",
	    ASK_ORIGINAL },
	{ "timing.offset", "Sound and picture were moved against each other.",
	    ASK_ORIGINAL },
	{ "timing.gap", "A silence was opened in the sound, or closed.",
	    ASK_ORIGINAL },
	{ "timing.coarse",
	    "The container's clock is too coarse to say the signed times.",
	    "Use a container with a finer clock, such as MP4 or Matroska." },
	{ "timing.unknown",
	    "It is not known when frames are shown, so speed and order were "
	    "not proven.",
	    "Give the sidecar or the ledger, which hold the times." },
	{ "presentation.rotation", "The picture is rotated otherwise.",
	    ASK_ORIGINAL },
	{ "presentation.flip", "The picture is mirrored.", ASK_ORIGINAL },
	{ "presentation.crop", "Another part of the picture is shown.",
	    ASK_ORIGINAL },
	{ "presentation.aspect", "The picture is stretched or squeezed.",
	    ASK_ORIGINAL },
	{ "presentation.size", "The picture has another size.", ASK_ORIGINAL },
	{ "presentation.colour", "Colours or brightness are shown otherwise.",
	    ASK_ORIGINAL },
	{ "presentation.stereo",
	    "The two eyes' pictures are told apart "
	    "otherwise.",
	    ASK_ORIGINAL },
	{ "presentation.projection",
	    "The picture is wrapped around the viewer otherwise.",
	    ASK_ORIGINAL },
	{ "presentation.fields", "Interlaced lines are shown in another order.",
	    ASK_ORIGINAL },
	{ "presentation.alpha", "Transparency differs.", ASK_ORIGINAL },
	{ "presentation.edited",
	    "The container hides, holds or repeats parts of what is there.",
	    "Read the file without its edit list, or " USE_BYTES },
	{ "presentation.shown", "Another part of the recording is presented.",
	    ASK_ORIGINAL },
	{ "presentation.rate", "The sound is played at another rate.",
	    ASK_ORIGINAL },
	{ "presentation.channels", "The sound comes from other speakers.",
	    ASK_ORIGINAL },
	{ "presentation.sbr",
	    "High frequencies or stereo are put back otherwise.",
	    ASK_ORIGINAL },
	{ "presentation.gain", "The sound is louder or quieter.",
	    ASK_ORIGINAL },
	{ "presentation.icc", "The picture has another colour profile.",
	    ASK_ORIGINAL },
	{ "presentation.gamma",
	    "The picture has another gamma or other "
	    "primaries.",
	    ASK_ORIGINAL },
	{ "presentation.density", "The picture has another size on paper.",
	    ASK_ORIGINAL },
	{ "presentation.transform", "The JPEG's colours are decoded otherwise.",
	    ASK_ORIGINAL },
	{ "presentation.hdr",
	    "Bright and dark are mapped to the screen otherwise.",
	    ASK_ORIGINAL },
	{ "presentation.captions", "The captions inside the pictures differ.",
	    ASK_ORIGINAL },
	{ "presentation.loops",
	    "The animation is shown more or less often than signed.",
	    ASK_ORIGINAL },
	{ "streams.missing", "A signed stream is not in the file.",
	    ASK_ORIGINAL },
	{ "streams.added",
	    "The file has a stream to see, hear or read that nobody signed.",
	    "Remove the stream, or sign the file anew." },
	{ "demux.unsupported", "prov knows no streams in this format.",
	    USE_BYTES },
	{ "demux.malformed", "The file cannot be taken apart.", BEWARE },
	{ "format.encrypted", "The media is encrypted.", USE_BYTES },
	{ "format.external", "The media is in another file.", USE_BYTES },
	{ "format.descriptions",
	    "A track changes its codec or configuration by a table.",
	    USE_BYTES },
	{ "format.ordered", "The file is played in an order of its own.",
	    USE_BYTES },
	{ "format.linked", "The file is played together with others.",
	    USE_BYTES },
	{ "limit.crash", "The file broke the process that took it apart.",
	    BEWARE },
	{ "limit.sandbox",
	    "The file made the process that took it apart do what is "
	    "forbidden.",
	    BEWARE },
	{ "limit.", "The file is larger or more deeply built than prov reads.",
	    BEWARE },
	{ "format.", "The format has a feature that prov does not follow.",
	    USE_BYTES },
	{ "presentation.", "It is presented otherwise.", ASK_ORIGINAL },
	{ "timing.", "Its times differ.", ASK_ORIGINAL },
	{ "config.", "Its configuration differs.", ASK_ORIGINAL },
	{ "essence.", "Its content differs.", ASK_ORIGINAL },
};

static const struct advice skipped[] = {
	{ "ledger", "No ledger was at hand to look the file up in.",
	    "Name one with --ledger." },
	{ "streams",
	    "The file was not taken apart, so its streams were not looked up.",
	    NULL },
	{ "clip", "Whether the file is a part of a signed recording.",
	    "Give the sidecar or the ledger of the recording." },
	{ "clip.edges",
	    "What stands at the ends of the clip: parts of signed segments.",
	    "Ask for the original." },
	{ "timing", "When frames are shown.",
	    "Give the sidecar or the ledger, which hold the times." },
	{ "superseded", "Whether the signer has replaced the statement.",
	    "Name the ledger with --ledger." },
	{ "revocation", "Whether the key was revoked or the file taken down.",
	    "Name the ledger with --ledger." },
	{ "consistency",
	    "Whether the log has kept to its history: no earlier checkpoint "
	    "of it was there to compare with.",
	    "Name the ledger with --ledger; from then on it is remembered." },
	{ "bytes",
	    "How many bytes of the file nobody signed: in this format that "
	    "is not known exactly.",
	    NULL },
	{ "presentation.",
	    "A setting that this container cannot state, or that only one "
	    "side states.",
	    NULL },
};

static const struct advice words[] = {
	{ "VERIFIED exact", "Every byte of this file is as it was signed.",
	    NULL },
	{ "VERIFIED streams",
	    "The file was repackaged. Its pictures, sound, timing and "
	    "presentation are as they were signed.",
	    NULL },
	{ "CLIP", "This is a part of a signed recording.", NULL },
	{ "ALTERED", "The original is known, and this is not it.", NULL },
	{ "UNSIGNED", "Nothing is known about this file, good or bad.", NULL },
	{ "UNTRUSTED", "Nobody whom you trust vouches for this file.", NULL },
	{ "REVOKED", "The signer, or the signature, no longer counts.", NULL },
	{ "EXPIRED", "The key that signed it is not trusted at this time.",
	    NULL },
	{ "INVALID", "The evidence for this file does not hold.", NULL },
	{ "STALE", "The ledger at hand is too old to decide.", NULL },
	{ "FORK", "The log tells two stories, so neither counts.", NULL },
	{ "RETRY", "It could not be decided now.", "Verify it again." },
	{ "ERROR", "It could not be checked.", NULL },
};

/* A code of the table, or one that ends with a dot and begins it. */
static const struct advice *
find(const struct advice *table, size_t n, const char *code)
{
	for (size_t i = 0; i < n; i++) {
		const char *x = table[i].code;
		size_t len = strlen(x);

		if (strcmp(x, code) == 0 ||
		    (x[len - 1] == '.' && strncmp(x, code, len) == 0))
			return (&table[i]);
	}
	return (NULL);
}

#define N_OF(x) (sizeof(x) / sizeof((x)[0]))

const struct advice *
advice_reason(const char *code)
{
	static const struct advice other = { "",
		"This version of the report does not know the code.",
		"See REASONS in prov-verify(1)." };
	const struct advice *a = find(reasons, N_OF(reasons), code);

	return (a != NULL ? a : &other);
}

const struct advice *
advice_skipped(const char *what)
{
	static const struct advice other = { "",
		"See NOT CHECKED in prov-verify(1).", NULL };
	const struct advice *a = find(skipped, N_OF(skipped), what);

	return (a != NULL ? a : &other);
}

const struct advice *
advice_word(const char *word)
{
	static const struct advice other = { "", "It does not hold.", NULL };
	const struct advice *a = find(words, N_OF(words), word);

	return (a != NULL ? a : &other);
}

const struct advice *
advice_exact(const char *code)
{
	const struct advice *a = find(reasons, N_OF(reasons), code);

	if (a == NULL)
		a = find(skipped, N_OF(skipped), code);
	return (a);
}
