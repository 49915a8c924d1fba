/* SPDX-License-Identifier: ISC */
#include "verify/facts_json.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "verify/verdict.h"

/* By the negative of the status. */
static const char *const troubles[] = { "none", "internal", "memory",
	"argument", "open", "io", "write", "format", "limit", "untrusted",
	"notfound", "busy", "exists", "passphrase", "unsupported" };
#define TROUBLES_N (sizeof(troubles) / sizeof(troubles[0]))

/* Names by value, so that one function reads every word. */
typedef const char *namer(unsigned value);

static const char *
trouble_word(unsigned v)
{
	return (troubles[v]);
}

static const char *
carrier_word(unsigned v)
{
	static const char *const names[] = { [CARRIER_NONE] = "none",
		[CARRIER_SIDECAR] = "sidecar",
		[CARRIER_LEDGER] = "ledger" };

	return (names[v]);
}

static const char *
revoked_word(unsigned v)
{
	static const char *const names[] = { [REVOKED_UNCHECKED] = "unchecked",
		[REVOKED_NO] = "no",
		[REVOKED_YES] = "yes" };

	return (names[v]);
}

static const char *
binding_word(unsigned v)
{
	return (binding_name((prov_binding)v));
}

static const char *
signature_word(unsigned v)
{
	return (sig_state_name((prov_sig_state)v));
}

static const char *
ledger_word(unsigned v)
{
	return (ledger_state_name((prov_ledger_state)v));
}

static const char *
origin_word(unsigned v)
{
	return (prov_origin_name((prov_origin)v));
}

static const char *
use_word(unsigned v)
{
	return (use_name((enum use)v));
}

/* Finds a word among the first n names. */
static bool
read_word(unsigned *out, const struct jsonin *v, namer *name, unsigned n)
{
	const char *s = jsonin_str(v);

	for (unsigned i = 0; s != NULL && i < n; i++)
		if (strcmp(s, name(i)) == 0) {
			*out = i;
			return (true);
		}
	return (false);
}

/* Reads an enum field, whatever its type. */
#define READ_WORD(to, v, name, last)                                           \
	__extension__({                                                        \
		unsigned word_ = 0;                                            \
		bool read_ = read_word(&word_, v, name, (unsigned)(last) + 1); \
		if (read_)                                                     \
			(to) = (__typeof__(to))word_;                          \
		read_;                                                         \
	})

/* Text that fits, or null for "". */
static bool
read_text(char *out, size_t size, const struct jsonin *v)
{
	const char *s = jsonin_str(v);

	if (jsonin_is_null(v))
		return (true);
	if (s == NULL || s[0] == '\0' || strlen(s) >= size)
		return (false);
	memcpy(out, s, strlen(s) + 1);
	return (true);
}

static bool
lend_text(const char **out, const struct jsonin *v)
{
	*out = jsonin_str(v);
	return (*out != NULL || jsonin_is_null(v));
}

static bool
read_time(bool *has, int64_t *out, const struct jsonin *v)
{
	const char *s = jsonin_str(v);

	*has = s != NULL;
	return (s != NULL ? time_parse(out, s) : jsonin_is_null(v));
}

static bool
read_digest(bool *has, uint8_t out[32], const struct jsonin *v)
{
	*has = jsonin_hex(v, out, 32);
	return (*has || jsonin_is_null(v));
}

static bool
read_u64(bool *has, uint64_t *out, const struct jsonin *v)
{
	*has = jsonin_u64(v, out);
	return (*has || jsonin_is_null(v));
}

static bool
read_uses(enum use use[PURPOSE_N], const struct jsonin *v)
{
	const char *keys[PURPOSE_N];

	for (unsigned p = 0; p < PURPOSE_N; p++)
		keys[p] = purpose_name((enum purpose)p);
	if (jsonin_only(v, keys, PURPOSE_N, "uses", NULL) != PROV_OK)
		return (false);
	for (unsigned p = 0; p < PURPOSE_N; p++) {
		const struct jsonin *u = jsonin_get(v, keys[p]);

		if (u != NULL && !READ_WORD(use[p], u, use_word, USE_N - 1))
			return (false);
	}
	return (true);
}

static bool
read_all_uses(struct signals *s, const struct jsonin *v)
{
	const char *keys[SIGNAL_N];

	for (unsigned who = 0; who < SIGNAL_N; who++)
		keys[who] = signal_name((enum signal)who);
	if (jsonin_only(v, keys, SIGNAL_N, "use", NULL) != PROV_OK)
		return (false);
	for (unsigned who = 0; who < SIGNAL_N; who++) {
		const struct jsonin *u = jsonin_get(v, keys[who]);

		if (u != NULL && !read_uses(s->use[who], u))
			return (false);
	}
	return (true);
}

static bool
read_signals(struct signals *s, const struct jsonin *v)
{
	static const char *const keys[] = { "use", "source_type", "license" };
	const struct jsonin *use = jsonin_get(v, "use");
	const struct jsonin *source = jsonin_get(v, "source_type");
	const struct jsonin *license = jsonin_get(v, "license");

	if (jsonin_only(v, keys, 3, "signals", NULL) != PROV_OK)
		return (false);
	return ((use == NULL || read_all_uses(s, use)) &&
		(source == NULL || read_text(s->source_type,
				       sizeof(s->source_type), source)) &&
		(license == NULL ||
		    read_text(s->license, sizeof(s->license), license)));
}

static bool
read_reasons(struct findings *f, const struct jsonin *v)
{
	for (size_t i = 0; i < jsonin_n(v); i++) {
		const char *code = jsonin_str(jsonin_at(v, i));

		if (code == NULL || !findings_add_code(f, code))
			return (false);
	}
	return (jsonin_is_array(v));
}

static bool
read_skipped(struct findings *f, const struct jsonin *v)
{
	if (!jsonin_is_array(v) || jsonin_n(v) > SKIPPED_MAX)
		return (false);
	for (size_t i = 0; i < jsonin_n(v); i++) {
		const char *what = jsonin_str(jsonin_at(v, i));

		if (what == NULL || !label_valid(what))
			return (false);
		findings_skip(f, what);
	}
	return (true);
}

static bool
is_version(const struct jsonin *v)
{
	int64_t version;

	return (jsonin_i64(v, &version) && version == FACTS_VERSION);
}

static bool
read_uncovered(struct facts *f, const struct jsonin *v)
{
	f->has_uncovered = jsonin_i64(v, &f->uncovered);
	return (f->has_uncovered ? f->uncovered >= 0 : jsonin_is_null(v));
}

static bool
read_trouble(struct facts *f, const struct jsonin *v)
{
	unsigned word = 0;

	if (!read_word(&word, v, trouble_word, TROUBLES_N))
		return (false);
	f->trouble = (prov_status) - (int)word;
	return (true);
}

/* What is read of one key, or false. */
enum key {
	KEY_V,
	KEY_ID,
	KEY_PATH,
	KEY_TENANT,
	KEY_TROUBLE,
	KEY_ERROR,
	KEY_SHA256,
	KEY_BYTES,
	KEY_MEDIA_TYPE,
	KEY_UNCOVERED,
	KEY_CARRIER,
	KEY_BINDING,
	KEY_SIGNATURE,
	KEY_LEDGER,
	KEY_REVOKED,
	KEY_SUPERSEDED,
	KEY_EDGES,
	KEY_CAPTIONS,
	KEY_CAPTIONS_ALTERED,
	KEY_REASONS,
	KEY_NOT_CHECKED,
	KEY_SIGNER,
	KEY_ISS,
	KEY_STATEMENT,
	KEY_KID,
	KEY_SIGNED_AT,
	KEY_ORIGIN_CLASS,
	KEY_ORIGIN,
	KEY_LOG_INDEX,
	KEY_CHECKPOINT_SIZE,
	KEY_HEAD_TIME,
	KEY_CLAIMED,
	KEY_SEEN,
	KEY_CACHED,
	KEY_N
};

static const char *const keys[KEY_N] = { "v", "id", "path", "tenant", "trouble",
	"error", "sha256", "bytes", "media_type", "uncovered_bytes", "carrier",
	"binding", "signature", "ledger", "revoked", "superseded", "edges",
	"captions", "captions_altered", "reasons", "not_checked", "signer",
	"iss", "statement", "kid", "signed_at", "origin_class", "origin",
	"log_index", "checkpoint_size", "head_time", "claimed", "seen",
	"cached" };

/* Keys that must be there together. */
struct had {
	bool kid, signed_at, size;
};

static bool
read_key(struct facts *f, struct had *had, enum key k, const struct jsonin *v)
{
	switch (k) {
	case KEY_V:
		return (is_version(v));
	case KEY_ID:
		return (lend_text(&f->id, v));
	case KEY_PATH:
		return (lend_text(&f->path, v));
	case KEY_TENANT:
		return (lend_text(&f->tenant, v));
	case KEY_TROUBLE:
		return (read_trouble(f, v));
	case KEY_ERROR:
		return (read_text(f->error, sizeof(f->error), v));
	case KEY_SHA256:
		return (read_digest(&f->has_digest, f->digest.sha256, v));
	case KEY_BYTES:
		return (read_u64(&f->has_size, &f->digest.size, v));
	case KEY_MEDIA_TYPE:
		return (read_text(f->media_type, sizeof(f->media_type), v));
	case KEY_UNCOVERED:
		return (read_uncovered(f, v));
	case KEY_CARRIER:
		return (READ_WORD(f->carrier, v, carrier_word, CARRIER_LEDGER));
	case KEY_BINDING:
		return (
		    READ_WORD(f->binding, v, binding_word, PROV_BIND_EXACT));
	case KEY_SIGNATURE:
		return (
		    READ_WORD(f->signature, v, signature_word, PROV_SIG_VALID));
	case KEY_LEDGER:
		return (
		    READ_WORD(f->ledger, v, ledger_word, PROV_LEDGER_INCLUDED));
	case KEY_REVOKED:
		return (READ_WORD(f->revoked, v, revoked_word, REVOKED_YES));
	case KEY_SUPERSEDED:
		return (jsonin_bool(v, &f->superseded));
	case KEY_EDGES:
		return (jsonin_bool(v, &f->edges));
	case KEY_CAPTIONS:
		return (jsonin_bool(v, &f->captions));
	case KEY_CAPTIONS_ALTERED:
		return (jsonin_bool(v, &f->captions_altered));
	case KEY_REASONS:
		return (read_reasons(&f->why, v));
	case KEY_NOT_CHECKED:
		return (read_skipped(&f->why, v));
	case KEY_SIGNER:
		return (read_text(f->signer, sizeof(f->signer), v));
	case KEY_ISS:
		return (read_text(f->iss, sizeof(f->iss), v));
	case KEY_STATEMENT:
		return (read_digest(&f->has_statement, f->statement, v));
	case KEY_KID:
		return (read_digest(&had->kid, f->kid, v));
	case KEY_SIGNED_AT:
		return (read_time(&had->signed_at, &f->signed_at, v));
	case KEY_ORIGIN_CLASS:
		return (READ_WORD(f->origin_class, v, origin_word,
		    PROV_ORIGIN_TRANSFORMED));
	case KEY_ORIGIN:
		return (read_text(f->origin, sizeof(f->origin), v));
	case KEY_LOG_INDEX:
		return (read_u64(&f->has_entry, &f->log_index, v));
	case KEY_CHECKPOINT_SIZE:
		return (read_u64(&had->size, &f->checkpoint_size, v));
	case KEY_HEAD_TIME:
		return (read_time(&f->has_head_time, &f->head_time, v));
	case KEY_CLAIMED:
		return (read_signals(&f->claimed, v));
	case KEY_SEEN:
		return (read_signals(&f->seen, v));
	case KEY_CACHED:
		return (jsonin_bool(v, &f->cached));
	case KEY_N:
		break;
	}
	return (false);
}

/* What no verifier says: parts of one thing without the others, a grant. */
static prov_status
check_sense(const struct facts *f, const struct had *had, prov_err *err)
{
	if (had->kid != f->has_statement || had->signed_at != f->has_statement)
		return (prov_fail(err, PROV_EFORMAT,
		    "facts: statement, kid and signed_at stand together"));
	if (had->size != f->has_entry ||
	    (f->has_entry && f->checkpoint_size <= f->log_index))
		return (prov_fail(err, PROV_EFORMAT,
		    "facts: log_index stands with a larger "
		    "checkpoint_size"));
	for (unsigned who = 0; who < SIGNAL_N; who++)
		for (unsigned p = 0; p < PURPOSE_N; p++)
			if (f->seen.use[who][p] == USE_ALLOWED)
				return (prov_fail(err, PROV_EFORMAT,
				    "facts: what nobody signed grants "
				    "nothing"));
	return (PROV_OK);
}

prov_status
facts_read(struct facts *out, const struct jsonin *object, prov_err *err)
{
	struct facts f = { 0 };
	struct had had = { 0 };
	prov_status st;

	if ((st = jsonin_only(object, keys, KEY_N, "facts", err)) != PROV_OK)
		return (st);
	for (unsigned k = 0; k < KEY_N; k++) {
		const struct jsonin *v = jsonin_get(object, keys[k]);

		if (v == NULL && k != KEY_V)
			continue;
		if (!read_key(&f, &had, (enum key)k, v))
			return (prov_fail(err, PROV_EFORMAT,
			    "facts: %s is no such value", keys[k]));
	}
	if ((st = check_sense(&f, &had, err)) == PROV_OK)
		*out = f;
	return (st);
}

prov_status
facts_parse(struct facts *out, struct jsonin **held, prov_span text,
    prov_err *err)
{
	AUTO_JSONIN *in = NULL;
	prov_status st;

	if ((st = jsonin_parse(&in, text, "facts", err)) != PROV_OK ||
	    (st = facts_read(out, in, err)) != PROV_OK)
		return (st);
	*held = TAKE(in);
	return (PROV_OK);
}

/* Text that is "" where nothing is known. */
static void
put_text(struct json *j, enum key k, const char *s)
{
	json_str(j, keys[k], s[0] != '\0' ? s : NULL);
}

static void
put_time(struct json *j, enum key k, bool has, int64_t t)
{
	char when[32];

	time_format(when, t);
	json_str(j, keys[k], has ? when : NULL);
}

static void
put_digest(struct json *j, enum key k, bool has, const uint8_t p[32])
{
	if (has)
		json_hex(j, keys[k], p, 32);
	else
		json_null(j, keys[k]);
}

static void
put_u64(struct json *j, enum key k, bool has, uint64_t v)
{
	if (has)
		json_u64(j, keys[k], v);
	else
		json_null(j, keys[k]);
}

static void
put_item(struct json *j, const struct facts *f)
{
	json_u64(j, keys[KEY_V], FACTS_VERSION);
	json_str(j, keys[KEY_ID], f->id);
	json_str(j, keys[KEY_PATH], f->path);
	json_str(j, keys[KEY_TENANT], f->tenant);
	json_str(j, keys[KEY_TROUBLE], trouble_word((unsigned)-f->trouble));
	put_text(j, KEY_ERROR, f->error);
	put_digest(j, KEY_SHA256, f->has_digest, f->digest.sha256);
	put_u64(j, KEY_BYTES, f->has_size, f->digest.size);
	put_text(j, KEY_MEDIA_TYPE, f->media_type);
	put_u64(j, KEY_UNCOVERED, f->has_uncovered, (uint64_t)f->uncovered);
}

static void
put_findings(struct json *j, const struct findings *f)
{
	json_begin_array(j, keys[KEY_REASONS]);
	for (size_t i = 0; i < f->n; i++)
		json_str(j, NULL, f->at[i].code);
	json_end(j);
	json_begin_array(j, keys[KEY_NOT_CHECKED]);
	for (size_t i = 0; i < f->n_skipped; i++)
		json_str(j, NULL, f->skipped[i]);
	json_end(j);
}

static void
put_verdict(struct json *j, const struct facts *f)
{
	json_str(j, keys[KEY_CARRIER], carrier_word(f->carrier));
	json_str(j, keys[KEY_BINDING], binding_name(f->binding));
	json_str(j, keys[KEY_SIGNATURE], sig_state_name(f->signature));
	json_str(j, keys[KEY_LEDGER], ledger_state_name(f->ledger));
	json_str(j, keys[KEY_REVOKED], revoked_word(f->revoked));
	json_bool(j, keys[KEY_SUPERSEDED], f->superseded);
	json_bool(j, keys[KEY_EDGES], f->edges);
	json_bool(j, keys[KEY_CAPTIONS], f->captions);
	json_bool(j, keys[KEY_CAPTIONS_ALTERED], f->captions_altered);
	put_findings(j, &f->why);
}

static void
put_statement(struct json *j, const struct facts *f)
{
	bool has = f->has_statement;

	put_text(j, KEY_SIGNER, f->signer);
	put_text(j, KEY_ISS, f->iss);
	put_digest(j, KEY_STATEMENT, has, f->statement);
	put_digest(j, KEY_KID, has, f->kid);
	put_time(j, KEY_SIGNED_AT, has, f->signed_at);
	json_str(j, keys[KEY_ORIGIN_CLASS], prov_origin_name(f->origin_class));
	put_text(j, KEY_ORIGIN, f->origin);
	put_u64(j, KEY_LOG_INDEX, f->has_entry, f->log_index);
	put_u64(j, KEY_CHECKPOINT_SIZE, f->has_entry, f->checkpoint_size);
	put_time(j, KEY_HEAD_TIME, f->has_head_time, f->head_time);
}

static void
put_signals(struct json *j, enum key k, const struct signals *s)
{
	json_begin_object(j, keys[k]);
	json_begin_object(j, "use");
	for (unsigned who = 0; who < SIGNAL_N; who++) {
		json_begin_object(j, signal_name((enum signal)who));
		for (unsigned p = 0; p < PURPOSE_N; p++)
			json_str(j, purpose_name((enum purpose)p),
			    use_name(s->use[who][p]));
		json_end(j);
	}
	json_end(j);
	json_str(j, "source_type",
	    s->source_type[0] != '\0' ? s->source_type : NULL);
	json_str(j, "license", s->license[0] != '\0' ? s->license : NULL);
	json_end(j);
}

prov_status
facts_put(struct buf *out, const struct facts *f, prov_err *err)
{
	AUTO_JSON *j = json_new();

	if (j == NULL)
		return (prov_fail(err, PROV_ENOMEM, "facts"));
	put_item(j, f);
	put_verdict(j, f);
	put_statement(j, f);
	put_signals(j, KEY_CLAIMED, &f->claimed);
	put_signals(j, KEY_SEEN, &f->seen);
	json_bool(j, keys[KEY_CACHED], f->cached);
	return (json_put(j, out, err));
}
