/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "home.h"

#define LIST_MAX 64 /* as many as a trust file may hold */

static const struct opt add_opts[] = {
	{ "trust", 0, "FILE", "the trust file to change" },
	{ "log", 0, NULL, "the key is a log's, not a signer's" },
	{ "iss", 0, "NAME", "an issuer it may speak for; repeatable" },
	{ "path", 0, "GLOB", "paths it may sign; repeatable" },
	{ "not-before", 0, "TIME", "not valid before this UTC time" },
	{ "not-after", 0, "TIME", "not valid after this UTC time" },
	{ "may-revoke", 0, NULL, "it may revoke other keys" },
	{ 0 },
};

static const struct opt list_opts[] = {
	{ "trust", 0, "FILE", "the trust file to read" },
	{ 0 },
};

static const struct opt remove_opts[] = {
	{ "trust", 0, "FILE", "the trust file to change" },
	{ 0 },
};

static const char *
trust_path(const struct home *h, const struct args *args)
{
	const char *path = args_value(args, "trust");

	return (path != NULL ? path : h->trust);
}

/*
 * Only what reads back the same is a time: timegm puts 30 February into March.
 * 0 would stand for no bound at all.
 */
static bool
parse_time(const char *s, int64_t *out)
{
	char whole[48], again[48];
	struct tm tm = { 0 };

	(void)snprintf(whole, sizeof(whole), "%.24s%s", s,
	    strlen(s) == 10 ? "T00:00:00Z" : "");
	if (strptime(whole, "%Y-%m-%dT%H:%M:%SZ", &tm) == NULL)
		return (false);
	*out = (int64_t)timegm(&tm);
	return (*out != 0 &&
		strftime(again, sizeof(again), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0 &&
		strcmp(again, whole) == 0);
}

/* "2026-11-23", its first second, or "2026-11-23T20:41:00Z". */
static bool
time_option(const struct args *args, const char *name, int64_t *out)
{
	const char *s = args_value(args, name);

	if (s == NULL)
		return (true);
	if (!parse_time(s, out)) {
		complain(args, NULL,
		    "--%s %s: not a time such as "
		    "2026-11-23T20:41:00Z",
		    name, s);
		return (false);
	}
	return (true);
}

static bool
list_option(const struct args *args, const char *name,
    const char *out[LIST_MAX], size_t *n)
{
	const char *s;

	for (*n = 0; (s = args_nth(args, name, *n)) != NULL; out[(*n)++] = s) {
		if (*n == LIST_MAX) {
			complain(args, NULL, "--%s: more than %d of them", name,
			    LIST_MAX);
			return (false);
		}
	}
	return (true);
}

static prov_status
add_signer(const struct args *args, prov_trust *trust, const prov_pubkey *key,
    prov_err *err)
{
	const char *iss[LIST_MAX], *paths[LIST_MAX];
	prov_trust_signer signer = { .key = *key, .iss = iss, .paths = paths };

	signer.may_revoke = args_has(args, "may-revoke");
	if (!list_option(args, "iss", iss, &signer.n_iss) ||
	    !list_option(args, "path", paths, &signer.n_paths) ||
	    !time_option(args, "not-before", &signer.not_before) ||
	    !time_option(args, "not-after", &signer.not_after))
		return (PROV_EARG);
	return (prov_trust_add_signer(trust, &signer, err));
}

static prov_status
open_or_new(prov_trust **trust, const char *path, prov_err *err)
{
	if (is_missing(path))
		return (prov_trust_new(trust, err));
	return (prov_trust_load(trust, path, err));
}

static bool
make_home(const struct home *h, const struct args *args)
{
	if (args_value(args, "trust") != NULL || home_make_parents(h->trust))
		return (true);
	complain(args, h->dir, "%s", strerror(errno));
	return (false);
}

/* A log is believed or not: what narrows a signer would be ignored. */
static bool
usage_holds(const struct args *args)
{
	static const char *const narrow[] = { "iss", "path", "not-before",
		"not-after", "may-revoke" };

	for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++) {
		const char *both[] = { "log", narrow[i] };

		if (!args_only_one(args, both, 2))
			return (false);
	}
	return (true);
}

static int
run_add(const struct args *args)
{
	struct home h;
	prov_trust *trust = NULL;
	prov_pubkey key;
	prov_err err = { 0 };
	prov_status st;
	bool log = args_has(args, "log");
	int status = EXIT_TROUBLE;

	if (!usage_holds(args))
		return (EXIT_TROUBLE);
	if (prov_vkey_parse(&key, args->at[0], &err) != PROV_OK) {
		complain(args, NULL, "%s", err.msg);
		return (EXIT_TROUBLE);
	}
	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	if (!make_home(&h, args)) {
		home_free(&h);
		return (EXIT_TROUBLE);
	}
	st = open_or_new(&trust, trust_path(&h, args), &err);
	if (st == PROV_OK)
		st = log ? prov_trust_add_log(trust, &key, &err)
		         : add_signer(args, trust, &key, &err);
	if (st == PROV_OK)
		st = prov_trust_save(trust, trust_path(&h, args), &err);
	if (st == PROV_EEXIST) {
		printf("%s  %s, there already; nothing was changed\n",
		    log ? "log   " : "signer", key.name);
		status = EXIT_HOLDS;
	} else if (st != PROV_OK) {
		if (err.msg[0] != '\0')
			complain(args, NULL, "%s", err.msg);
	} else {
		printf("%s  %s  %02x%02x%02x%02x\n", log ? "log   " : "signer",
		    key.name, key.kid[0], key.kid[1], key.kid[2], key.kid[3]);
		status = EXIT_HOLDS;
	}
	prov_trust_free(trust);
	home_free(&h);
	return (status);
}

static void
print_time(const char *what, int64_t t)
{
	char buf[32];
	time_t tt = (time_t)t;
	struct tm tm;

	if (t != 0 && gmtime_r(&tt, &tm) != NULL &&
	    strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		printf("  %s %s", what, buf);
}

static void
print_list(const char *what, const char *const *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *safe = printable(at[i]);

		printf("  %s %s", what, safe != NULL ? safe : "");
		free(safe);
	}
}

static int
run_list(const struct args *args)
{
	struct home h;
	prov_trust *trust;
	char vkey[PROV_VKEY_MAX + 1];

	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	trust = home_load_trust(&h, args);
	home_free(&h);
	if (trust == NULL)
		return (EXIT_TROUBLE);
	for (size_t i = 0; i < prov_trust_signers(trust); i++) {
		const prov_trust_signer *s = prov_trust_signer_at(trust, i);

		prov_vkey_format(&s->key, vkey);
		printf("signer  %s", vkey);
		print_list("iss", s->iss, s->n_iss);
		print_list("path", s->paths, s->n_paths);
		print_time("not-before", s->not_before);
		print_time("not-after", s->not_after);
		printf("%s\n", s->may_revoke ? "  may-revoke" : "");
	}
	for (size_t i = 0; i < prov_trust_logs(trust); i++) {
		prov_vkey_format(prov_trust_log_at(trust, i), vkey);
		printf("log     %s\n", vkey);
	}
	prov_trust_free(trust);
	return (EXIT_HOLDS);
}

static int
run_remove(const struct args *args)
{
	struct home h;
	prov_trust *trust;
	prov_err err = { 0 };
	int status = EXIT_HOLDS;

	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	if ((trust = home_load_trust(&h, args)) == NULL) {
		home_free(&h);
		return (EXIT_TROUBLE);
	}
	if (prov_trust_remove(trust, args->at[0], &err) != PROV_OK ||
	    prov_trust_save(trust, trust_path(&h, args), &err) != PROV_OK) {
		complain(args, NULL, "%s", err.msg);
		status = EXIT_TROUBLE;
	} else {
		char *safe = printable(args->at[0]);

		printf("removed %s\n", safe != NULL ? safe : "");
		free(safe);
	}
	prov_trust_free(trust);
	home_free(&h);
	return (status);
}

static const struct cmd trust_add = {
	.name = "add",
	.args = "vkey",
	.summary = "believe a signer, or with --log a log",
	.opts = add_opts,
	.n_min = 1,
	.n_max = 1,
	.run = run_add,
};

static const struct cmd trust_list = {
	.name = "list",
	.args = "",
	.summary = "print who is believed, and for what",
	.opts = list_opts,
	.run = run_list,
};

static const struct cmd trust_remove = {
	.name = "remove",
	.args = "name|kid|vkey",
	.summary = "stop believing a signer or a log",
	.opts = remove_opts,
	.n_min = 1,
	.n_max = 1,
	.run = run_remove,
};

static const struct cmd *const subs[] = { &trust_add, &trust_list,
	&trust_remove, NULL };

const struct cmd cmd_trust = {
	.name = "trust",
	.args = "command",
	.summary = "say whose signatures and logs count",
	.subs = subs,
};
