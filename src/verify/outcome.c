/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "verify/task.h"

static bool
begins(const char *s, const char *with)
{
	return (strncmp(s, with, strlen(with)) == 0);
}

/* Formats whose framing prov counts to a byte; images are, all of them. */
static bool
bytes_are_exact(const prov_identity *id)
{
	static const char *const formats[] = { "mp4", "mov", "wav", "avi" };

	if (id->uncovered < 0)
		return (false);
	if (id->n > 0 && id->streams[0].kind == PROV_IMAGE)
		return (true);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(id->format, formats[i]) == 0)
			return (true);
	}
	return (false);
}

/* The digest of all bytes leaves none out; elsewhere it is as was counted. */
static void
fill_uncovered(struct task *t, const struct evidence *e)
{
	prov_verdict *out = t->out;

	if (e->binding == PROV_BIND_EXACT) {
		out->has_uncovered = true;
		out->uncovered = 0;
	} else if (t->id != NULL && !bytes_are_exact(t->id)) {
		findings_skip(&out->why, "bytes");
	}
}

static void
fill_entry(prov_verdict *out, const struct evidence *e)
{
	out->receipt = e->receipt;
	memcpy(out->origin, e->at.origin, sizeof(out->origin));
	if (e->at.size == 0)
		return;
	out->has_entry = true;
	out->log_index = e->index;
	out->checkpoint_size = e->at.size;
	memcpy(out->checkpoint_root, e->at.root, sizeof(out->checkpoint_root));
	out->has_witnessed = e->quorum.timed;
	out->witnessed_at = e->quorum.time;
}

static void
fill(struct task *t, const struct evidence *e)
{
	prov_verdict *out = t->out;

	out->binding = e->binding;
	out->accept_clip = t->v->o.accept_clip != 0;
	out->require_revocation = t->v->o.require_revocation != 0;
	out->signature = e->signature;
	out->ledger = e->ledger;
	out->superseded = e->superseded;
	out->has_statement = true;
	memcpy(out->iss, e->st.iss, sizeof(out->iss));
	memcpy(out->kid, e->st.kid, sizeof(out->kid));
	out->signed_at = e->m.time;
	memcpy(out->statement, e->digest, sizeof(out->statement));
	out->asset = e->m.asset;
	memcpy(out->format, e->m.format, sizeof(out->format));
	if (t->id != NULL)
		memcpy(out->found, t->id->format, sizeof(out->found));
	out->from_ledger = !e->from_sidecar;
	if (e->signer != NULL)
		memcpy(out->signer, e->signer->key.name, sizeof(out->signer));
	fill_entry(out, e);
	findings_join(&out->why, &e->why);
	findings_join(&out->why, &e->binding_why);
	if (e->from_sidecar && e->pairing != NULL &&
	    e->binding == PROV_BIND_NONE && e->pairing->n_aligned == 0)
		findings_add(&out->why, REASON_SIDECAR_MISMATCH, "%s",
		    reason_text(REASON_SIDECAR_MISMATCH));
	task_skip_unchecked(t, e);
	fill_uncovered(t, e);
}

static void
fill_unsigned(struct task *t)
{
	prov_verdict *out = t->out;

	if (out->sidecar_bad)
		return;
	out->ledger = PROV_LEDGER_UNCHECKED;
	if (out->looked_up && !out->ledger_bad)
		out->ledger = PROV_LEDGER_ABSENT;
	out->signature = PROV_SIG_ABSENT;
	findings_add(&out->why, REASON_UNSIGNED, "%s",
	    reason_text(REASON_UNSIGNED));
	if (!out->looked_up) {
		findings_skip(&out->why, "ledger");
	} else if (t->id == NULL) {
		findings_skip(&out->why, "streams");
		if (begins(t->no_id.code, "limit."))
			findings_foreign(&out->why, t->no_id.code,
			    t->no_id.detail, REASON_DEMUX_UNSUPPORTED);
	}
}

const struct evidence *
task_conclude(struct task *t)
{
	const struct evidence *e = dossier_choose(&t->d);

	/* Beside a damaged sidecar nothing is said to be valid. */
	if (t->out->sidecar_bad)
		e = NULL;
	if (e == NULL)
		fill_unsigned(t);
	else
		fill(t, e);
	/* What a sidecar proved against its log is not taken back. */
	if (t->out->ledger_bad && t->out->ledger != PROV_LEDGER_FORK)
		t->out->ledger = t->ledger_state;
	return (e);
}
