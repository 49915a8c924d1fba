/* SPDX-License-Identifier: ISC */
#include "witness/submission.h"

#include <string.h>

#include "base/text.h"
#include "sign/note.h"

static const char old_word[] = "old ";
#define OLD_LEN (sizeof(old_word) - 1)

void
submission_encode(struct buf *b, uint64_t old, const uint8_t *path, size_t n,
    prov_span note)
{
	buf_printf(b, "%s%llu\n", old_word, (unsigned long long)old);
	for (size_t i = 0; i < n; i++) {
		base64_put(b, span(path + 32 * i, 32));
		buf_put_byte(b, '\n');
	}
	buf_put_byte(b, '\n');
	buf_put_span(b, note);
}

static prov_status
take_old(struct submission *s, prov_span *body, prov_err *err)
{
	prov_span line;

	if (!text_line(body, &line) || line.len < OLD_LEN ||
	    memcmp(line.p, old_word, OLD_LEN) != 0 ||
	    !u64_decode(&s->old, (const char *)line.p + OLD_LEN,
		line.len - OLD_LEN))
		return (prov_fail(err, PROV_EFORMAT,
		    "the first line is not: old SIZE"));
	return (PROV_OK);
}

prov_status
submission_parse(struct submission *out, prov_span body, prov_err *err)
{
	struct submission s = { 0 };
	prov_span line;
	prov_status st;

	if (body.len > SUBMISSION_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "%zu bytes, at most %lu are allowed", body.len,
		    SUBMISSION_MAX));
	if ((st = take_old(&s, &body, err)) != PROV_OK)
		return (st);
	for (;;) {
		if (!text_line(&body, &line))
			return (prov_fail(err, PROV_EFORMAT,
			    "no empty line before the checkpoint"));
		if (line.len == 0)
			break;
		if (s.n == TREE_PATH_MAX)
			return (prov_fail(err, PROV_EFORMAT,
			    "more than %d hashes", TREE_PATH_MAX));
		if (!base64_hash(s.path + 32 * s.n, line))
			return (prov_fail(err, PROV_EFORMAT,
			    "hash %zu is malformed", s.n));
		s.n++;
	}
	s.note = body;
	*out = s;
	return (PROV_OK);
}

/* What refuses where a check says no; anything else is trouble here. */
static unsigned
refuse(prov_status st, unsigned code)
{
	return (st == PROV_OK ? 0 : prov_is_no(st) ? code : 500);
}

static const prov_pubkey *
find_log(const char *origin, const prov_pubkey *logs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(logs[i].name, origin) == 0)
			return (&logs[i]);
	return (NULL);
}

unsigned
submission_open(struct submission *out, prov_span body, const prov_pubkey *logs,
    size_t n_logs, prov_err *why)
{
	struct submission s;
	prov_status st;

	if ((st = submission_parse(&s, body, why)) != PROV_OK ||
	    (st = note_parse(&s.text, s.note, why)) != PROV_OK ||
	    (st = checkpoint_read(&s.at, s.text, why)) != PROV_OK)
		return (refuse(st, 400));
	if ((s.log = find_log(s.at.origin, logs, n_logs)) == NULL) {
		(void)prov_fail(why, PROV_ENOTFOUND,
		    "no log of this origin is known here");
		return (404);
	}
	if ((st = note_verify(&s.text, s.note, s.log, why)) != PROV_OK)
		return (refuse(st, 403));
	if ((st = checkpoint_check_empty(&s.at, why)) != PROV_OK)
		return (refuse(st, 422));
	*out = s;
	return (0);
}

/* The proof that the new tree begins with the old one. */
static unsigned
judge_proof(const struct submission *s, const struct checkpoint *last,
    prov_err *why)
{
	if (s->old != 0 && s->old < s->at.size)
		return (refuse(tree_consistency_verify(s->old, s->at.size,
				   last->root, s->at.root, s->path, s->n, why),
		    422));
	if (s->n != 0) {
		(void)prov_fail(why, PROV_EFORMAT,
		    "between these sizes the proof has no hashes");
		return (422);
	}
	if (s->old == s->at.size && last != NULL &&
	    memcmp(last->root, s->at.root, sizeof(last->root)) != 0) {
		(void)prov_fail(why, PROV_EUNTRUSTED,
		    "another root was cosigned at this size");
		return (422);
	}
	return (0);
}

unsigned
submission_judge(const struct submission *s, const struct checkpoint *last,
    prov_err *why)
{
	uint64_t size = last != NULL ? last->size : 0;

	if (s->old > s->at.size) {
		(void)prov_fail(why, PROV_EFORMAT,
		    "the old size is above the checkpoint's");
		return (400);
	}
	if (s->old != size) {
		(void)prov_fail(why, PROV_EUNTRUSTED,
		    "size %llu was cosigned last", (unsigned long long)size);
		return (409);
	}
	return (judge_proof(s, last, why));
}
