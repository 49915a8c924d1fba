/* SPDX-License-Identifier: ISC */
#include "demux/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "demux/sanitized.h"

static bool
limit(__rlimit_resource_t what, rlim_t soft, rlim_t hard)
{
	struct rlimit r = { .rlim_cur = soft, .rlim_max = hard };

	return (setrlimit(what, &r) == 0);
}

static bool
limit_all(uint64_t size)
{
	rlim_t cpu = SANDBOX_CPU_S + size / SANDBOX_BYTES_A_S;

	if (!SANITIZED && !limit(RLIMIT_AS, SANDBOX_MEMORY, SANDBOX_MEMORY))
		return (false);
	return (limit(RLIMIT_FSIZE, 0, 0) && limit(RLIMIT_CORE, 0, 0) &&
		limit(RLIMIT_NPROC, 0, 0) && limit(RLIMIT_NOFILE, 0, 0) &&
		limit(RLIMIT_CPU, cpu, cpu + 1));
}

/*
 * Landlock (Linux 5.13) without a rule: no path and no port can be reached.
 * The constants are the kernel's own; Debian 12's headers are older than some.
 * Best effort, because the filter below says no first.
 */
static void
landlock(void)
{
	static const struct {
		long abi;
		uint64_t fs, net, scoped;
	} rows[] = {
		{ 6, 0xffff, 0x3, 0x3 },
		{ 5, 0xffff, 0x3, 0 },
		{ 4, 0x7fff, 0x3, 0 },
		{ 3, 0x7fff, 0, 0 },
		{ 2, 0x3fff, 0, 0 },
		{ 1, 0x1fff, 0, 0 },
	};
	const long create = 444, restrict_self = 446, version = 1;
	long abi = syscall(create, NULL, 0, version);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t attr[3] = { rows[i].fs, rows[i].net, rows[i].scoped };
		long fd;

		if (abi < rows[i].abi)
			continue;
		fd = syscall(create, attr,
		    abi >= 6   ? 24
		    : abi >= 4 ? 16
			       : 8,
		    0);
		if (fd < 0)
			return;
		(void)syscall(restrict_self, fd, 0);
		(void)close((int)fd);
		return;
	}
}

/* What reading, allocating and answering need. */
static bool
allow(scmp_filter_ctx f)
{
	static const int calls[] = { SCMP_SYS(read), SCMP_SYS(pread64),
		SCMP_SYS(lseek), SCMP_SYS(write), SCMP_SYS(close),
		SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
		SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(exit),
		SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn),
		SCMP_SYS(getrandom), SCMP_SYS(clock_gettime),
		SCMP_SYS(restart_syscall) };
	static const int mapping[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0) != 0)
			return (false);
	for (size_t i = 0; i < sizeof(mapping) / sizeof(mapping[0]); i++)
		if (seccomp_rule_add(f, SCMP_ACT_ALLOW, mapping[i], 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) != 0)
			return (false);
	return (true);
}

/* What libraries ask in passing, and do without: iconv looks for tables. */
static bool
refuse(scmp_filter_ctx f)
{
	static const struct {
		int call, why;
	} rows[] = {
		{ SCMP_SYS(openat), ENOENT },
		{ SCMP_SYS(open), ENOENT },
		{ SCMP_SYS(newfstatat), EPERM },
		{ SCMP_SYS(fstat), EPERM },
		{ SCMP_SYS(sysinfo), EPERM },
		{ SCMP_SYS(sched_getaffinity), EPERM },
		{ SCMP_SYS(ioctl), ENOTTY },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int rc = seccomp_rule_add(f,
		    SCMP_ACT_ERRNO((uint16_t)rows[i].why), rows[i].call, 0);

		/* Newer machines have no open(2). */
		if (rc != 0 && rc != -EDOM)
			return (false);
	}
	return (true);
}

static bool
filter(void)
{
	scmp_filter_ctx f;
	bool ok;

	if (SANITIZED)
		return (true);
	if ((f = seccomp_init(SCMP_ACT_KILL_PROCESS)) == NULL)
		return (false);
	/* A binary tree instead of a list: every read pays for it. */
	(void)seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	ok = allow(f) && refuse(f) && seccomp_load(f) == 0;
	/* What it holds goes with the process; free(3) may not be allowed. */
	if (!ok)
		seccomp_release(f);
	return (ok);
}

bool
sandbox_enter(uint64_t size)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return (false);
	landlock();
	return (limit_all(size) && filter());
}
