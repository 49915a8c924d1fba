/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_SANITIZED_H
#define PROV_DEMUX_SANITIZED_H

/*
 * Sanitizers reserve terabytes, call what no filter lets through, and bring an
 * allocator of their own.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
    __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#endif
