/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_MEMBER_H
#define PROV_GATE_MEMBER_H

#include "base/buf.h"

struct archive;
struct archive_entry;

/*
 * What a member of a shard is to the gate. Whatever is not known to be
 * something else is media, and is judged.
 */
enum member_kind {
	MEMBER_MEDIA,
	MEMBER_COMPANION, /* text and numbers about a sample: caption, class */
	MEMBER_SIDECAR,   /* a statement about another member */
	MEMBER_ODD        /* no regular file, a bad name: never let in */
};

/* A header may claim anything: more than this is refused. */
#define MEMBER_SIZE_MAX (1ULL << 40)

/* One member, held until its sample was judged. */
struct member {
	char *name; /* UTF-8 where kind is not odd; NULL: it has none */
	enum member_kind kind;
	const char *odd;             /* why, a phrase; NULL: it is not */
	struct archive_entry *entry; /* its header, as it was read */
	uint64_t size;
	struct buf bytes;
	int fd; /* a file without a name that has the bytes; -1: they are here
	         */
};

void member_clear(struct member *m);

/* What a name alone says of a member. */
enum member_kind member_kind(const char *name);

/*
 * The length of a sample's key in a member's name, as WebDataset has it: the
 * name up to the first dot of its last part. 0: the name has none.
 */
size_t member_key(const char *name);

/*
 * Takes the entry whose header was read from a, with its data: into memory,
 * or a file in spool_dir where it is not NULL. PROV_EFORMAT where the archive
 * is damaged; PROV_ELIMIT, PROV_EIO, PROV_EWRITE.
 */
prov_status member_read(struct member *out, struct archive *a,
    struct archive_entry *entry, const char *spool_dir, prov_err *err);

/* Appends it to an archive. PROV_EWRITE, or PROV_EIO for its spooled bytes. */
prov_status member_write(const struct member *m, struct archive *a,
    prov_err *err);

#endif
