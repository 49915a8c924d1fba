/* SPDX-License-Identifier: ISC */
#ifndef PROV_SIGN_NOTE_H
#define PROV_SIGN_NOTE_H

#include "base/buf.h"
#include "base/limits.h"
#include "prov/key.h"

/*
 * C2SP signed notes: text, a blank line, signature lines. Strict UTF-8, no
 * control characters but newline, at most NOTE_MAX bytes, NOTE_SIGS_MAX lines.
 */
#define NOTE_SIGS_MAX 64
#define NOTE_ED25519  0x01
#define NOTE_LONG     0xff /* followed by a name of the type */
#define NOTE_RECEIPT  "prov-receipt/1"

/* Splits and checks form; *text (with its final newline) borrows bytes. */
prov_status note_parse(prov_span *text, prov_span bytes, prov_err *err);

/* The same, with the signature lines, which are not looked at yet. */
prov_status note_split(prov_span *text, prov_span *sigs, prov_span bytes,
    prov_err *err);

/* C2SP key names: UTF-8 without Unicode spaces and plus signs, not empty. */
bool note_name_valid(prov_span name);

/* One signature line; lent during the call. */
struct note_sig {
	prov_span line; /* as it stands, with its newline */
	prov_span name;
	uint8_t id[4];
	prov_span sig; /* what follows the key ID */
};
typedef prov_status (
    *note_sig_fn)(void *arg, const struct note_sig *s, prov_err *err);

/* Calls fn with each line of sigs, in order, at most NOTE_SIGS_MAX of them. */
prov_status note_sigs(prov_span sigs, note_sig_fn fn, void *arg, prov_err *err);

/*
 * Appends note with lines behind its own signatures, but without those of its
 * own whose name and key ID one of lines has. The result is a note.
 */
prov_status note_merge(struct buf *out, prov_span note, prov_span lines,
    prov_err *err);

/*
 * PROV_OK only if key (type NOTE_ED25519) signed the text. Unknown keys are
 * passed over; a signature under key's name and ID that fails refuses it all.
 */
prov_status note_verify(prov_span *text, prov_span bytes,
    const prov_pubkey *key, prov_err *err);

/* The same, but what was verified lately is not verified again. */
struct vouched;
prov_status note_verify_seen(prov_span *text, prov_span bytes,
    const prov_pubkey *key, struct vouched *seen, prov_err *err);

/* Private-key half (signer.c): appends text, a blank line and one signature. */
prov_status note_sign(struct buf *b, const prov_key *key, prov_span text,
    prov_err *err);

#endif
