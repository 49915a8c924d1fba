/* SPDX-License-Identifier: ISC */
#include "base/json.h"
#include "prov/ledger.h"

static void
put_error(struct json *j, const prov_err *why)
{
	if (why->msg[0] == '\0')
		json_null(j, "error");
	else
		json_text(j, "error",
		    (prov_span){ (const uint8_t *)why->msg,
			__builtin_strlen(why->msg) });
}

prov_status
prov_copied_json(const prov_copied *c, const char *dir, const prov_err *why,
    int status, char **out, prov_err *err)
{
	AUTO_JSON *j = json_new();
	bool done = why->status == PROV_OK;

	if (j == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	json_u64(j, "v", 1);
	json_str(j, "path", dir);
	json_i64(j, "status", status);
	put_error(j, why);
	if (done) {
		json_u64(j, "from", c->from);
		json_u64(j, "size", c->size);
		json_hex(j, "root", c->root, sizeof(c->root));
	} else {
		json_null(j, "from");
		json_null(j, "size");
		json_null(j, "root");
	}
	json_u64(j, "bytes", c->bytes);
	json_u64(j, "blobs", c->blobs);
	json_u64(j, "lacking", c->lacking);
	return (json_take(j, out, err));
}
