/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/file.h"
#include "carrier/sidecar.h"
#include "hash/digest.h"
#include "ledger/ledger.h"
#include "prov/sign.h"
#include "sign/statement.h"

/* The statement in path's sidecar, if that is about this very file. */
static prov_status
from_sidecar(uint8_t out[32], const char *path, const uint8_t asset[32],
    prov_err *err)
{
	AUTO_FREE char *name = sidecar_path(path, NULL);
	AUTO_BUF bytes = { 0 };
	struct sidecar sidecar;
	struct statement s;
	prov_status st;

	if (name == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	if ((st = file_read(&bytes, name, SIDECAR_MAX, err)) != PROV_OK ||
	    (st = sidecar_decode(&sidecar, buf_span(&bytes), err)) != PROV_OK ||
	    (st = statement_parse(&s, sidecar.statement, err)) != PROV_OK)
		return (st);
	if (memcmp(s.sub_digest, asset, 32) != 0)
		return (prov_fail(err, PROV_EFORMAT, "%s is about another file",
		    name));
	return (statement_digest(out, s.bytes, err));
}

/* The newest statement that the ledger holds on the asset. */
static prov_status
from_ledger(uint8_t out[32], prov_ledger *l, const uint8_t asset[32],
    prov_err *err)
{
	AUTO_FREE uint64_t *at = NULL;
	AUTO_BUF bytes = { 0 };
	struct checkpoint head;
	prov_status st;
	size_t n;

	st = prov_ledger_lookup(l, PROV_BY_ASSET, asset, &at, &n, err);
	if (st != PROV_OK)
		return (st);
	if (n == 0)
		return (prov_fail(err, PROV_ENOTFOUND,
		    "is not signed: it has "
		    "no sidecar and is not in the ledger"));
	st = ledger_entry_proven(l, at[n - 1], &bytes, &head, err);
	if (st != PROV_OK)
		return (st);
	return (statement_digest(out, buf_span(&bytes), err));
}

prov_status
prov_sign_find(uint8_t statement[32], const char *path, prov_ledger *ledger,
    prov_err *err)
{
	AUTO_FD int fd = -1;
	struct stat sb;
	prov_digest digest;
	prov_status st;

	if ((st = file_open(&fd, &sb, path, err)) != PROV_OK ||
	    (st = prov_digest_fd(&digest, fd, NULL, NULL, err)) != PROV_OK)
		return (st);
	st = from_sidecar(statement, path, digest.sha256, err);
	if (st != PROV_ENOTFOUND || ledger == NULL)
		return (st);
	if (err != NULL)
		prov_err_clear(err);
	return (from_ledger(statement, ledger, digest.sha256, err));
}
