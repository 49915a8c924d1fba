/* SPDX-License-Identifier: ISC */
/*
 * make_statement DIR: writes statement.cose, the manifest in it and the 32
 * bytes of its public key. make_statement FILE VKEY: whether prov takes FILE
 * for a statement by that key, with its manifest.
 */
#include <stdio.h>

#include "../unit/sample.h"
#include "base/file.h"

static bool
put(const char *dir, const char *name, prov_span bytes)
{
	AUTO_FREE char *path = path_join(dir, name);

	return (
	    path != NULL && file_write(path, bytes, 0644, 0, NULL) == PROV_OK);
}

static int
make(const char *dir)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_BUF s = { 0 }, m = { 0 };

	return (
	    k != NULL && sample_statement(&s) && sample_manifest_bytes(&m) &&
		    put(dir, "statement.cose", buf_span(&s)) &&
		    put(dir, "manifest.cbor", buf_span(&m)) &&
		    put(dir, "public.key", span(prov_key_public(k)->key, 32))
		? 0
		: 2);
}

static int
check(const char *path, const char *vkey)
{
	AUTO_MANIFEST m = { 0 };
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };
	struct statement s;
	prov_pubkey key;

	if (prov_vkey_parse(&key, vkey, &err) != PROV_OK ||
	    file_read(&b, path, STATEMENT_MAX, &err) != PROV_OK ||
	    statement_parse(&s, buf_span(&b), &err) != PROV_OK ||
	    statement_verify(&s, &key, &err) != PROV_OK ||
	    manifest_of_statement(&m, &s, &err) != PROV_OK) {
		fprintf(stderr, "%s\n", err.msg);
		return (1);
	}
	printf("%s %s\n", s.iss, s.sub);
	return (0);
}

int
main(int argc, char **argv)
{
	if (argc == 2)
		return (make(argv[1]));
	return (argc == 3 ? check(argv[1], argv[2]) : 2);
}
