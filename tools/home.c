/* SPDX-License-Identifier: ISC */
#include "home.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *
join(const char *a, const char *b)
{
	char *s;

	return (asprintf(&s, "%s/%s", a, b) < 0 ? NULL : s);
}

/* $PROV_HOME, else $XDG_DATA_HOME/prov, else ~/.local/share/prov. */
static char *
where(void)
{
	const char *s;

	if ((s = getenv("PROV_HOME")) != NULL && *s != '\0')
		return (strdup(s));
	if ((s = getenv("XDG_DATA_HOME")) != NULL && *s == '/')
		return (join(s, "prov"));
	if ((s = getenv("HOME")) != NULL && *s != '\0')
		return (join(s, ".local/share/prov"));
	return (NULL);
}

/* $XDG_STATE_HOME/prov, else ~/.local/state/prov: what prov remembers. */
static char *
where_state(void)
{
	const char *s;

	if ((s = getenv("XDG_STATE_HOME")) != NULL && *s == '/')
		return (join(s, "prov"));
	if ((s = getenv("HOME")) != NULL && *s != '\0')
		return (join(s, ".local/state/prov"));
	return (NULL);
}

bool
home_find(struct home *h, const struct args *args)
{
	memset(h, 0, sizeof(*h));
	if ((h->dir = where()) == NULL) {
		complain(args, NULL, "no home directory; set PROV_HOME");
		return (false);
	}
	h->config = join(h->dir, "config");
	h->trust = join(h->dir, "trust.yaml");
	h->ledger = join(h->dir, "ledger");
	h->state = where_state();
	h->demux = getenv("PROV_DEMUX");
	h->net = getenv("PROV_NET");
	if (h->config == NULL || h->trust == NULL || h->ledger == NULL) {
		complain(args, NULL, "out of memory");
		home_free(h);
		return (false);
	}
	return (true);
}

void
home_free(struct home *h)
{
	free(h->dir);
	free(h->config);
	free(h->trust);
	free(h->ledger);
	free(h->state);
	memset(h, 0, sizeof(*h));
}

const char *
home_state(const struct home *h, const struct args *args)
{
	if (h->state == NULL)
		complain(args, NULL,
		    "no home directory to remember things in; set "
		    "XDG_STATE_HOME");
	return (h->state);
}

char *
home_key_path(const struct home *h, const char *name)
{
	char *s;

	return (asprintf(&s, "%s/keys/%s.key", h->dir, name) < 0 ? NULL : s);
}

bool
is_missing(const char *path)
{
	return (
	    access(path, F_OK) == -1 && (errno == ENOENT || errno == ENOTDIR));
}

bool
home_make_parents(const char *path)
{
	char *copy = strdup(path);
	bool fine = copy != NULL;

	for (char *s = copy; fine && (s = strchr(s + 1, '/')) != NULL;) {
		*s = '\0';
		fine = mkdir(copy, 0700) == 0 || errno == EEXIST;
		*s = '/';
	}
	free(copy);
	return (fine);
}

char *
home_default_key(const struct home *h)
{
	char line[PROV_NAME_MAX + 16];
	FILE *f = fopen(h->config, "re");
	char *name = NULL;

	if (f == NULL)
		return (NULL);
	while (name == NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "key ", 4) == 0)
			name = strdup(line + 4);
	}
	(void)fclose(f);
	return (name);
}

char *
home_signer_path(const struct home *h, const struct args *args)
{
	const char *given = args_value(args, "key");
	char *name, *path;

	if (given != NULL) {
		path = home_key_path(h, given);
		if (path != NULL && access(path, F_OK) == 0)
			return (path);
		free(path);
		return (strdup(given));
	}
	if ((name = home_default_key(h)) == NULL) {
		complain(args, NULL, "no key yet; run: prov init");
		return (NULL);
	}
	path = home_key_path(h, name);
	free(name);
	return (path);
}

prov_key *
home_load_key(const struct args *args, const char *path)
{
	struct asking asking = { .args = args };
	prov_key *key = NULL;
	prov_err err = { 0 };

	if (prov_key_load(&key, path, passphrase_ask, &asking, &err) == PROV_OK)
		return (key);
	complain(args, NULL, "%s",
	    asking.err.msg[0] != '\0' ? asking.err.msg : err.msg);
	return (NULL);
}

/* NAME/log.key of the default key: prov init made them together. */
prov_key *
home_load_log(const struct home *h, const struct args *args)
{
	char *name = home_default_key(h), *log = NULL, *path = NULL;
	prov_key *key = NULL;

	if (name == NULL)
		complain(args, NULL, "no ledger yet; run: prov init");
	else if ((log = join(name, "log")) != NULL &&
		 (path = home_key_path(h, log)) != NULL)
		key = home_load_key(args, path);
	free(name);
	free(log);
	free(path);
	return (key);
}

prov_trust *
home_load_trust(const struct home *h, const struct args *args)
{
	const char *path = args_value(args, "trust");
	prov_trust *trust = NULL;
	prov_err err = { 0 };

	if (path == NULL)
		path = h->trust;
	if (prov_trust_load(&trust, path, &err) == PROV_OK)
		return (trust);
	if (err.status == PROV_ENOTFOUND)
		complain(args, path,
		    "no trust file; run prov init, or prov "
		    "trust add");
	else
		complain(args, NULL, "%s", err.msg);
	return (NULL);
}

const char *
home_ledger_dir(const struct home *h, const struct args *args)
{
	const char *dir = args_value(args, "ledger");

	if (dir != NULL)
		return (dir);
	return (is_missing(h->ledger) ? NULL : h->ledger);
}

bool
home_owns_ledger(const struct home *h, const char *dir)
{
	char *own = realpath(h->ledger, NULL);
	char *real = dir != NULL ? realpath(dir, NULL) : NULL;
	bool same = own != NULL && real != NULL && strcmp(own, real) == 0;

	free(own);
	free(real);
	return (same);
}

char *
home_notices_dir(const struct home *h)
{
	char *path = h->state != NULL ? join(h->state, "notices/") : NULL;

	if (path == NULL || home_make_parents(path))
		return (path);
	free(path);
	return (NULL);
}

/* Under whichever trusted log it is of. */
static prov_status
open_under(prov_ledger **out, const prov_trust *trust, const char *dir,
    prov_err *err)
{
	static const char other[] = "ledger.untrusted:";
	prov_status st = PROV_EUNTRUSTED;

	if (prov_trust_logs(trust) == 0)
		(void)snprintf(err->msg, sizeof(err->msg),
		    "no log is trusted; prov trust add --log VKEY");
	for (size_t i = 0; i < prov_trust_logs(trust); i++) {
		prov_err_clear(err);
		st = prov_ledger_open(out, dir, prov_trust_log_at(trust, i),
		    err);
		if (st != PROV_EUNTRUSTED ||
		    strncmp(err->msg, other, sizeof(other) - 1) != 0)
			break;
	}
	return (st);
}

int
home_open_ledger(prov_ledger **out, const struct home *h,
    const struct args *args)
{
	const char *dir = home_ledger_dir(h, args);
	prov_trust *trust;
	prov_err err = { 0 };
	prov_status st;

	if (dir == NULL) {
		complain(args, NULL, "no ledger here; run: prov init");
		return (EXIT_TROUBLE);
	}
	if ((trust = home_load_trust(h, args)) == NULL)
		return (EXIT_TROUBLE);
	st = open_under(out, trust, dir, &err);
	prov_trust_free(trust);
	if (st == PROV_OK)
		return (EXIT_HOLDS);
	complain(args, NULL, "%s", err.msg);
	return (exit_for(st));
}

int
home_open_writer(prov_ledger **out, const struct home *h,
    const struct args *args, const prov_key *log)
{
	const char *state = home_state(h, args);
	prov_ledger *l = NULL;
	prov_err err = { 0 };
	prov_status st;

	if (state == NULL)
		return (EXIT_TROUBLE);
	st = prov_ledger_open_writer(&l, h->ledger, log, &err);
	if (st == PROV_OK)
		st = prov_ledger_anchor(l, state, &err);
	if (st != PROV_OK) {
		prov_ledger_close(l);
		return (failure(args, NULL, &err));
	}
	*out = l;
	return (EXIT_HOLDS);
}
