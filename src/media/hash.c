/* SPDX-License-Identifier: ISC */
/* What identifies a file, as one JSON object (DESIGN 6). */

#include "base/json.h"
#include "essence/identity.h"
#include "hash/sha256.h"
#include "prov/media.h"

static void
put_present(struct json *j, const prov_present *p)
{
	json_begin_object(j, "presentation");
	for (unsigned f = 0; f < PROV_FIELD_MAX; f++)
		if (p->known >> f & 1)
			json_i64(j, prov_field_name((prov_field)f), p->v[f]);
	json_end(j);
}

static void
put_stream(struct json *j, const struct stream *s)
{
	json_begin_object(j, NULL);
	json_u64(j, "index", s->index);
	json_str(j, "kind", prov_kind_name(s->kind));
	json_str(j, "codec", s->codec);
	json_str(j, "canon", s->canon);
	json_str(j, "rule", s->rule);
	json_hex(j, "config", s->config, sizeof(s->config));
	json_hex(j, "root", s->root, sizeof(s->root));
	json_u64(j, "segments", s->segments);
	json_u64(j, "frames", s->frames);
	json_real(j, "duration_s", (double)s->duration_ns / 1e9);
	put_present(j, &s->present);
	json_str(j, "refused", s->refused[0] != '\0' ? s->refused : NULL);
	json_end(j);
}

/* NULL where the file's own digest was not asked for. */
static void
put_digest(struct json *j, const prov_digest *digest)
{
	if (digest == NULL) {
		json_str(j, "sha256", NULL);
		json_str(j, "bytes", NULL);
		return;
	}
	json_hex(j, "sha256", digest->sha256, sizeof(digest->sha256));
	json_u64(j, "bytes", digest->size);
}

prov_status
prov_identity_json(char **out, const char *path, const prov_digest *digest,
    const prov_identity *id, const char *note, prov_err *err)
{
	AUTO_JSON *j = json_new();

	if (j == NULL)
		return (prov_fail(err, PROV_ENOMEM, "report"));
	json_str(j, "path", path);
	put_digest(j, digest);
	json_str(j, "format", id != NULL ? id->format : NULL);
	json_str(j, "refused",
	    id != NULL && id->refused[0] != '\0' ? id->refused : NULL);
	json_str(j, "note", note);
	json_begin_array(j, "streams");
	for (size_t i = 0; id != NULL && i < id->n; i++)
		put_stream(j, &id->streams[i]);
	json_end(j);
	return (json_take(j, out, err));
}
