/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policies.h"
#include "policy/license.h"

#define BASE "version: 1\npurpose: ai_training\n"

/* Reasons with one blank between them. */
static void
join(char *out, size_t size, const struct decision *d)
{
	out[0] = '\0';
	for (size_t i = 0; i < d->why.n; i++)
		(void)snprintf(out + strlen(out), size - strlen(out), "%s%s",
		    i > 0 ? " " : "", d->why.at[i].code);
}

static void
assert_decides(const char *policy, const struct facts *f, prov_decision want,
    const char *reasons)
{
	static struct decision d;
	prov_policy *p = policy_of(policy);
	char got[2048];

	assert_non_null(p);
	policy_judge(&d, p, f, T0);
	join(got, sizeof(got), &d);
	if (d.decision != want || strcmp(got, reasons) != 0)
		fail_msg("%s: decision %d [%s], not %d [%s]", policy,
		    (int)d.decision, got, (int)want, reasons);
	prov_policy_free(p);
}

static void
allows_what_holds(void **state)
{
	struct facts *f = facts_good();

	(void)state;
	assert_decides(BASE, f, PROV_ALLOW, "");
	assert_decides("version: 1\n", f, PROV_ALLOW, "");
	assert_decides("version: 1\npurpose: none\n", f, PROV_ALLOW, "");
	free(f);
}

/* What nobody filled in is denied, by policies that ask for next to nothing. */
static void
zeroed_facts_deny(void **state)
{
	static const char lax[] =
	    "version: 1\npurpose: none\nrequire: {carrier: [none, sidecar, "
	    "ledger], binding: clip, clip_edges: allow, inclusion: none, "
	    "revocation: if_known, superseded: allow, captions: any}\n";
	struct facts *f = calloc(1, sizeof(*f));
	static struct decision d;
	prov_policy *p;

	(void)state;
	assert_non_null(f);
	assert_decides(BASE, f, PROV_DENY, "policy.facts");
	assert_decides(lax, f, PROV_DENY, "policy.facts");
	p = policy_of(BASE "mode: warn\n");
	assert_non_null(p);
	policy_judge(&d, p, f, T0);
	assert_int_equal(d.effective, PROV_DENY);
	prov_policy_free(p);
	f->has_digest = true;
	assert_decides(lax, f, PROV_ALLOW, "");
	free(f);
}

static void
each_state_denies(void **state)
{
	struct facts *f = facts_good();

	(void)state;
	f->signature = PROV_SIG_UNKNOWN;
	assert_decides(BASE, f, PROV_DENY, "signature.untrusted");
	f->signature = PROV_SIG_EXPIRED;
	assert_decides(BASE, f, PROV_DENY, "signature.expired");
	f->signature = PROV_SIG_VALID;
	f->ledger = PROV_LEDGER_ABSENT;
	assert_decides(BASE, f, PROV_DENY, "ledger.absent");
	f->ledger = PROV_LEDGER_UNCHECKED;
	assert_decides(BASE, f, PROV_DENY, "ledger.absent");
	f->ledger = PROV_LEDGER_INCLUDED;
	f->revoked = REVOKED_UNCHECKED;
	assert_decides(BASE, f, PROV_DENY, "revocation.unchecked");
	assert_decides(BASE "require: {revocation: if_known}\n", f, PROV_ALLOW,
	    "");
	f->revoked = REVOKED_NO;
	f->superseded = true;
	assert_decides(BASE, f, PROV_DENY, "statement.superseded");
	assert_decides(BASE "require: {superseded: allow}\n", f, PROV_ALLOW,
	    "");
	f->superseded = false;
	findings_skip(&f->why, "superseded");
	assert_decides(BASE, f, PROV_DENY, "superseded.unchecked");
	assert_decides(BASE "require: {superseded: if_known}\n", f, PROV_ALLOW,
	    "");
	free(f);
}

static void
bindings(void **state)
{
	struct facts *f = facts_good();

	(void)state;
	f->binding = PROV_BIND_STREAMS;
	assert_decides(BASE, f, PROV_ALLOW, "");
	assert_decides(BASE "require: {binding: exact}\n", f, PROV_DENY,
	    "binding.denied");
	f->binding = PROV_BIND_CLIP;
	assert_decides(BASE, f, PROV_DENY, "binding.denied");
	assert_decides(BASE "require: {binding: clip}\n", f, PROV_ALLOW, "");
	f->edges = true;
	assert_decides(BASE "require: {binding: clip}\n", f, PROV_DENY,
	    "clip_edges.denied");
	assert_decides(BASE "require: {binding: clip, clip_edges: allow}\n", f,
	    PROV_ALLOW, "");
	f->binding = PROV_BIND_NONE;
	f->edges = false;
	assert_decides(BASE "require: {binding: clip}\n", f, PROV_DENY,
	    "binding.bytes.mismatch");
	findings_add(&f->why, REASON_ESSENCE_ALTERED, "%s", "");
	assert_decides(BASE, f, PROV_DENY, "essence.altered");
	free(f);
}

/* What is said to be of others: the policy may look in one place alone. */
static void
carriers_and_signers(void **state)
{
	static const char unsigned_too[] =
	    BASE "require: {carrier: [none, sidecar], revocation: if_known}\n"
		 "rights: {unknown: allow}\n";
	struct facts *f = facts_good();

	(void)state;
	assert_decides(BASE "require: {carrier: ledger}\n", f, PROV_DENY,
	    "carrier.denied");
	assert_decides(BASE "require: {carrier: sidecar}\n", f, PROV_ALLOW, "");
	assert_decides(unsigned_too, f, PROV_ALLOW, "");
	f->carrier = CARRIER_NONE;
	f->signature = PROV_SIG_ABSENT;
	f->binding = PROV_BIND_NONE;
	f->ledger = PROV_LEDGER_UNCHECKED;
	f->revoked = REVOKED_UNCHECKED;
	f->has_statement = false;
	f->signer[0] = f->iss[0] = '\0';
	memset(&f->claimed, 0, sizeof(f->claimed));
	assert_decides(BASE, f, PROV_DENY, "unsigned");
	assert_decides(unsigned_too, f, PROV_ALLOW, "");
	/* Who signed it is not known: that is not the same as nobody. */
	f->carrier = CARRIER_SIDECAR;
	f->signature = PROV_SIG_UNKNOWN;
	assert_decides(unsigned_too, f, PROV_DENY, "signature.untrusted");
	free(f);
}

static void
media(void **state)
{
	struct facts *f = facts_good();

	(void)state;
	assert_decides(BASE "require: {media_type: [image/*, video/mp4]}\n", f,
	    PROV_ALLOW, "");
	assert_decides(BASE "require: {media_type: image/*}\n", f, PROV_DENY,
	    "media_type.denied");
	assert_decides(BASE "require: {max_bytes: 1000, min_bytes: 1000}\n", f,
	    PROV_ALLOW, "");
	assert_decides(BASE "require: {max_bytes: 999}\n", f, PROV_DENY,
	    "size.denied");
	assert_decides(BASE "require: {min_bytes: 1kB, max_bytes: 1KiB}\n", f,
	    PROV_ALLOW, "");
	(void)snprintf(f->media_type, sizeof(f->media_type), "audio/vnd.wave");
	assert_decides(BASE "require: {media_type: audio/wav}\n", f, PROV_ALLOW,
	    "");
	assert_decides(BASE "require: {media_type: audio/x-wav}\n", f,
	    PROV_ALLOW, "");
	assert_decides(BASE "require: {media_type: audio/flac}\n", f, PROV_DENY,
	    "media_type.denied");
	f->media_type[0] = '\0';
	f->has_size = false;
	assert_decides(BASE "require: {media_type: \"*\", max_bytes: 1GiB}\n",
	    f, PROV_DENY, "media_type.denied size.denied");
	assert_decides(BASE "require: {uncovered_bytes: 0}\n", f, PROV_ALLOW,
	    "");
	f->binding = PROV_BIND_STREAMS;
	assert_decides(BASE "require: {uncovered_bytes: 0}\n", f, PROV_DENY,
	    "uncovered_bytes.denied");
	f->has_uncovered = true;
	f->uncovered = 5;
	assert_decides(BASE "require: {uncovered_bytes: 4}\n", f, PROV_DENY,
	    "uncovered_bytes.denied");
	assert_decides(BASE "require: {uncovered_bytes: 5}\n", f, PROV_ALLOW,
	    "");
	assert_decides(BASE "require: {captions: required}\n", f, PROV_DENY,
	    "captions.denied");
	f->captions = true;
	assert_decides(BASE "require: {captions: required}\n", f, PROV_ALLOW,
	    "");
	f->captions_altered = true;
	assert_decides(BASE, f, PROV_DENY, "captions.denied");
	assert_decides(BASE "require: {captions: any}\n", f, PROV_ALLOW, "");
	free(f);
}

static void
rights(void **state)
{
	struct facts *f = facts_good();
	enum use *use = &f->claimed.use[SIGNAL_CAWG][PURPOSE_AI_TRAINING];

	(void)state;
	*use = USE_SILENT;
	assert_decides(BASE, f, PROV_DENY, "rights.ai_training.unknown");
	assert_decides(BASE "rights: {unknown: allow}\n", f, PROV_ALLOW, "");
	assert_decides("version: 1\n", f, PROV_DENY,
	    "rights.ai_training.unknown");
	*use = USE_CONSTRAINED;
	assert_decides(BASE, f, PROV_DENY, "rights.ai_training.constrained");
	assert_decides(BASE "rights: {constrained: allow}\n", f, PROV_ALLOW,
	    "");
	*use = USE_NOT_ALLOWED;
	assert_decides(BASE "rights: {constrained: allow, unknown: allow}\n", f,
	    PROV_DENY, "rights.ai_training.notAllowed");
	assert_decides("version: 1\npurpose: data_mining\n", f, PROV_ALLOW, "");
	assert_decides("version: 1\npurpose: none\n", f, PROV_ALLOW, "");
	/* Unsigned words restrict and never grant. */
	*use = USE_SILENT;
	f->seen.use[SIGNAL_IPTC][PURPOSE_AI_TRAINING] = USE_ALLOWED;
	assert_decides(BASE, f, PROV_DENY, "rights.ai_training.unknown");
	*use = USE_ALLOWED;
	f->seen.use[SIGNAL_IPTC][PURPOSE_AI_TRAINING] = USE_NOT_ALLOWED;
	assert_decides(BASE, f, PROV_DENY, "rights.ai_training.notAllowed");
	assert_decides(BASE
	    "rights: {honour: [cawg.training-mining, tdmrep]}\n",
	    f, PROV_ALLOW, "");
	free(f);
}

static void
choices(void **state)
{
	static const char no_synthetic[] =
	    BASE "rights: {source_type: {deny: [\"*lgorithmicMedia\"]}}\n";
	static const char captures[] =
	    BASE "rights: {source_type: {allow: [digitalCapture], unknown: "
		 "allow}}\n";
	static const char licensed[] = BASE
	    "rights: {licenses: {allow: [CC-BY-4.0, \"LicenseRef-acme-*\"], "
	    "deny: [GPL-3.0-only]}}\n";
	static const char made[] = BASE "rights: {origin: {deny: generated}}\n";
	struct facts *f = facts_good();

	(void)state;
	assert_decides(no_synthetic, f, PROV_ALLOW, "");
	memcpy(f->seen.source_type, "trainedAlgorithmicMedia", 24);
	assert_decides(no_synthetic, f, PROV_DENY, "source_type.denied");
	assert_decides(captures, f, PROV_DENY, "source_type.denied");
	f->seen.source_type[0] = '\0';
	memcpy(f->claimed.source_type, "newWord", 8);
	assert_decides(no_synthetic, f, PROV_DENY, "source_type.unknown");
	assert_decides(captures, f, PROV_DENY, "source_type.denied");
	f->claimed.source_type[0] = '\0';
	assert_decides(no_synthetic, f, PROV_DENY, "source_type.unknown");
	assert_decides(captures, f, PROV_ALLOW, "");

	assert_decides(licensed, f, PROV_ALLOW, "");
	snprintf(f->claimed.license, sizeof(f->claimed.license),
	    "licenseref-ACME-2 AND (cc-by-4.0 OR X11)");
	assert_decides(licensed, f, PROV_ALLOW, "");
	memcpy(f->claimed.license, "NOASSERTION", 12);
	assert_decides(licensed, f, PROV_DENY, "license.unknown");
	memcpy(f->claimed.license, "MIT", 4);
	assert_decides(licensed, f, PROV_DENY, "license.denied");
	memcpy(f->claimed.license, "CC-BY-4.0 OR GPL-3.0-only", 26);
	assert_decides(licensed, f, PROV_DENY, "license.denied");

	assert_decides(made, f, PROV_ALLOW, "");
	f->origin_class = PROV_ORIGIN_GENERATED;
	assert_decides(made, f, PROV_DENY, "origin.denied");
	f->origin_class = PROV_ORIGIN_UNSTATED;
	assert_decides(made, f, PROV_DENY, "origin.unknown");
	free(f);
}

static void
licenses(void **state)
{
	char *mit[] = { (char *)(uintptr_t) "MIT",
		(char *)(uintptr_t) "Apache-2.0 with *" };
	const struct words w = { 2, mit };
	char deep[256] = "";

	(void)state;
	assert_true(license_all("MIT", &w));
	assert_true(license_all("mit OR GPL-2.0", &w));
	assert_false(license_all("mit AND GPL-2.0", &w));
	assert_true(license_all("((MIT))", &w));
	assert_true(license_all("Apache-2.0 WITH LLVM-exception", &w));
	assert_false(license_all("Apache-2.0", &w));
	assert_true(license_all("GPL-2.0 OR MIT AND MIT", &w));
	assert_false(license_all("(GPL-2.0 OR MIT) AND X", &w));
	assert_false(license_all("MIT MIT", &w));
	assert_false(license_all("MIT OR", &w));
	assert_false(license_all("MIT AND", &w));
	assert_false(license_all("(MIT", &w));
	assert_false(license_all("MIT)", &w));
	assert_false(license_all("MIT WITH", &w));
	assert_false(license_all("", &w));
	assert_true(license_any("X AND (Y OR MIT)", &w));
	assert_false(license_any("X AND Y", &w));
	assert_false(license_any("", &w));
	for (size_t i = 0; i < 100; i++)
		memcpy(deep + strlen(deep), "(", 2);
	memcpy(deep + strlen(deep), "MIT", 4);
	assert_false(license_all(deep, &w));
}

/* No rule, default or mode changes what lies or no longer counts. */
static void
nothing_overrides(void **state)
{
	static const char lax[] =
	    BASE "mode: warn\ndefault: quarantine\non_error: quarantine\n"
		 "require: {carrier: [none, sidecar, ledger], inclusion: none, "
		 "revocation: if_known, superseded: allow}\n"
		 "rules:\n  - {then: quarantine}\n";
	static const char sets[] = BASE
	    "rules:\n  - {match: {reason: \"*\"}, set: {require.inclusion: "
	    "none, require.revocation: if_known}}\n";
	static struct decision d;
	prov_policy *p = policy_of(lax), *q = policy_of(sets);
	struct facts *good = facts_good();

	(void)state;
	assert_non_null(p);
	assert_non_null(q);
	for (int i = 0; i < 11; i++) {
		struct facts *f = facts_good();

		*f = *good;
		switch (i) {
		case 0:
			f->signature = PROV_SIG_INVALID;
			break;
		case 1:
			f->signature = PROV_SIG_REVOKED;
			break;
		case 2:
			f->revoked = REVOKED_YES;
			break;
		case 3:
			f->ledger = PROV_LEDGER_FORK;
			break;
		case 4:
			f->ledger = PROV_LEDGER_INVALID;
			break;
		case 5:
			findings_add(&f->why, REASON_SIDECAR_MALFORMED, "x");
			break;
		case 6:
			findings_add(&f->why, REASON_ASSET_TAKEDOWN, "x");
			break;
		case 7:
			findings_add(&f->why, REASON_LEDGER_FORK, "x");
			break;
		case 8:
			f->trouble = PROV_EFORMAT;
			break;
		case 9:
			f->path = "a/../b";
			break;
		default:
			f->binding = (prov_binding)7;
			break;
		}
		policy_judge(&d, p, f, T0);
		assert_int_equal(d.decision, PROV_DENY);
		assert_int_equal(d.effective, PROV_DENY);
		assert_true(d.why.n > 0);
		assert_int_equal(d.route[0], '\0');
		policy_judge(&d, q, f, T0);
		assert_int_equal(d.decision, PROV_DENY);
		free(f);
	}
	free(good);
	prov_policy_free(p);
	prov_policy_free(q);
}

/* Whatever stands where an enumeration or a count belongs. */
static void
nonsense_denies(void **state)
{
	struct facts *f = facts_good();
	prov_policy *p = policy_of(BASE);
	static struct decision d;

	(void)state;
	assert_non_null(p);
#define DENIES(field, value)                                           \
	do {                                                           \
		struct facts *was = facts_good();                      \
		(field) = (value);                                     \
		policy_judge(&d, p, f, T0);                            \
		assert_int_equal(d.decision, PROV_DENY);               \
		assert_string_equal(d.why.at[0].code, "policy.facts"); \
		*f = *was;                                             \
		free(was);                                             \
	} while (0)
	DENIES(f->carrier, (enum carrier)3);
	DENIES(f->carrier, (enum carrier) - 1);
	DENIES(f->signature, (prov_sig_state)6);
	DENIES(f->signature, (prov_sig_state)-1);
	DENIES(f->ledger, (prov_ledger_state)6);
	DENIES(f->revoked, (enum revoked)3);
	DENIES(f->origin_class, (prov_origin)5);
	DENIES(f->claimed.use[0][0], (enum use)4);
	DENIES(f->seen.use[5][3], (enum use) - 1);
	DENIES(f->why.n, SIZE_MAX);
	DENIES(f->why.n_skipped, SKIPPED_MAX + 1);
#undef DENIES
	prov_policy_free(p);
	free(f);
}

/* So many findings that something may have been left out. */
static void
overflow_denies(void **state)
{
	struct facts *f = facts_good();
	prov_policy *p = policy_of(BASE "mode: warn\n");
	static struct decision d;

	(void)state;
	assert_non_null(p);
	for (f->why.n = 0; f->why.n < FINDINGS_MAX; f->why.n++)
		snprintf(f->why.at[f->why.n].code, CODE_MAX, "x.%zu", f->why.n);
	policy_judge(&d, p, f, T0);
	assert_int_equal(d.decision, PROV_DENY);
	assert_int_equal(d.effective, PROV_DENY);
	assert_string_equal(d.why.at[d.why.n - 1].code, "policy.facts");
	prov_policy_free(p);
	free(f);
}

static void
trouble(void **state)
{
	static const struct {
		prov_status st;
		const char *code;
		bool passes;
	} kinds[] = {
		{ PROV_EIO, "error.read", true },
		{ PROV_EBUSY, "error.busy", true },
		{ PROV_ENOTFOUND, "error.open", true },
		{ PROV_EOPEN, "error.open", true },
		{ PROV_ENOMEM, "error.memory", true },
		{ PROV_EINTERNAL, "error.internal", true },
		{ PROV_EFORMAT, "error.refused", false },
		{ PROV_EARG, "error.refused", false },
		{ PROV_ELIMIT, "error.refused", false },
		{ PROV_EUNTRUSTED, "error.refused", false },
		{ (prov_status)1, "error.refused", false },
		{ (prov_status)-99, "error.refused", false },
	};
	struct facts *f = facts_good();

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		bool passes = kinds[i].passes;

		f->trouble = kinds[i].st;
		assert_decides(BASE, f, passes ? PROV_RETRY : PROV_DENY,
		    kinds[i].code);
		assert_decides(BASE "on_error: quarantine\nmode: warn\n", f,
		    passes ? PROV_QUARANTINE : PROV_DENY, kinds[i].code);
		assert_decides(BASE "on_error: deny\n", f, PROV_DENY,
		    kinds[i].code);
	}
	free(f);
}

static void
stale(void **state)
{
	struct facts *f = facts_good();

	(void)state;
	f->ledger = PROV_LEDGER_STALE;
	assert_decides(BASE, f, PROV_RETRY, "ledger.stale");
	assert_decides(BASE
	    "default: quarantine\nrules: [{then: quarantine}]\n",
	    f, PROV_RETRY, "ledger.stale");
	assert_decides(BASE "on_error: deny\n", f, PROV_DENY, "ledger.stale");
	assert_decides(BASE "require: {inclusion: if_present}\n", f, PROV_RETRY,
	    "ledger.stale");
	assert_decides(BASE "require: {inclusion: none}\n", f, PROV_ALLOW, "");
	free(f);
}

static void
max_age(void **state)
{
	struct facts *f = facts_good();
	prov_policy *p = policy_of(BASE);
	static struct decision d;

	(void)state;
	assert_non_null(p);
	p->max_age = 3600;
	policy_judge(&d, p, f, T0);
	assert_int_equal(d.decision, PROV_ALLOW);
	policy_judge(&d, p, f, T0 + 3540);
	assert_int_equal(d.decision, PROV_ALLOW);
	policy_judge(&d, p, f, T0 + 3541);
	assert_int_equal(d.decision, PROV_RETRY);
	assert_string_equal(d.why.at[0].code, "ledger.stale");
	/* A head from the future is one whose time nobody knows. */
	policy_judge(&d, p, f, T0 - 360);
	assert_int_equal(d.decision, PROV_ALLOW);
	policy_judge(&d, p, f, T0 - 361);
	assert_int_equal(d.decision, PROV_RETRY);
	policy_judge(&d, p, f, INT64_MIN);
	assert_int_equal(d.decision, PROV_RETRY);
	policy_judge(&d, p, f, INT64_MAX);
	assert_int_equal(d.decision, PROV_RETRY);
	f->has_head_time = false;
	policy_judge(&d, p, f, T0);
	assert_int_equal(d.decision, PROV_RETRY);
	prov_policy_free(p);
	free(f);
}

static void
rules(void **state)
{
	static const char policy[] =
	    BASE "default: quarantine\n"
		 "rules:\n"
		 "  - match: {path: \"bad/**\"}\n    then: deny\n    note: no\n"
		 "  - match: {path: \"vendor/**\", iss: acme.example}\n"
		 "    set: {rights.unknown: allow}\n    route: vendor\n"
		 "  - match: {reason: unsigned}\n    then: deny\n"
		 "  - {route: rest}\n";
	struct facts *f = facts_good();
	prov_policy *p = policy_of(policy);
	static struct decision d;

	(void)state;
	assert_non_null(p);
	policy_judge(&d, p, f, T0);
	assert_int_equal(d.decision, PROV_ALLOW);
	assert_int_equal(d.rule, 2);
	assert_string_equal(d.route, "vendor");
	f->claimed.use[SIGNAL_CAWG][PURPOSE_AI_TRAINING] = USE_SILENT;
	policy_judge(&d, p, f, T0);
	assert_int_equal(d.decision, PROV_ALLOW);
	assert_int_equal(d.why.n, 0);
	f->path = NULL;
	policy_judge(&d, p, f, T0);
	assert_int_equal(d.decision, PROV_QUARANTINE);
	assert_int_equal(d.rule, 4);
	assert_string_equal(d.route, "");
	assert_int_equal(d.rights, USE_SILENT);
	f->path = "bad/1";
	policy_judge(&d, p, f, T0);
	assert_int_equal(d.decision, PROV_DENY);
	assert_int_equal(d.rule, 1);
	assert_string_equal(d.note, "no");
	/* A rule that restricts is heeded where all else holds, too. */
	f->claimed.use[SIGNAL_CAWG][PURPOSE_AI_TRAINING] = USE_ALLOWED;
	policy_judge(&d, p, f, T0);
	assert_int_equal(d.decision, PROV_DENY);
	assert_string_equal(d.why.at[0].code, "policy.rule");
	prov_policy_free(p);
	free(f);
}

/* What lets in goes by what is signed; what keeps out by all that is seen. */
static void
rules_and_unsigned_words(void **state)
{
	static const char lets_in[] =
	    BASE "rules:\n  - match: {source_type: digitalCapture}\n"
		 "    set: {rights.unknown: allow}\n";
	static const char keeps_out[] =
	    BASE "rules:\n  - match: {source_type: trainedAlgorithmicMedia}\n"
		 "    then: quarantine\n";
	struct facts *f = facts_good();

	(void)state;
	f->claimed.use[SIGNAL_CAWG][PURPOSE_AI_TRAINING] = USE_SILENT;
	assert_decides(lets_in, f, PROV_ALLOW, "");
	f->claimed.source_type[0] = '\0';
	memcpy(f->seen.source_type, "digitalCapture", 15);
	assert_decides(lets_in, f, PROV_DENY, "rights.ai_training.unknown");
	memcpy(f->seen.source_type, "trainedAlgorithmicMedia", 24);
	f->claimed.use[SIGNAL_CAWG][PURPOSE_AI_TRAINING] = USE_ALLOWED;
	assert_decides(keeps_out, f, PROV_QUARANTINE, "policy.rule");
	free(f);
}

static void
warns(void **state)
{
	struct facts *f = facts_good();
	prov_policy *p = policy_of(BASE "mode: warn\nrules: [{route: a}]\n");
	static struct decision d;

	(void)state;
	assert_non_null(p);
	f->signature = PROV_SIG_EXPIRED;
	policy_judge(&d, p, f, T0);
	assert_int_equal(d.decision, PROV_DENY);
	assert_int_equal(d.effective, PROV_ALLOW);
	assert_string_equal(d.why.at[0].code, "signature.expired");
	assert_string_equal(d.route, "a");
	f->trouble = PROV_EIO;
	policy_judge(&d, p, f, T0);
	assert_int_equal(d.effective, PROV_RETRY);
	f->trouble = PROV_OK;
	f->ledger = PROV_LEDGER_STALE;
	policy_judge(&d, p, f, T0);
	assert_int_equal(d.effective, PROV_RETRY);
	prov_policy_free(p);
	free(f);
}

/* The explanation has each requirement, and decides nothing otherwise. */
static void
explains(void **state)
{
	struct facts *f = facts_good();
	prov_policy *p = policy_of(BASE "require: {binding: exact}\n");
	static struct decision d;
	static struct explanation x;
	bool found = false;

	(void)state;
	assert_non_null(p);
	f->binding = PROV_BIND_STREAMS;
	policy_explain(&d, &x, p, f, T0);
	assert_int_equal(d.decision, PROV_DENY);
	for (size_t i = 0; i < x.n; i++) {
		const struct requirement *q = &x.at[i];

		if (strcmp(q->name, "require.binding") != 0) {
			assert_true(q->met);
			continue;
		}
		found = true;
		assert_false(q->met);
		assert_string_equal(q->wanted, "exact");
		assert_string_equal(q->found, "streams");
		assert_string_equal(q->where, "sidecar");
	}
	assert_true(found);
	prov_policy_free(p);
	free(f);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(allows_what_holds),
		cmocka_unit_test(zeroed_facts_deny),
		cmocka_unit_test(each_state_denies),
		cmocka_unit_test(bindings),
		cmocka_unit_test(carriers_and_signers),
		cmocka_unit_test(media),
		cmocka_unit_test(rights),
		cmocka_unit_test(choices),
		cmocka_unit_test(licenses),
		cmocka_unit_test(nothing_overrides),
		cmocka_unit_test(nonsense_denies),
		cmocka_unit_test(overflow_denies),
		cmocka_unit_test(trouble),
		cmocka_unit_test(stale),
		cmocka_unit_test(max_age),
		cmocka_unit_test(rules),
		cmocka_unit_test(rules_and_unsigned_words),
		cmocka_unit_test(warns),
		cmocka_unit_test(explains),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
