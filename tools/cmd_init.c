/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "key.h"

static const struct opt opts[] = {
	{ "no-passphrase", 0, NULL, "store the keys unencrypted" },
	OPT_PASSPHRASE,
	{ 0 },
};

/* host/user, with what a key name cannot hold replaced. */
static bool
default_name(char out[PROV_NAME_MAX + 1])
{
	char host[128] = "host";
	const struct passwd *pw = getpwuid(geteuid());

	(void)gethostname(host, sizeof(host) - 1);
	(void)snprintf(out, PROV_NAME_MAX + 1, "%s/%.100s",
	    host[0] == '\0' ? "host" : host, pw != NULL ? pw->pw_name : "user");
	for (char *s = out; *s != '\0'; s++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy"
			   "z0123456789._-/",
			*s) == NULL)
			*s = '_';
	return (prov_name_check(out, NULL) == PROV_OK);
}

/* Loads the key of an earlier, interrupted run, or makes one. */
static prov_key *
key_for(const struct home *h, const struct args *args, const char *name,
    prov_span passphrase)
{
	char *path = home_key_path(h, name);
	prov_key *key = NULL;
	prov_err err = { 0 };

	if (path == NULL)
		return (NULL);
	if (!is_missing(path)) {
		key = home_load_key(args, path);
	} else if (!home_make_parents(path)) {
		complain(args, path, "cannot make its directory: %s",
		    strerror(errno));
	} else if (prov_key_generate(&key, name, &err) != PROV_OK ||
		   prov_key_save(key, path, passphrase, &err) != PROV_OK) {
		complain(args, NULL, "%s", err.msg);
		prov_key_free(key);
		key = NULL;
	}
	free(path);
	return (key);
}

static prov_status
write_trust(const struct home *h, const prov_key *key, const prov_key *log,
    prov_err *err)
{
	const prov_trust_signer signer = { .key = *prov_key_public(key),
		.may_revoke = 1 };
	prov_trust *trust = NULL;
	prov_status st;

	if (is_missing(h->trust))
		st = prov_trust_new(&trust, err);
	else
		st = prov_trust_load(&trust, h->trust, err);
	if (st == PROV_OK)
		st = prov_trust_add_signer(trust, &signer, err);
	if (st == PROV_OK || st == PROV_EEXIST) {
		prov_err_clear(err);
		st = prov_trust_add_log(trust, prov_key_public(log), err);
	}
	if (st == PROV_OK || st == PROV_EEXIST) {
		prov_err_clear(err);
		st = prov_trust_save(trust, h->trust, err);
	}
	prov_trust_free(trust);
	return (st);
}

/* The last thing written: from here on prov init has run. */
static bool
write_config(const struct home *h, const char *name)
{
	char *temp = NULL;
	FILE *f;
	bool fine;

	if (asprintf(&temp, "%s.new", h->config) < 0)
		return (false);
	fine = (f = fopen(temp, "we")) != NULL;
	if (fine) {
		fine = fprintf(f, "key %s\n", name) > 0;
		fine = fflush(f) == 0 && fsync(fileno(f)) == 0 && fine;
		fine = fclose(f) == 0 && fine;
		fine = fine && rename(temp, h->config) == 0;
	}
	free(temp);
	return (fine);
}

static void
print_key(const char *what, const prov_pubkey *key)
{
	printf("%s  %s  %02x%02x%02x%02x\n", what, key->name, key->kid[0],
	    key->kid[1], key->kid[2], key->kid[3]);
}

static int
already(const struct home *h, const struct args *args, const char *name)
{
	if (args->n == 1 && strcmp(args->at[0], name) != 0) {
		complain(args, h->dir,
		    "is set up for %s already; for another "
		    "key: prov key generate %s",
		    name, args->at[0]);
		return (EXIT_TROUBLE);
	}
	printf("key     %s, there already\n"
	       "ledger  %s/log, there already; nothing was changed\n",
	    name, name);
	return (EXIT_HOLDS);
}

/*
 * Makes the ledger; one that is there already has to be of this very log, and
 * may name a recovery key that was taken elsewhere.
 */
static prov_status
make_ledger(const struct home *h, const prov_key *key, const prov_key *log,
    const prov_key *recovery, bool *elsewhere, prov_err *err)
{
	const prov_pubkey *more = prov_key_public(recovery);
	prov_ledger *ledger = NULL;
	prov_err why = { 0 };
	prov_entry entry;
	prov_status st;

	st = prov_ledger_create(h->ledger, log, key, more, err);
	if (st != PROV_EEXIST)
		return (st);
	prov_err_clear(err);
	st = prov_ledger_open_writer(&ledger, h->ledger, log, &why);
	if (st == PROV_OK) {
		st = prov_ledger_recovery(ledger, key, more, &entry, err);
		prov_ledger_close(ledger);
		*elsewhere = st == PROV_EEXIST;
		if (*elsewhere) {
			prov_err_clear(err);
			st = PROV_OK;
		}
	} else {
		err->status = st;
		(void)snprintf(err->msg, sizeof(err->msg),
		    "the ledger was begun under another name, which goes on, "
		    "or is damaged: %.300s",
		    why.msg);
	}
	return (st);
}

static int
set_up(const struct home *h, const struct args *args, const char *name,
    prov_span passphrase)
{
	char log_name[PROV_NAME_MAX + 8];
	prov_key *key = NULL, *log = NULL, *recovery = NULL;
	char *path = NULL;
	prov_err err = { 0 };
	prov_status st;
	int status = EXIT_TROUBLE;
	bool elsewhere = false;

	(void)snprintf(log_name, sizeof(log_name), "%s/log", name);
	if (prov_name_check(log_name, &err) != PROV_OK)
		return (failure(args, NULL, &err));
	if ((key = key_for(h, args, name, passphrase)) == NULL ||
	    (log = key_for(h, args, log_name, passphrase)) == NULL ||
	    asprintf(&path, "%s/recovery.key", h->dir) < 0 ||
	    (recovery = key_recovery_at(args, name, path, passphrase)) == NULL)
		goto done;
	if ((st = make_ledger(h, key, log, recovery, &elsewhere, &err)) ==
	    PROV_OK)
		st = write_trust(h, key, log, &err);
	if (elsewhere)
		(void)unlink(path);
	if (st != PROV_OK) {
		status = failure(args, NULL, &err);
	} else if (!write_config(h, name)) {
		complain(args, h->config, "%s", strerror(errno));
	} else {
		print_key("key   ", prov_key_public(key));
		printf("ledger  %s, empty\n", log_name);
		if (!elsewhere)
			printf("recovery  %s: move it to where neither loss "
			       "nor theft "
			       "of the key reaches it\n",
			    path);
		status = EXIT_HOLDS;
	}
done:
	prov_key_free(key);
	prov_key_free(log);
	prov_key_free(recovery);
	free(path);
	return (status);
}

static int
run(const struct args *args)
{
	char buf[1024], name[PROV_NAME_MAX + 1];
	struct home h;
	prov_err err = { 0 };
	prov_span passphrase;
	char *have;
	int status = EXIT_TROUBLE;

	harden();
	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	if ((have = home_default_key(&h)) != NULL) {
		status = already(&h, args, have);
	} else if (args->n == 0 && !default_name(name)) {
		complain(args, NULL,
		    "no name for a key; give one: prov init "
		    "NAME");
	} else if (args->n == 1 &&
		   prov_name_check(args->at[0], &err) != PROV_OK) {
		status = failure(args, NULL, &err);
	} else if (passphrase_new(args, buf, &passphrase, &err) != PROV_OK) {
		status = failure(args, NULL, &err);
	} else {
		status = set_up(&h, args, args->n == 1 ? args->at[0] : name,
		    passphrase);
	}
	explicit_bzero(buf, sizeof(buf));
	free(have);
	home_free(&h);
	return (status);
}

const struct cmd cmd_init = {
	.name = "init",
	.args = "[name]",
	.summary = "make a key, a ledger and a trust file",
	.opts = opts,
	.n_max = 1,
	.run = run,
};
