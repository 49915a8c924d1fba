/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "key.h"

static const struct opt opts[] = {
	{ "key", 'k', "KEY", "sign with this: its recovery key, or a revoker" },
	{ "from", 0, "now", "what was signed until now stays valid (default)" },
	{ "from-index", 0, "N", "revoke what is in entry N and behind it" },
	{ "reason", 0, "WORD", "why, such as key-compromise" },
	OPT_PASSPHRASE,
	{ 0 },
};

/* The key to revoke, and what it is called; "" where that is not known. */
struct target {
	uint8_t kid[32];
	char name[PROV_NAME_MAX + 1];
};

static bool
parse_hex(uint8_t out[32], const char *s, size_t *n)
{
	static const char digits[] = "0123456789abcdef";

	for (*n = 0; s[*n] != '\0'; (*n)++) {
		const char *d = strchr(digits, s[*n]);

		if (*n == 64 || d == NULL)
			return (false);
		out[*n / 2] = (uint8_t)(out[*n / 2] << 4 | (d - digits));
	}
	return (*n >= 8);
}

static bool
is_prefix(const uint8_t kid[32], const uint8_t *given, size_t digits)
{
	if (memcmp(kid, given, digits / 2) != 0)
		return (false);
	return (digits % 2 == 0 ||
		kid[digits / 2] >> 4 == (given[digits / 2] & 15));
}

static bool
names(const prov_pubkey *key, const char *what)
{
	char vkey[PROV_VKEY_MAX + 1];
	uint8_t kid[32] = { 0 };
	size_t n;

	prov_vkey_format(key, vkey);
	return (strcmp(key->name, what) == 0 || strcmp(vkey, what) == 0 ||
		(parse_hex(kid, what, &n) && is_prefix(key->kid, kid, n)));
}

/* By what trust calls it, or a whole kid that trust does not know. */
static bool
find_target(const struct args *args, const prov_trust *trust, const char *what,
    struct target *out)
{
	size_t n = 0, digits;
	prov_pubkey key;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < prov_trust_signers(trust); i++) {
		const prov_pubkey *k = &prov_trust_signer_at(trust, i)->key;

		if (!names(k, what))
			continue;
		memcpy(out->kid, k->kid, sizeof(out->kid));
		memcpy(out->name, k->name, sizeof(out->name));
		n++;
	}
	if (n == 1)
		return (true);
	if (n > 1) {
		complain(args, NULL, "%zu keys are %s; name one by its kid", n,
		    what);
		return (false);
	}
	if (parse_hex(out->kid, what, &digits) && digits == 64)
		return (true);
	if (prov_vkey_parse(&key, what, NULL) == PROV_OK) {
		memcpy(out->kid, key.kid, sizeof(out->kid));
		memcpy(out->name, key.name, sizeof(out->name));
		return (true);
	}
	complain(args, NULL, "no key %s in the trust file; name its whole kid",
	    what);
	return (false);
}

prov_key *
key_speaker(const struct args *args, const struct home *h, const char *name)
{
	char *path;
	prov_key *key = NULL;

	path = args_has(args, "key") ? home_signer_path(h, args)
	                             : home_key_path(h, name);
	if (path == NULL)
		return (NULL);
	if (!args_has(args, "key") && is_missing(path))
		complain(args, NULL,
		    "the key %s is not here; sign with its recovery key: "
		    "-k FILE",
		    name[0] != '\0' ? name : "to revoke");
	else
		key = home_load_key(args, path);
	free(path);
	return (key);
}

bool
key_may_revoke(const prov_trust *trust, const prov_key *key)
{
	for (size_t i = 0; i < prov_trust_signers(trust); i++) {
		const prov_trust_signer *s = prov_trust_signer_at(trust, i);

		if (memcmp(s->key.kid, prov_key_public(key)->kid, 32) == 0)
			return (s->may_revoke != 0);
	}
	return (false);
}

static bool
from_option(const struct args *args, uint64_t *out)
{
	const char *both[] = { "from", "from-index" };
	const char *index = args_value(args, "from-index");
	const char *from = args_value(args, "from");
	char *end;

	*out = PROV_FROM_NOW;
	if (!args_only_one(args, both, 2))
		return (false);
	if (from != NULL && strcmp(from, "now") != 0) {
		complain(args, NULL, "--from takes now, and nothing else");
		return (false);
	}
	if (index == NULL)
		return (true);
	errno = 0;
	*out = strtoull(index, &end, 10);
	if (errno == 0 && *index >= '0' && *index <= '9' && *end == '\0' &&
	    *out != PROV_FROM_NOW)
		return (true);
	complain(args, NULL, "--from-index %s: not a number", index);
	return (false);
}

static int
revoke_key(const struct args *args, struct ledger_writer *w,
    const prov_trust *trust, const struct target *t, uint64_t from)
{
	prov_revocation r = { .from_index = from,
		.reason = args_value(args, "reason"),
		.now = (int64_t)time(NULL) };
	prov_key *by = key_speaker(args, &w->home, t->name);
	prov_entry entry;
	prov_err err = { 0 };

	if (by == NULL)
		return (EXIT_TROUBLE);
	memcpy(r.kid, t->kid, sizeof(r.kid));
	r.revoker = key_may_revoke(trust, by);
	if (prov_ledger_revoke(w->ledger, by, &r, &entry, &err) != PROV_OK) {
		prov_key_free(by);
		return (failure(args, NULL, &err));
	}
	prov_key_free(by);
	if (from == PROV_FROM_NOW)
		from = entry.index;
	printf("revoked  %s%s%02x%02x%02x%02x  from entry %llu on, by entry "
	       "%llu\n",
	    t->name, t->name[0] != '\0' ? "  " : "", t->kid[0], t->kid[1],
	    t->kid[2], t->kid[3], (unsigned long long)from,
	    (unsigned long long)entry.index);
	return (EXIT_HOLDS);
}

static int
run(const struct args *args)
{
	struct ledger_writer w;
	struct target target;
	prov_trust *trust = NULL;
	char *own = NULL;
	uint64_t from;
	int status;

	if (!from_option(args, &from))
		return (EXIT_TROUBLE);
	status = ledger_writer_open(&w, args);
	if (status == EXIT_HOLDS) {
		status = EXIT_TROUBLE;
		own = home_default_key(&w.home);
		trust = home_load_trust(&w.home, args);
		if (trust != NULL && find_target(args, trust,
					 args->n == 1  ? args->at[0]
					 : own != NULL ? own
						       : "",
					 &target))
			status = revoke_key(args, &w, trust, &target, from);
	}
	free(own);
	prov_trust_free(trust);
	if (status == EXIT_HOLDS)
		status = ledger_witnessed(args, &w);
	ledger_writer_close(&w);
	return (status);
}

const struct cmd key_revoke = {
	.name = "revoke",
	.args = "[name|kid|vkey]",
	.summary = "take a key's signatures back, for good",
	.opts = opts,
	.n_max = 1,
	.run = run,
};
