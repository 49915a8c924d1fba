/* SPDX-License-Identifier: ISC */
/*
 * seeds DIR: writes the inputs of DIR (testdata/fuzz) that are not text, from
 * tests/unit/sample.h. Run it again when a format changes.
 */
#include <stdio.h>

#include "../unit/logged.h"
#include "../unit/runs.h"
#include "../unit/sample.h"
#include "base/file.h"
#include "gate/dsse.h"
#include "gate/svr.h"
#include "manifest/revocation.h"
#include "sign/note.h"
#include "verify/known.h"

static bool
put(const char *dir, const char *name, prov_span bytes)
{
	AUTO_FREE char *path = path_join(dir, name);

	return (
	    path != NULL && file_write(path, bytes, 0644, 0, NULL) == PROV_OK);
}

static bool
put_registration(const char *dir)
{
	struct registered two[] = { { .name = SAMPLE_NAME, .key = { 1 } },
		{ .name = "a/b", .key = { 2 }, .has_recovery = true } };
	struct registration r = { .n = 2, .at = two };
	AUTO_BUF b = { 0 };

	return (registration_encode(&b, &r, NULL) == PROV_OK &&
		put(dir, "manifest/registration", buf_span(&b)));
}

static bool
put_notices(const char *dir)
{
	struct revocation r = { .origin = SAMPLE_NAME "/log",
		.time = 1795466460,
		.from_index = 300,
		.reason = 1 };
	struct takedown t = { .origin = SAMPLE_NAME "/log", .reason = 4 };
	AUTO_BUF b = { 0 }, down = { 0 };

	return (revocation_encode(&b, &r, NULL) == PROV_OK &&
		put(dir, "manifest/revocation", buf_span(&b)) &&
		takedown_encode(&down, &t, NULL) == PROV_OK &&
		put(dir, "manifest/takedown", buf_span(&down)));
}

static bool
put_known(const char *dir)
{
	static struct known k = { .n = 2 };
	AUTO_BUF b = { 0 };

	for (size_t i = 0; i < k.n; i++) {
		struct known_statement *s = &k.at[i];

		s->digest[0] = s->kid[0] = (uint8_t)(i + 1);
		memcpy(s->iss, SAMPLE_NAME, sizeof(SAMPLE_NAME));
		s->time = 1795466460;
		s->index = 300 + i;
		s->size = 4096;
		memcpy(s->format, "mp4", 4);
		memcpy(s->media_type, "video/mp4", 10);
		s->origin = PROV_ORIGIN_CAPTURED;
		s->verified = s->captions = i == 0;
		s->has_supersedes = i == 1;
		s->supersedes[0] = 1;
		signals_raise(&s->claimed, SIGNAL_CAWG, PURPOSE_AI_TRAINING,
		    USE_NOT_ALLOWED);
		memcpy(s->claimed.license, "CC0-1.0", 8);
	}
	return (known_encode(&b, &k, NULL) == PROV_OK &&
		put(dir, "known/two", buf_span(&b)));
}

static bool
put_manifests(const char *dir)
{
	AUTO_BUF b = { 0 }, small = { 0 };
	AUTO_MANIFEST m = { 0 };

	return (sample_manifest_bytes(&b) &&
		put(dir, "manifest/sample", buf_span(&b)) &&
		manifest_encode(&small, &m, NULL) == PROV_OK &&
		put(dir, "manifest/smallest", buf_span(&small)) &&
		put_registration(dir) && put_notices(dir));
}

static bool
put_statements(const char *dir)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	static struct run_record r;
	AUTO_BUF b = { 0 }, run = { 0 }, side = { 0 }, payload = { 0 };

	runs_sample(&r);
	if (run_record_encode(&payload, &r, NULL) != PROV_OK ||
	    !put(dir, "manifest/run", buf_span(&payload)))
		return (false);

	return (k != NULL && sample_statement(&b) &&
		put(dir, "statement/manifest", buf_span(&b)) &&
		statement_sign(&run, k, PAYLOAD_RUN, r.root, buf_span(&payload),
		    NULL) == PROV_OK &&
		put(dir, "statement/run", buf_span(&run)) &&
		sample_sidecar(&side) &&
		put(dir, "sidecar/sample", buf_span(&side)));
}

static bool
put_envelope(const char *dir)
{
	AUTO(prov_key) *k = logged_key(OWNER_NAME, 2);
	static struct run_record r;
	AUTO_BUF statement = { 0 }, b = { 0 };

	runs_sample(&r);
	return (k != NULL &&
		svr_put(&statement, &r, "run.ndjson", NULL) == PROV_OK &&
		put(dir, "dsse/statement", buf_span(&statement)) &&
		dsse_sign(&b, k, buf_span(&statement), NULL) == PROV_OK &&
		put(dir, "dsse/envelope", buf_span(&b)));
}

/* The encrypted one has a drawn salt: its bytes differ from run to run. */
static bool
put_keys(const char *dir)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_BUF plain = { 0 }, locked = { 0 };

	return (k != NULL &&
		key_encode(&plain, k, span(NULL, 0), NULL) == PROV_OK &&
		put(dir, "key/plain", buf_span(&plain)) &&
		key_encode_cost(&locked, k, span("secret", 6), 2, 64UL << 20,
		    NULL) == PROV_OK &&
		put(dir, "key/encrypted", buf_span(&locked)));
}

static bool
put_note(const char *dir)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_BUF b = { 0 };

	return (k != NULL &&
		note_sign(&b, k, span("one\n\ntwo\n", 9), NULL) == PROV_OK &&
		put(dir, "note/other-key", buf_span(&b)));
}

int
main(int argc, char **argv)
{
	static const char *const nouns[] = { "claim", "dsse", "key", "known",
		"manifest", "note", "sidecar", "statement" };

	if (argc != 2)
		return (2);
	for (size_t i = 0; i < sizeof(nouns) / sizeof(nouns[0]); i++) {
		AUTO_FREE char *sub = path_join(argv[1], nouns[i]);

		if (sub == NULL || dir_make(sub, NULL) != PROV_OK)
			return (1);
	}
	return (put_manifests(argv[1]) && put_statements(argv[1]) &&
			put_known(argv[1]) && put_keys(argv[1]) &&
			put_note(argv[1]) && put_envelope(argv[1])
		    ? 0
		    : 1);
}
