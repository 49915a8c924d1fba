/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "logged.h"
#include "refused.h"
#include "sign/pubkey.h"
#include "verify/trust.h"

#define T0 INT64_C(1750000000)

/* The verifier keys of logged.h, in text. */
struct keys {
	prov_key *owner, *log;
	char owner_vkey[PROV_VKEY_MAX + 1], log_vkey[PROV_VKEY_MAX + 1];
};

static void
keys_open(struct keys *k)
{
	k->owner = logged_key(OWNER_NAME, 1);
	k->log = logged_key(LOG_NAME, 2);
	assert_non_null(k->owner);
	assert_non_null(k->log);
	prov_vkey_format(prov_key_public(k->owner), k->owner_vkey);
	prov_vkey_format(prov_key_public(k->log), k->log_vkey);
}

static void
keys_close(struct keys *k)
{
	prov_key_free(k->owner);
	prov_key_free(k->log);
}

static prov_status
parse(prov_trust **t, const char *text, prov_err *err)
{
	return (trust_parse(t, span(text, strlen(text)), "trust.yaml", err));
}

/* What is wrong, by line and column. */
static void
assert_refused(const char *text, const char *where)
{
	prov_trust *t = NULL;
	prov_err err = { 0 };

	assert_int_equal(parse(&t, text, &err), PROV_EFORMAT);
	assert_null(t);
	if (strstr(err.msg, where) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.msg, where);
}

static void
strict_yaml(void **state)
{
	struct keys k;
	char text[2048];
	prov_trust *t = NULL;
	prov_err err = { 0 };

	(void)state;
	keys_open(&k);
	assert_refused("signers: []\n", "no version");
	assert_refused("version: 2\n", "1:10: not a version");
	assert_refused("version: 1\nsigner: []\n", "2:1: unknown key");
	assert_refused("version: 1\nsigners: x\n", "2:10: not a list");
	assert_refused("version: 1\nsigners:\n  - iss: [x]\n",
	    "3:5: a signer needs a vkey");
	assert_refused("version: 1\npolicy: ../x\n", "2:9: not the name");
	assert_refused("version: 1\npolicy: ..\n", "2:9: not the name");
	assert_refused("- 1\n", "not a map");
	snprintf(text, sizeof(text),
	    "version: 1\nsigners:\n  - vkey: \"%s\"\n    iss: []\n",
	    k.owner_vkey);
	assert_refused(text, "4:10: not a list with something in it");
	snprintf(text, sizeof(text),
	    "version: 1\nsigners:\n  - vkey: \"%s\"\n    may_revoke: yes\n",
	    k.owner_vkey);
	assert_refused(text, "4:17: neither true nor false");
	snprintf(text, sizeof(text),
	    "version: 1\nsigners:\n  - vkey: \"%s\"\n    not_after: soon\n",
	    k.owner_vkey);
	assert_refused(text, "4:16: not a time");
	snprintf(text, sizeof(text),
	    "version: 1\nsigners:\n  - vkey: \"%s\"\n  - vkey: \"%s\"\n",
	    k.owner_vkey, k.owner_vkey);
	assert_refused(text, "4:5: this key is there already");
	snprintf(text, sizeof(text),
	    "version: 1\nsigners:\n  - vkey: \"%s\"\n"
	    "    not_before: 2026-02-01T00:00:00Z\n"
	    "    not_after: 2026-01-01T00:00:00Z\n",
	    k.owner_vkey);
	assert_refused(text, "not-after is before not-before");
	k.owner_vkey[strlen(OWNER_NAME) + 1] ^= 1;
	snprintf(text, sizeof(text), "version: 1\nsigners:\n  - vkey: \"%s\"\n",
	    k.owner_vkey);
	assert_refused(text, "3:11:");
	assert_int_equal(parse(&t, "version: 1\n", &err), PROV_OK);
	assert_int_equal(prov_trust_signers(t), 0);
	prov_trust_free(t);
	keys_close(&k);
}

static void
saved_and_loaded(void **state)
{
	static const char *const iss[] = { "news desk", "it's: #1" };
	static const char *const paths[] = { "/srv/in/*" };
	char dir[] = "/tmp/prov-trust-XXXXXX", path[64];
	prov_trust *t = NULL, *back = NULL;
	const prov_trust_signer *s;
	struct keys k;

	(void)state;
	keys_open(&k);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/trust.yaml", dir);
	assert_int_equal(prov_trust_new(&t, NULL), PROV_OK);
	assert_int_equal(prov_trust_add_signer(t,
			     &(prov_trust_signer){
				 .key = *prov_key_public(k.owner),
				 .iss = iss,
				 .n_iss = 2,
				 .paths = paths,
				 .n_paths = 1,
				 .not_before = T0,
				 .not_after = T0 + 60,
				 .may_revoke = 1,
			     },
			     NULL),
	    PROV_OK);
	assert_int_equal(prov_trust_add_log(t, prov_key_public(k.log), NULL),
	    PROV_OK);
	assert_int_equal(prov_trust_add_log(t, prov_key_public(k.log), NULL),
	    PROV_EEXIST);
	assert_int_equal(prov_trust_save(t, path, NULL), PROV_OK);
	assert_int_equal(prov_trust_load(&back, path, NULL), PROV_OK);
	assert_int_equal(prov_trust_signers(back), 1);
	assert_null(prov_trust_signer_at(back, 1));
	s = prov_trust_signer_at(back, 0);
	assert_memory_equal(s->key.kid, prov_key_public(k.owner)->kid, 32);
	assert_int_equal(s->n_iss, 2);
	assert_string_equal(s->iss[1], "it's: #1");
	assert_int_equal(s->n_paths, 1);
	assert_true(s->not_before == T0 && s->not_after == T0 + 60);
	assert_int_equal(s->may_revoke, 1);
	assert_int_equal(prov_trust_logs(back), 1);
	assert_string_equal(prov_trust_log_at(back, 0)->name, LOG_NAME);
	prov_trust_free(t);
	prov_trust_free(back);
	keys_close(&k);
	assert_int_equal(nftw(dir, logged_remove, 4, FTW_DEPTH), 0);
}

static void
removed(void **state)
{
	struct keys k;
	prov_trust *t = NULL;
	char kid[65];

	(void)state;
	keys_open(&k);
	assert_int_equal(prov_trust_new(&t, NULL), PROV_OK);
	assert_int_equal(prov_trust_add_signer(t,
			     &(prov_trust_signer){
				 .key = *prov_key_public(k.owner) },
			     NULL),
	    PROV_OK);
	assert_int_equal(prov_trust_add_log(t, prov_key_public(k.log), NULL),
	    PROV_OK);
	hex_encode(kid, prov_key_public(k.owner)->kid, 32);
	kid[7] = '\0';
	assert_int_equal(prov_trust_remove(t, kid, NULL), PROV_ENOTFOUND);
	assert_int_equal(prov_trust_remove(t, "", NULL), PROV_ENOTFOUND);
	hex_encode(kid, prov_key_public(k.owner)->kid, 32);
	kid[8] = '\0';
	assert_int_equal(prov_trust_remove(t, kid, NULL), PROV_OK);
	assert_int_equal(prov_trust_signers(t), 0);
	assert_int_equal(prov_trust_logs(t), 1);
	assert_int_equal(prov_trust_remove(t, k.log_vkey, NULL), PROV_OK);
	assert_int_equal(prov_trust_logs(t), 0);
	prov_trust_free(t);
	keys_close(&k);
}

/* A kid is never taken on somebody's word. */
static void
kid_is_computed(void **state)
{
	struct keys k;
	prov_trust *t = NULL;
	prov_trust_signer s = { 0 };

	(void)state;
	keys_open(&k);
	s.key = *prov_key_public(k.owner);
	memcpy(s.key.kid, prov_key_public(k.log)->kid, 32);
	assert_int_equal(prov_trust_new(&t, NULL), PROV_OK);
	assert_int_equal(prov_trust_add_signer(t, &s, NULL), PROV_OK);
	assert_null(trust_find(t, prov_key_public(k.log)->kid));
	assert_non_null(trust_find(t, prov_key_public(k.owner)->kid));
	prov_trust_free(t);
	keys_close(&k);
}

static void
scopes(void **state)
{
	static const char *const iss[] = { "desk" };
	static const char *const paths[] = { "/srv/in/*", "cam*/clip.mp4" };
	prov_trust_signer s = { .key = { .name = "demo" } };
	const prov_trust t = { 0 };

	(void)state;
	assert_true(trust_allows_iss(&s, "demo"));
	assert_false(trust_allows_iss(&s, "demo2"));
	s.iss = iss;
	s.n_iss = 1;
	assert_true(trust_allows_iss(&s, "desk"));
	assert_false(trust_allows_iss(&s, "demo"));
	assert_true(trust_allows_path(&t, &s, "/any"));
	assert_true(trust_allows_path(&t, &s, NULL));
	s.paths = paths;
	s.n_paths = 2;
	assert_true(trust_allows_path(&t, &s, "/srv/in/a/b.mp4"));
	assert_true(trust_allows_path(&t, &s, "/x/cam1/clip.mp4"));
	assert_false(trust_allows_path(&t, &s, "/x/xcam1/clip.mp4"));
	assert_false(trust_allows_path(&t, &s, "/tmp/srv/in/b.mp4"));
	assert_false(trust_allows_path(&t, &s, NULL));
	assert_true(trust_valid_at(&s, 0));
	s.not_before = T0;
	s.not_after = T0 + 1;
	assert_false(trust_valid_at(&s, T0 - 1));
	assert_true(trust_valid_at(&s, T0));
	assert_true(trust_valid_at(&s, T0 + 1));
	assert_false(trust_valid_at(&s, T0 + 2));
}

static prov_status
policy(struct tlogpolicy *p, const char *text, prov_err *err)
{
	return (
	    tlogpolicy_parse(p, span(text, strlen(text)), "tlog-policy", err));
}

static void
assert_policy_refused(const char *text, const char *where)
{
	struct tlogpolicy p = { 0 };
	prov_err err = { 0 };

	assert_int_equal(policy(&p, text, &err), PROV_EFORMAT);
	if (strstr(err.msg, where) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.msg, where);
}

#define WITNESS \
	"w.example/1+46cf2d4c+BGDFWQ9y7vKS+VRa/Ci/Y8qR0gFqCiiPkPmjL4nT//yv"

#define WITNESS_2 \
	"w.example/2+56b46d61+BAb4+uo7X2l2kbbQY6B7pP+vHs6aHUc8WIVlIxzcjlnM"

static void
tlog_policy(void **state)
{
	struct keys k;
	struct tlogpolicy p = { 0 };
	AUTO_BUF out = { 0 };
	char text[2048];

	(void)state;
	keys_open(&k);
	snprintf(text, sizeof(text),
	    "# mine\n\nlog %s https://log.example/\n"
	    "witness w1 " WITNESS " https://w.example/\n"
	    "witness w2 " WITNESS_2 "\n"
	    "group all-of 2 w1 w2\n"
	    "\tquorum  all-of \n",
	    k.log_vkey);
	assert_int_equal(policy(&p, text, NULL), PROV_OK);
	assert_int_equal(p.n_logs, 1);
	assert_int_equal(p.n_witnesses, 2);
	assert_int_equal(p.n_groups, 1);
	assert_true(p.quorum);
	assert_string_equal(p.log_url[0], "https://log.example/");
	assert_string_equal(p.members[0].url, "https://w.example/");
	assert_null(p.members[1].url);
	assert_int_equal(p.members[2].k, 2);
	assert_int_equal(p.quorum_member, 2);
	/* What was not changed is kept as it stood, comments too. */
	assert_int_equal(tlogpolicy_add(&p, prov_key_public(k.owner), NULL),
	    PROV_OK);
	assert_int_equal(p.log_line[1], 3);
	assert_int_equal(p.members[0].line, 4);
	assert_int_equal(p.quorum_line, 7);
	tlogpolicy_remove(&p, 1);
	assert_int_equal(p.members[0].line, 3);
	assert_int_equal(p.quorum_line, 6);
	tlogpolicy_encode(&out, &p);
	assert_int_equal(out.len, strlen(text));
	assert_memory_equal(out.p, text, out.len);
	tlogpolicy_clear(&p);
	keys_close(&k);
}

static void
tlog_policy_refusals(void **state)
{
	struct keys k;
	char text[2048];

	(void)state;
	keys_open(&k);
	assert_policy_refused("", "no quorum line");
	assert_policy_refused("quorum none\nquorum none\n", ":2: a second");
	assert_policy_refused("quorum w\n", ":1: the quorum is not defined");
	assert_policy_refused("witness none " WITNESS "\nquorum none\n",
	    ":1: this name is in use");
	assert_policy_refused("witness w x+y+z\nquorum none\n",
	    ":1: a witness key");
	assert_policy_refused("witness w " WITNESS "\nwitness v " WITNESS
			      "\nquorum none\n",
	    ":2: this witness key is there already");
	assert_policy_refused("witness w example.com/foo+530d903a+"
			      "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\nqu"
			      "orum none\n",
	    ":1: a witness key of type 0x01");
	assert_policy_refused("group g 1 w\nquorum none\n",
	    ":1: a member is not defined");
	assert_policy_refused("witness w " WITNESS "\ngroup g 2 w\nquorum g\n",
	    ":2: a group needs");
	assert_policy_refused("witness w " WITNESS "\ngroup g 0 w\nquorum g\n",
	    ":2: a group needs");
	assert_policy_refused("witness w " WITNESS
			      "\ngroup g any w\ngroup h any w\nquorum g\n",
	    ":3: a member is in a group already");
	assert_policy_refused("policy x\nquorum none\n", ":1: not log,");
	assert_policy_refused("quorum none\r\n", "control character");
	snprintf(text, sizeof(text), "log %s\nlog %s\nquorum none\n",
	    k.log_vkey, k.log_vkey);
	assert_policy_refused(text, ":2: this log is there already");
	keys_close(&k);
}

/* In a policy: names below a root, matched whole, part by part. */
static void
rooted(void **state)
{
	static const char *const paths[] = { "vendor/acme/**", "cam?/*.mp4" };
	prov_trust_signer s = { .paths = paths, .n_paths = 2 };
	const prov_trust t = { .rooted = true };

	(void)state;
	assert_true(trust_allows_path(&t, &s, "vendor/acme/a/b.mp4"));
	assert_true(trust_allows_path(&t, &s, "cam1/clip.mp4"));
	assert_false(trust_allows_path(&t, &s, "cam1/a/clip.mp4"));
	assert_false(trust_allows_path(&t, &s, "x/vendor/acme/b.mp4"));
	assert_false(trust_allows_path(&t, &s, "vendor/acme/../other/b"));
	assert_false(trust_allows_path(&t, &s, "vendor/acme/./b"));
	assert_false(trust_allows_path(&t, &s, "vendor/acme//b"));
	assert_false(trust_allows_path(&t, &s, "vendor/acme/b\\c"));
	assert_false(trust_allows_path(&t, &s, "vendor/acme/\xff"));
	assert_false(trust_allows_path(&t, &s, "/vendor/acme/b"));
	assert_false(trust_allows_path(&t, &s, ""));
	assert_false(trust_allows_path(&t, &s, NULL));
	s.n_paths = 0;
	assert_true(trust_allows_path(&t, &s, NULL));
}

/* One more than a file of trust may name. */
static void
too_many_signers(void **state)
{
	prov_key *key = logged_key(OWNER_NAME, 2);
	const prov_trust_signer s = { .key = *prov_key_public(key) };
	prov_trust *t = NULL;

	(void)state;
	assert_int_equal(prov_trust_new(&t, NULL), PROV_OK);
	t->n = TRUST_SIGNERS_MAX; /* as if: none of them is looked at */
	refused(PROV_ELIMIT, "more than 10000 signers",
	    prov_trust_add_signer(t, &s, err));
	t->n = 0;
	prov_trust_free(t);
	prov_key_free(key);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(strict_yaml),
		cmocka_unit_test(saved_and_loaded),
		cmocka_unit_test(removed),
		cmocka_unit_test(too_many_signers),
		cmocka_unit_test(kid_is_computed),
		cmocka_unit_test(scopes),
		cmocka_unit_test(rooted),
		cmocka_unit_test(tlog_policy),
		cmocka_unit_test(tlog_policy_refusals),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
