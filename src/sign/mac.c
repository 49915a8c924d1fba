/* SPDX-License-Identifier: ISC */
#include "sign/mac.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "sign/key.h"
#include "sign/pubkey.h"
#include "sign/secret.h"

#define MAC_KEY_LEN 32
_Static_assert(MAC_KEY_LEN == crypto_generichash_KEYBYTES, "key size");
_Static_assert(MAC_LEN == crypto_generichash_BYTES, "digest size");

struct mac {
	uint8_t *key; /* in guarded memory */
};

void
mac_close(struct mac *m)
{
	if (m == NULL)
		return;
	sodium_free(m->key);
	free(m);
}

static void
auto_mac(struct mac **m)
{
	mac_close(*m);
}
#define AUTO_MAC __attribute__((cleanup(auto_mac))) struct mac

/* Whoever else reads the key can make what this client would believe. */
static prov_status
check_owner(int fd, const char *path, prov_err *err)
{
	struct stat sb;

	if (fstat(fd, &sb) == -1)
		return (prov_fail_errno(err, PROV_EIO, "%s", path));
	if (!S_ISREG(sb.st_mode) || sb.st_size != MAC_KEY_LEN)
		return (prov_fail(err, PROV_EFORMAT,
		    "%s is no key of a cache; remove it", path));
	if (sb.st_uid != geteuid() || (sb.st_mode & 077) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "%s belongs to somebody else, or others can read it; "
		    "remove it",
		    path));
	return (PROV_OK);
}

/* PROV_ENOTFOUND where there is none. */
static prov_status
read_key(struct mac *m, const char *path, prov_err *err)
{
	AUTO_FD int fd =
	    open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	prov_status st;

	if (fd == -1)
		return (prov_fail_errno(err,
		    errno == ENOENT ? PROV_ENOTFOUND : PROV_EOPEN, "%s", path));
	if ((st = check_owner(fd, path, err)) != PROV_OK)
		return (st);
	return (fd_pread(fd, m->key, MAC_KEY_LEN, 0, err));
}

/* Of two processes that make one, both use the key of the first. */
static prov_status
make_key(struct mac *m, const char *path, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	if ((st = key_random(m->key, MAC_KEY_LEN, err)) != PROV_OK)
		return (st);
	st = file_write(path, span(m->key, MAC_KEY_LEN), 0600, FILE_EXCL, &why);
	if (st != PROV_OK && st != PROV_EEXIST)
		return (prov_fail(err, st, "%s", why.msg));
	return (read_key(m, path, err));
}

prov_status
mac_open(struct mac **out, const char *path, prov_err *err)
{
	AUTO_MAC *m = calloc(1, sizeof(*m));
	prov_err why = { 0 };
	prov_status st;

	if (m == NULL)
		return (prov_fail(err, PROV_ENOMEM, "key of a cache"));
	if ((st = secret_new(&m->key, MAC_KEY_LEN, err)) != PROV_OK)
		return (st);
	if ((st = read_key(m, path, &why)) == PROV_ENOTFOUND) {
		prov_err_clear(&why);
		st = make_key(m, path, &why);
	}
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	*out = TAKE(m);
	return (PROV_OK);
}

void
mac_make(const struct mac *m, uint8_t out[MAC_LEN], prov_span a, prov_span b)
{
	crypto_generichash_state h;

	(void)crypto_generichash_init(&h, m->key, MAC_KEY_LEN, MAC_LEN);
	(void)crypto_generichash_update(&h, a.p, a.len);
	(void)crypto_generichash_update(&h, b.p, b.len);
	(void)crypto_generichash_final(&h, out, MAC_LEN);
}

bool
mac_check(const struct mac *m, const uint8_t mac[MAC_LEN], prov_span a,
    prov_span b)
{
	uint8_t want[MAC_LEN];

	mac_make(m, want, a, b);
	return (sodium_memcmp(want, mac, MAC_LEN) == 0);
}
