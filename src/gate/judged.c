/* SPDX-License-Identifier: ISC */
#include "gate/judged.h"

#include <stdlib.h>
#include <string.h>

#include "base/temp.h"
#include "base/text.h"
#include "hash/sha256.h"

#define COPY_LEN (1UL << 18)
#define KEY_LEN  16
#define PLAIN_MAX                                                  \
	100 /* of a name, so that all of it fits a directory entry \
	     */

static bool
is_plain(char c)
{
	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_');
}

/* The last part of a name; its end, where it is long: there is the kind. */
static void
put_plain(struct buf *b, const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *s = slash != NULL ? slash + 1 : name;
	size_t len = strlen(s);

	if (len > PLAIN_MAX)
		s += len - PLAIN_MAX;
	for (; *s != '\0'; s++)
		buf_put_byte(b, (uint8_t)(is_plain(*s) ? *s : '_'));
}

prov_status
judged_path(char **out, const char *dir, const prov_gate_answer *a,
    prov_err *err)
{
	const char *id = a->id != NULL ? a->id : "";
	uint8_t key[SHA256_LEN];
	AUTO_BUF name = { 0 }, b = { 0 };
	prov_status st;

	buf_put_str(&name, a->tenant != NULL ? a->tenant : "");
	buf_put_byte(&name, 0);
	buf_put_str(&name, id);
	if ((st = buf_done(&name, err)) != PROV_OK ||
	    (st = sha256_of(key, buf_span(&name), err)) != PROV_OK)
		return (st);
	buf_printf(&b, "%s/", dir);
	hex_put(&b, key, KEY_LEN);
	buf_put_byte(&b, '-');
	put_plain(&b, a->path != NULL ? a->path : id);
	return (buf_take_str(&b, out, err));
}

static prov_status
copy_piece(int to, struct sha256 *h, prov_span piece, const char *path,
    prov_err *err)
{
	sha256_add(h, piece.p, piece.len);
	return (fd_write(to, piece, path, err));
}

static prov_status
copy_fd(int to, struct sha256 *h, int fd, uint64_t size, const char *path,
    prov_err *err)
{
	AUTO_FREE uint8_t *p = malloc(COPY_LEN);
	prov_status st = PROV_OK;

	if (p == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%s", path));
	for (uint64_t at = 0; at < size && st == PROV_OK;) {
		size_t len =
		    size - at < COPY_LEN ? (size_t)(size - at) : COPY_LEN;

		if ((st = fd_pread(fd, p, len, at, err)) == PROV_OK)
			st = copy_piece(to, h, span(p, len), path, err);
		at += len;
	}
	return (st);
}

prov_status
judged_copy(const char *path, const prov_gate_answer *a, int fd,
    prov_span bytes, mode_t mode, prov_err *err)
{
	const prov_digest *was = &a->facts.digest;
	AUTO_TEMP t = { .fd = -1 };
	uint8_t is[SHA256_LEN];
	AUTO_SHA256 *h = NULL;
	prov_status st;

	if ((st = sha256_new(&h, err)) != PROV_OK ||
	    (st = temp_open(&t, path, mode, err)) != PROV_OK)
		return (st);
	st = fd >= 0 ? copy_fd(t.fd, h, fd, was->size, path, err)
	             : copy_piece(t.fd, h, bytes, path, err);
	if (st != PROV_OK || (st = sha256_done(h, is, err)) != PROV_OK)
		return (st);
	if (memcmp(is, was->sha256, SHA256_LEN) != 0)
		return (prov_fail(err, PROV_EIO,
		    "the file changed after it was judged"));
	return (temp_publish(&t, FILE_SYNC, err));
}
