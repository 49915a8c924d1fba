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

/* Splits and checks form; *text (with its final newline) borrows bytes. */
prov_status note_parse(prov_span *text, prov_span bytes, prov_err *err);

/*
 * PROV_OK only if key (type NOTE_ED25519) signed the text. Unknown keys are
 * passed over; a signature under key's name and ID that fails refuses it all.
 */
prov_status note_verify(prov_span *text, prov_span bytes,
    const prov_pubkey *key, prov_err *err);

/* Private-key half (signer.c): appends text, a blank line and one signature. */
prov_status note_sign(struct buf *b, const prov_key *key, prov_span text,
    prov_err *err);

#endif
