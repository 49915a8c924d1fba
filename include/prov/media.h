/* SPDX-License-Identifier: ISC */
#ifndef PROV_MEDIA_H
#define PROV_MEDIA_H

#include <prov/essence.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The parent half of prov-demux: a small process that forks one sandboxed
 * child per file. libprov itself never parses media.
 */
typedef struct prov_media prov_media;

/* path of prov-demux; NULL is where prov was installed. Starts it when used. */
PROV_API PROV_MUST_USE prov_status prov_media_new(prov_media **out,
    const char *path, prov_err *err);
PROV_API void prov_media_free(prov_media *m);

/* The file itself: SHA-256 and length, read by this process. */
typedef struct prov_digest {
	uint8_t sha256[32];
	uint64_t size;
} prov_digest;

/*
 * Reports bytes done of a file that is being read; total may grow. Called
 * from library threads. May be NULL wherever one is taken.
 */
typedef void (*prov_progress_fn)(void *arg, uint64_t done, uint64_t total);

/*
 * Hashes fd from offset 0 to its end without moving its position. PROV_EIO
 * when it cannot be read or changes meanwhile; PROV_EOPEN if not regular.
 */
PROV_API PROV_MUST_USE prov_status prov_digest_fd(prov_digest *out, int fd,
    prov_progress_fn progress, void *arg, prov_err *err);

/*
 * Identifies fd by its streams, in a child. PROV_EUNSUPPORTED where the format
 * has no streams to offer (err says why), PROV_ELIMIT with "limit.*" in front
 * of the message where it ran into a limit, PROV_EIO where the worker failed.
 */
PROV_API PROV_MUST_USE prov_status prov_media_identify(prov_media *m, int fd,
    prov_identity **out, prov_err *err);

/* The same with a digest for each picture, 16 bytes, in the timelines. */
PROV_API PROV_MUST_USE prov_status prov_media_identify_frames(prov_media *m,
    int fd, prov_identity **out, prov_err *err);

/*
 * Stream identity alone as one JSON object: path, sha256, bytes, streams.
 * id may be NULL (streams is then empty and note says why), and so may digest.
 * Free it with prov_free.
 */
PROV_API PROV_MUST_USE prov_status prov_identity_json(char **out,
    const char *path, const prov_digest *digest, const prov_identity *id,
    const char *note, prov_err *err);

#ifdef __cplusplus
}
#endif
#endif
