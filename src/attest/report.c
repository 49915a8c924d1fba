/* SPDX-License-Identifier: ISC */
#include "base/json.h"
#include "prov/sign.h"

static void
put_streams(struct json *j, const prov_identity *id)
{
	prov_stream_info info;

	json_begin_array(j, "streams");
	for (size_t i = 0; id != NULL && i < prov_identity_streams(id); i++) {
		if (prov_identity_stream(id, i, &info, NULL) != PROV_OK)
			continue;
		json_begin_object(j, NULL);
		json_u64(j, "index", info.index);
		json_str(j, "kind", prov_kind_name(info.kind));
		json_str(j, "codec", info.codec);
		json_str(j, "canon", info.canon);
		json_hex(j, "root", info.root, sizeof(info.root));
		json_real(j, "duration_s", info.duration_s);
		json_str(j, "refused", info.refused);
		json_end(j);
	}
	json_end(j);
}

prov_status
prov_signed_json(char **out, const prov_signed *done, prov_err *err)
{
	AUTO_JSON *j = json_new();
	bool fine = done->status == PROV_OK || done->pending;

	if (j == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	json_u64(j, "v", 1);
	json_str(j, "path", done->path);
	json_str(j, "status",
	    !fine           ? "failed"
	    : done->pending ? "pending"
	    : done->existed ? "existed"
			    : "signed");
	json_str(j, "error", done->message);
	json_str(j, "note", done->note);
	json_str(j, "sidecar", done->sidecar);
	if (fine && done->digest != NULL) {
		json_hex(j, "sha256", done->digest->sha256, 32);
		json_u64(j, "bytes", done->digest->size);
		json_hex(j, "statement", done->statement, 32);
		json_u64(j, "log_index", done->log_index);
		json_u64(j, "checkpoint_size", done->log_size);
	} else {
		json_null(j, "sha256");
		json_null(j, "bytes");
		json_null(j, "statement");
		json_null(j, "log_index");
		json_null(j, "checkpoint_size");
	}
	put_streams(j, done->identity);
	return (json_take(j, out, err));
}
