/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "key.h"

static const struct opt new_opts[] = {
	{ "no-passphrase", 0, NULL, "store the key unencrypted" },
	OPT_PASSPHRASE,
	{ 0 },
};

static const struct opt import_opts[] = {
	{ "no-passphrase", 0, NULL, "store the key unencrypted" },
	OPT_PASSPHRASE,
	{ "seed", 0, "FILE", "the 32-byte seed, raw or as 64 hex digits" },
	{ 0 },
};

static const struct opt export_opts[] = {
	OPT_PASSPHRASE,
	{ "secret", 0, NULL, "print the secret seed, as hex digits" },
	{ 0 },
};

static const struct opt show_opts[] = {
	OPT_PASSPHRASE,
	{ 0 },
};

static void
print_hex(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf("%02x", p[i]);
}

static void
print_public(const prov_pubkey *key)
{
	char vkey[PROV_VKEY_MAX + 1];

	prov_vkey_format(key, vkey);
	printf("name  %s\nkid   ", key->name);
	print_hex(key->kid, sizeof(key->kid));
	printf("\nvkey  %s\n", vkey);
}

/* Stores a new key in the home and says what to do with it next. */
static int
store(const struct args *args, const prov_key *key)
{
	char buf[1024];
	struct home h;
	prov_span passphrase;
	prov_err err = { 0 };
	char *path = NULL;
	int status = EXIT_TROUBLE;

	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	path = home_key_path(&h, prov_key_public(key)->name);
	if (path == NULL || !home_make_parents(path))
		complain(args, path, "%s", strerror(errno));
	else if (!is_missing(path))
		complain(args, path, "is there already; nothing was changed");
	else if (passphrase_new(args, buf, &passphrase, &err) != PROV_OK ||
		 prov_key_save(key, path, passphrase, &err) != PROV_OK)
		status = failure(args, NULL, &err);
	else {
		print_public(prov_key_public(key));
		printf("next: prov trust add VKEY, and to log with it: prov "
		       "ledger register VKEY\n");
		status = EXIT_HOLDS;
	}
	explicit_bzero(buf, sizeof(buf));
	free(path);
	home_free(&h);
	return (status);
}

static int
run_generate(const struct args *args)
{
	prov_key *key = NULL;
	prov_err err = { 0 };
	int status;

	harden();
	if (prov_key_generate(&key, args->at[0], &err) != PROV_OK)
		return (failure(args, NULL, &err));
	status = store(args, key);
	prov_key_free(key);
	return (status);
}

static int
nibble(int c)
{
	return (c >= '0' && c <= '9'   ? c - '0'
		: c >= 'a' && c <= 'f' ? c - 'a' + 10
		: c >= 'A' && c <= 'F' ? c - 'A' + 10
				       : -1);
}

/* 32 raw bytes, or 64 hex digits and a newline. */
static bool
read_seed(const char *path, uint8_t seed[32])
{
	unsigned char raw[66];
	int fd = path == NULL ? dup(STDIN_FILENO)
	                      : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t n = 0;
	ssize_t got = 1;
	bool fine = true;

	if (fd < 0)
		return (false);
	while (
	    n < sizeof(raw) && (got = read(fd, raw + n, sizeof(raw) - n)) > 0)
		n += (size_t)got;
	(void)close(fd);
	if (n == 65 && raw[64] == '\n')
		n--;
	if (n == 32)
		memcpy(seed, raw, 32);
	for (size_t i = 0; n == 64 && i < 64; i++) {
		fine = fine && nibble(raw[i]) >= 0;
		seed[i / 2] =
		    (uint8_t)(seed[i / 2] << 4 | (nibble(raw[i]) & 15));
	}
	explicit_bzero(raw, sizeof(raw));
	return (got >= 0 && fine && (n == 32 || n == 64));
}

static int
run_import(const struct args *args)
{
	const char *path = args_value(args, "seed");
	uint8_t seed[32] = { 0 };
	prov_key *key = NULL;
	prov_err err = { 0 };
	int status;

	harden();
	errno = 0;
	if (!read_seed(path, seed)) {
		complain(args, path != NULL ? path : "standard input", "%s",
		    errno != 0 ? strerror(errno)
			       : "not a seed: 32 bytes or 64 hex digits are");
		return (EXIT_TROUBLE);
	}
	if (prov_key_import(&key, args->at[0],
		(prov_span){ seed, sizeof(seed) }, &err) != PROV_OK)
		status = failure(args, NULL, &err);
	else
		status = store(args, key);
	explicit_bzero(seed, sizeof(seed));
	prov_key_free(key);
	return (status);
}

prov_key *
key_named(const struct args *args)
{
	struct home h;
	prov_key *key = NULL;
	char *path = NULL, *name = NULL;

	harden();
	if (!home_find(&h, args))
		return (NULL);
	name = args->n == 1 ? strdup(args->at[0]) : home_default_key(&h);
	if (name == NULL)
		complain(args, NULL, "no key yet; run: prov init");
	else if ((path = home_key_path(&h, name)) != NULL)
		key =
		    home_load_key(args, access(path, F_OK) == 0 ? path : name);
	free(name);
	free(path);
	home_free(&h);
	return (key);
}

static int
run_export(const struct args *args)
{
	prov_key *key = key_named(args);
	char vkey[PROV_VKEY_MAX + 1];
	uint8_t seed[32];
	prov_err err = { 0 };
	int status = EXIT_HOLDS;

	if (key == NULL)
		return (EXIT_TROUBLE);
	if (!args_has(args, "secret")) {
		prov_vkey_format(prov_key_public(key), vkey);
		printf("%s\n", vkey);
	} else if (prov_key_export(key, seed, &err) != PROV_OK) {
		status = failure(args, NULL, &err);
	} else {
		print_hex(seed, sizeof(seed));
		printf("\n");
	}
	explicit_bzero(seed, sizeof(seed));
	prov_key_free(key);
	return (status);
}

static int
run_show(const struct args *args)
{
	prov_key *key = key_named(args);

	if (key == NULL)
		return (EXIT_TROUBLE);
	print_public(prov_key_public(key));
	prov_key_free(key);
	return (EXIT_HOLDS);
}

static const struct cmd key_generate = {
	.name = "generate",
	.args = "name",
	.summary = "make a new signing key",
	.opts = new_opts,
	.n_min = 1,
	.n_max = 1,
	.run = run_generate,
};

static const struct cmd key_import = {
	.name = "import",
	.args = "name",
	.summary = "store the key of a seed read from a file or standard input",
	.opts = import_opts,
	.n_min = 1,
	.n_max = 1,
	.run = run_import,
};

static const struct cmd key_export = {
	.name = "export",
	.args = "[name]",
	.summary = "print the verifier key, for others to trust",
	.opts = export_opts,
	.n_max = 1,
	.run = run_export,
};

static const struct cmd key_show = {
	.name = "show",
	.args = "[name]",
	.summary = "print a key's name, kid and verifier key",
	.opts = show_opts,
	.n_max = 1,
	.run = run_show,
};

static const struct cmd *const subs[] = { &key_generate, &key_import,
	&key_export, &key_show, &key_recovery, &key_revoke, NULL };

const struct cmd cmd_key = {
	.name = "key",
	.args = "command",
	.summary = "make, move, show and revoke signing keys",
	.subs = subs,
};
