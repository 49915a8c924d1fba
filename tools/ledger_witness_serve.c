/* SPDX-License-Identifier: ISC */
/* Being a witness for the logs of others. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger.h"

static const struct opt init_opts[] = {
	{ "dir", 0, "DIR", "where it keeps what it cosigned" },
	{ "no-passphrase", 0, NULL, "store the key unencrypted" },
	OPT_PASSPHRASE,
	{ 0 },
};

static const struct opt serve_opts[] = {
	{ "dir", 0, "DIR", "where it keeps what it cosigned" },
	{ "key", 'k', "KEY", "the witness's key, by name or path" },
	{ "listen", 0, "ADDR", "HOST:PORT to answer on" },
	OPT_PASSPHRASE,
	{ "trust", 0, "FILE", "the trust file that names the logs" },
	{ 0 },
};

#define LISTEN "127.0.0.1:8080"

static char *
join(const char *a, const char *b)
{
	char *s;

	return (asprintf(&s, "%s/%s", a, b) < 0 ? NULL : s);
}

/* --dir, else the home's witness/. malloc'ed. */
static char *
witness_dir(const struct home *h, const struct args *args)
{
	const char *dir = args_value(args, "dir");

	return (dir != NULL ? strdup(dir) : join(h->dir, "witness"));
}

/* The key's name without another: NAME/witness of the default key NAME. */
static char *
witness_name(const struct home *h, const struct args *args)
{
	char *own, *name;

	if (args->n > 0)
		return (strdup(args->at[0]));
	if ((own = home_default_key(h)) == NULL) {
		complain(args, NULL,
		    "name the witness, such as "
		    "witness.example/w1");
		return (NULL);
	}
	name = join(own, "witness");
	free(own);
	return (name);
}

static bool
save_key(const struct args *args, const prov_key *key, const char *path)
{
	char buf[1024];
	prov_span passphrase;
	prov_err err = { 0 };
	bool fine = false;

	if (!home_make_parents(path))
		complain(args, path, "%s", strerror(errno));
	else if (!is_missing(path))
		complain(args, path, "is there already; nothing was changed");
	else if (passphrase_new(args, buf, &passphrase, &err) != PROV_OK ||
		 prov_key_save(key, path, passphrase, &err) != PROV_OK)
		(void)failure(args, NULL, &err);
	else
		fine = true;
	explicit_bzero(buf, sizeof(buf));
	return (fine);
}

static void
print_vkey(const prov_pubkey *key)
{
	char *vkey = NULL;

	if (prov_witness_vkey(&vkey, key, NULL) == PROV_OK)
		printf("vkey  %s\n", vkey);
	prov_free(vkey);
}

/* The key first: without it a directory would be nobody's. */
static int
init(const struct args *args, const struct home *h, const char *name)
{
	char *dir = witness_dir(h, args), *path = home_key_path(h, name);
	prov_key *key = NULL;
	prov_err err = { 0 };
	int status = EXIT_TROUBLE;

	if (dir == NULL || path == NULL)
		complain(args, NULL, "out of memory");
	else if (prov_key_generate(&key, name, &err) != PROV_OK)
		(void)failure(args, NULL, &err);
	else if (save_key(args, key, path)) {
		if (prov_witness_init(dir, prov_key_public(key), &err) ==
		    PROV_OK) {
			printf("name  %s\n", name);
			print_vkey(prov_key_public(key));
			status = EXIT_HOLDS;
		} else {
			(void)unlink(path);
			(void)failure(args, NULL, &err);
		}
	}
	prov_key_free(key);
	free(dir);
	free(path);
	return (status);
}

static int
run_init(const struct args *args)
{
	struct home h;
	char *name;
	int status = EXIT_TROUBLE;

	harden();
	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	if ((name = witness_name(&h, args)) != NULL)
		status = init(args, &h, name);
	free(name);
	home_free(&h);
	return (status);
}

static volatile int stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

/* Signals end it between two requests, not within one. */
static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	(void)sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &sa, NULL);
}

/* One line for where it listens, and for each request. */
static void
print_event(void *arg, unsigned status, const char *what, const char *why)
{
	char *safe = printable(why);

	(void)arg;
	if (status == 0)
		printf("listening on %s\n", what);
	else
		printf("%u %s%s%s\n", status, what,
		    safe != NULL && *safe != '\0' ? ": " : "",
		    safe != NULL ? safe : "");
	(void)fflush(stdout);
	free(safe);
}

/* The logs that the trust file names; malloc'ed. */
static prov_pubkey *
load_logs(const struct home *h, const struct args *args, size_t *n)
{
	prov_trust *trust = home_load_trust(h, args);
	prov_pubkey *logs;

	if (trust == NULL)
		return (NULL);
	*n = prov_trust_logs(trust);
	if ((logs = calloc(*n + 1, sizeof(*logs))) == NULL)
		complain(args, NULL, "out of memory");
	for (size_t i = 0; logs != NULL && i < *n; i++)
		logs[i] = *prov_trust_log_at(trust, i);
	prov_trust_free(trust);
	return (logs);
}

/* -k, else the key that prov ledger witness init makes. */
static prov_key *
load_key(const struct home *h, const struct args *args)
{
	prov_key *key = NULL;
	char *name = NULL, *path;

	if (args_has(args, "key")) {
		path = home_signer_path(h, args);
	} else {
		name = witness_name(h, args);
		path = name != NULL ? home_key_path(h, name) : NULL;
	}
	if (path != NULL)
		key = home_load_key(args, path);
	free(name);
	free(path);
	return (key);
}

static int
serve(const struct args *args, const struct home *h, const prov_key *key)
{
	const char *addr = args_value(args, "listen");
	char *dir = witness_dir(h, args);
	size_t n = 0;
	prov_pubkey *logs = load_logs(h, args, &n);
	prov_witness *w = NULL;
	prov_err err = { 0 };
	prov_status st;

	if (dir == NULL || logs == NULL) {
		free(dir);
		free(logs);
		return (EXIT_TROUBLE);
	}
	st = prov_witness_open(&w, dir, key, logs, n, &err);
	if (st == PROV_OK) {
		catch_signals();
		print_vkey(prov_key_public(key));
		st = prov_witness_serve(w, h->net, addr != NULL ? addr : LISTEN,
		    &stop, print_event, NULL, &err);
	}
	prov_witness_close(w);
	free(dir);
	free(logs);
	return (st == PROV_OK ? EXIT_HOLDS : failure(args, NULL, &err));
}

static int
run_serve(const struct args *args)
{
	struct home h;
	prov_key *key;
	int status = EXIT_TROUBLE;

	harden();
	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	if ((key = load_key(&h, args)) != NULL)
		status = serve(args, &h, key);
	prov_key_free(key);
	home_free(&h);
	return (status);
}

const struct cmd ledger_witness_init = {
	.name = "init",
	.args = "[name]",
	.summary = "make a witness: its key and its directory",
	.opts = init_opts,
	.n_max = 1,
	.run = run_init,
};

const struct cmd ledger_witness_serve = {
	.name = "serve",
	.args = "",
	.summary = "cosign the checkpoints of trusted logs over HTTP",
	.opts = serve_opts,
	.run = run_serve,
};
