/* SPDX-License-Identifier: ISC */
#ifndef PROV_TOOLS_HOME_H
#define PROV_TOOLS_HOME_H

#include "cmd.h"

/*
 * $PROV_HOME: keys/NAME.key, trust.yaml, tlog-policy, ledger/, and config,
 * whose line "key NAME" names the default key. All paths are owned by home.
 */
struct home {
	char *dir;
	char *config;
	char *trust;
	char *ledger;
	char *state;       /* outside of dir: see home_state */
	const char *demux; /* $PROV_DEMUX, or NULL: as installed */
	const char *net;   /* $PROV_NET likewise */
};

bool home_find(struct home *h, const struct args *args);
void home_free(struct home *h);

/*
 * $XDG_STATE_HOME/prov, default ~/.local/state/prov: what prov remembers of
 * logs, which must not come back with an old copy of dir. NULL after
 * complaining where neither can be told.
 */
const char *home_state(const struct home *h, const struct args *args);

/* Whether nothing has that name; false also where that cannot be told. */
bool is_missing(const char *path);

/* Makes the directories above path, mode 0700. */
bool home_make_parents(const char *path);

char *home_key_path(const struct home *h, const char *name);
/* The key named by -k (a name or a path), else the default one. malloc'ed. */
char *home_signer_path(const struct home *h, const struct args *args);
/* The default key's name; NULL where prov init has not run. malloc'ed. */
char *home_default_key(const struct home *h);

/* Loads a key, asking as --passphrase-file or the terminal say. */
prov_key *home_load_key(const struct args *args, const char *path);
/* The log key of this home's ledger, and the ledger opened for appending. */
prov_key *home_load_log(const struct home *h, const struct args *args);

/* The trust file: --trust, else the home's. NULL after complaining. */
prov_trust *home_load_trust(const struct home *h, const struct args *args);
/* The ledger to look things up in: --ledger, the home's, or NULL. */
const char *home_ledger_dir(const struct home *h, const struct args *args);
/* Whether its index was made by this home's own writer. */
bool home_owns_ledger(const struct home *h, const char *dir);
/* Where to remember what was read of other ledgers; NULL: nowhere. malloc'ed.
 */
char *home_notices_dir(const struct home *h);
/* Opens it for reading under the log key that trust names; an exit status:
 * a ledger that does not verify is an answer, one that is not there is not. */
int home_open_ledger(prov_ledger **out, const struct home *h,
    const struct args *args);

/* Opens the home's ledger for appending, held to its anchor; an exit status. */
int home_open_writer(prov_ledger **out, const struct home *h,
    const struct args *args, const prov_key *log);

#define OPT_PASSPHRASE                              \
	{                                           \
		"passphrase-file", 0, "FILE",       \
		    "read the passphrase from the " \
		    "first line of FILE"            \
	}

/* A new passphrase for init and key generate: by --no-passphrase, from
 * --passphrase-file, or asked twice. PROV_OK leaves p == NULL for none. */
prov_status passphrase_new(const struct args *args, char buf[1024],
    prov_span *out, prov_err *err);
/* A prov_passphrase_fn; arg is a struct asking. */
struct asking {
	const struct args *args;
	prov_err err; /* why there is no passphrase */
};
prov_status passphrase_ask(void *arg, const char *what, char *buf, size_t len,
    size_t *got);

/* No core dumps and no ptrace from here on: a key is about to be loaded. */
void harden(void);

#endif
