/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "hash/sha256.h"
#include "ledger/blob.h"
#include "ledger/layout.h"

static prov_status
blob_path(char out[LEDGER_PATH_MAX], const char *dir, const uint8_t sha256[32],
    prov_err *err)
{
	char hex[65];

	hex_encode(hex, sha256, 32);
	return (layout_path(out, err, dir, "blobs/%.2s/%s", hex, hex));
}

static prov_status
openings_path(char out[LEDGER_PATH_MAX], const char *dir,
    const uint8_t statement[32], prov_err *err)
{
	char hex[65];

	hex_encode(hex, statement, 32);
	return (layout_path(out, err, dir, "private/%s", hex));
}

prov_status
blob_read(struct buf *out, const char *dir, const uint8_t sha256[32],
    prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	uint8_t got[32];
	AUTO_BUF b = { 0 };
	prov_status st;

	if ((st = blob_path(path, dir, sha256, err)) != PROV_OK ||
	    (st = part_read(&b, path, TIMELINE_MAX, err)) != PROV_OK ||
	    (st = sha256_of(got, buf_span(&b), err)) != PROV_OK)
		return (st);
	if (memcmp(got, sha256, sizeof(got)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: %s is not what its name says", path));
	buf_free(out);
	*out = b;
	memset(&b, 0, sizeof(b));
	return (PROV_OK);
}

bool
blob_there(const char *dir, const uint8_t sha256[32])
{
	char path[LEDGER_PATH_MAX];

	return (blob_path(path, dir, sha256, NULL) == PROV_OK &&
		access(path, F_OK) == 0);
}

/* A file that another process may have renamed here and not synced yet. */
static prov_status
sync_existing(const char *path, prov_err *err)
{
	char parent[LEDGER_PATH_MAX];
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd == -1 || fsync(fd) == -1)
		return (prov_fail_errno(err, PROV_EWRITE, "%s", path));
	memcpy(parent, path, sizeof(parent));
	*strrchr(parent, '/') = '\0';
	return (dir_sync(parent, err));
}

static prov_status
put(const char *path, prov_span bytes, mode_t mode, unsigned flags,
    prov_err *err)
{
	if (!file_holds(path, bytes))
		return (file_write(path, bytes, mode, flags, err));
	if ((flags & FILE_SYNC) != 0)
		return (sync_existing(path, err));
	return (PROV_OK);
}

/* A new directory must be on the disk before what it holds counts as kept. */
static prov_status
make_parent(const char *dir, const char *path, unsigned flags, prov_err *err)
{
	char parent[LEDGER_PATH_MAX], blobs[LEDGER_PATH_MAX];
	prov_status st;

	memcpy(parent, path, sizeof(parent));
	*strrchr(parent, '/') = '\0';
	if (access(parent, F_OK) == 0)
		return (PROV_OK);
	if ((st = dir_make(parent, err)) != PROV_OK)
		return (st);
	if ((flags & FILE_SYNC) == 0)
		return (PROV_OK);
	if ((st = layout_path(blobs, err, dir, "blobs")) != PROV_OK)
		return (st);
	return (dir_sync(blobs, err));
}

prov_status
blob_write(const char *dir, prov_span bytes, unsigned flags, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	uint8_t sha256[32];
	prov_status st;

	if (bytes.len > TIMELINE_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "a blob of %zu bytes, more than %lu", bytes.len,
		    TIMELINE_MAX));
	if ((st = sha256_of(sha256, bytes, err)) != PROV_OK ||
	    (st = blob_path(path, dir, sha256, err)) != PROV_OK ||
	    (st = make_parent(dir, path, flags, err)) != PROV_OK)
		return (st);
	return (put(path, bytes, 0644, flags, err));
}

prov_status
openings_read(struct buf *out, const char *dir, const uint8_t statement[32],
    prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	prov_status st;

	if ((st = openings_path(path, dir, statement, err)) != PROV_OK)
		return (st);
	return (file_read(out, path, OPENINGS_MAX, err));
}

prov_status
openings_write(const char *dir, const uint8_t statement[32], prov_span bytes,
    unsigned flags, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	prov_status st;

	if (bytes.len > OPENINGS_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "openings of %zu bytes, more than %lu", bytes.len,
		    OPENINGS_MAX));
	if ((st = openings_path(path, dir, statement, err)) != PROV_OK)
		return (st);
	return (put(path, bytes, 0600, flags, err));
}
