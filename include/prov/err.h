/* SPDX-License-Identifier: ISC */
#ifndef PROV_ERR_H
#define PROV_ERR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PROV_API      __attribute__((visibility("default")))
#define PROV_MUST_USE __attribute__((warn_unused_result))
#else
#define PROV_API
#define PROV_MUST_USE
#endif

/*
 * Every fallible call returns a prov_status: PROV_OK, or a negative reason.
 * Negative so that "if (st)" and "if (st < 0)" both work.
 */
typedef enum prov_status {
	PROV_OK = 0,
	PROV_EINTERNAL = -1,    /* a bug in libprov: please report */
	PROV_ENOMEM = -2,
	PROV_EARG = -3,         /* the caller broke the contract, or bad usage */
	PROV_EOPEN = -4,        /* a path cannot be opened, or is no such file */
	PROV_EIO = -5,          /* a read failed, or the file changed: try again */
	PROV_EWRITE = -6,       /* a write or fsync failed: nothing acknowledged */
	PROV_EFORMAT = -7,      /* malformed input */
	PROV_ELIMIT = -8,       /* well-formed, but larger than the limits allow */
	PROV_EUNTRUSTED = -9,   /* checked, and not to be trusted */
	PROV_ENOTFOUND = -10,   /* looked for, and not there */
	PROV_EBUSY = -11,       /* somebody else holds the lock: try again */
	PROV_EEXIST = -12,      /* is there already, and was not replaced */
	PROV_EPASSPHRASE = -13, /* a passphrase is missing or wrong */
	PROV_EUNSUPPORTED = -14 /* valid, but nothing that this build can do */
} prov_status;

/*
 * Where a failing call explains itself. Owned by the caller, never allocates;
 * initialise with { 0 }. May be NULL wherever a prov_err * is taken.
 */
typedef struct prov_err {
	prov_status status;
	char msg[512];
} prov_err;

/* Bytes that somebody else owns. */
typedef struct prov_span {
	const uint8_t *p;
	size_t len;
} prov_span;

/* A name for a status, such as "malformed input". Never NULL. */
PROV_API const char *prov_strstatus(prov_status st);

PROV_API void prov_err_clear(prov_err *err);

/* The library's version, such as "0.1.0". */
PROV_API const char *prov_version(void);

/* Frees a string or byte array that libprov returned. NULL is fine. */
PROV_API void prov_free(void *p);

#ifdef __cplusplus
}
#endif
#endif
