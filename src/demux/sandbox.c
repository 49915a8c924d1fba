/* SPDX-License-Identifier: ISC */
#include "demux/sandbox.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "demux/sanitized.h"

#define FILTER_MAX 4096 /* BPF_MAXINSNS: the kernel takes no more */

/* What a number of 32 bits is compared with: the kernel looks at no others. */
#define LOW 0xffffffffUL

/* A futex operation without its two flags. */
#define FUTEX_OPS (LOW & ~(uint64_t)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME))

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
		limit(RLIMIT_MEMLOCK, 0, 0) && limit(RLIMIT_MSGQUEUE, 0, 0) &&
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

/* A call, and where it depends, what an argument must be under a mask. */
struct rule {
	int call;
	unsigned arg;
	uint64_t mask, value;
};

/*
 * What reading, allocating, answering and waiting for one's own threads need.
 * Rows on one call are alternatives. mmap has more than one condition: below.
 */
static const struct rule allowed[] = {
	{ SCMP_SYS(pread64), 0, LOW, SANDBOX_FILE },
	{ SCMP_SYS(write), 0, LOW, SANDBOX_ANSWER },
	{ SCMP_SYS(close), 0, 0, 0 },
	{ SCMP_SYS(brk), 0, 0, 0 },
	{ SCMP_SYS(munmap), 0, 0, 0 },
	{ SCMP_SYS(mprotect), 2, ~(uint64_t)(PROT_READ | PROT_WRITE), 0 },
	{ SCMP_SYS(mremap), 3, ~(uint64_t)MREMAP_MAYMOVE, 0 },
	{ SCMP_SYS(madvise), 2, LOW, MADV_NORMAL },
	{ SCMP_SYS(madvise), 2, LOW, MADV_RANDOM },
	{ SCMP_SYS(madvise), 2, LOW, MADV_SEQUENTIAL },
	{ SCMP_SYS(madvise), 2, LOW, MADV_WILLNEED },
	{ SCMP_SYS(madvise), 2, LOW, MADV_DONTNEED },
	{ SCMP_SYS(madvise), 2, LOW, MADV_FREE },
	{ SCMP_SYS(madvise), 2, LOW, MADV_HUGEPAGE },
	/* Locks and conditions; nothing with priorities, and no requeueing. */
	{ SCMP_SYS(futex), 1, FUTEX_OPS, FUTEX_WAIT },
	{ SCMP_SYS(futex), 1, FUTEX_OPS, FUTEX_WAKE },
	{ SCMP_SYS(futex), 1, FUTEX_OPS, FUTEX_WAIT_BITSET },
	{ SCMP_SYS(futex), 1, FUTEX_OPS, FUTEX_WAKE_BITSET },
	/* How a thread that was started before the filter begins and ends. */
	{ SCMP_SYS(set_robust_list), 0, 0, 0 },
	{ SCMP_SYS(rseq), 0, 0, 0 },
	{ SCMP_SYS(rt_sigprocmask), 0, 0, 0 },
	{ SCMP_SYS(sched_yield), 0, 0, 0 },
	{ SCMP_SYS(exit), 0, 0, 0 },
	{ SCMP_SYS(exit_group), 0, 0, 0 },
	{ SCMP_SYS(rt_sigreturn), 0, 0, 0 },
	{ SCMP_SYS(getrandom), 0, 0, 0 },
	{ SCMP_SYS(clock_gettime), 0, 0, 0 },
	{ SCMP_SYS(restart_syscall), 0, 0, 0 },
};

static bool
allow(scmp_filter_ctx f)
{
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		const struct rule *r = &allowed[i];

		if (seccomp_rule_add(f, SCMP_ACT_ALLOW, r->call,
			r->mask != 0 ? 1 : 0,
			SCMP_CMP(r->arg, SCMP_CMP_MASKED_EQ, r->mask,
			    r->value)) != 0)
			return (false);
	}
	return (true);
}

/* Private memory that is no code, and the file, likewise. */
static bool
allow_mapping(scmp_filter_ctx f)
{
	static const uint64_t prot = ~(uint64_t)(PROT_READ | PROT_WRITE);
	static const uint64_t flags =
	    ~(uint64_t)(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			MAP_STACK | MAP_FIXED | MAP_POPULATE);

	return (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 3,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, prot, 0),
		    SCMP_A3(SCMP_CMP_MASKED_EQ, flags | MAP_ANONYMOUS,
			MAP_ANONYMOUS),
		    SCMP_A4(SCMP_CMP_MASKED_EQ, LOW, LOW)) == 0 &&
		seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 3,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, prot, 0),
		    SCMP_A3(SCMP_CMP_MASKED_EQ, flags | MAP_ANONYMOUS, 0),
		    SCMP_A4(SCMP_CMP_MASKED_EQ, LOW, SANDBOX_FILE)) == 0);
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

/* Takes what libseccomp compiled out of the memory that it writes it to. */
static bool
take(struct sandbox *s, scmp_filter_ctx f)
{
	const size_t size = sizeof(*s->code);
	struct sock_filter *code = calloc(FILTER_MAX, size);
	int fd = memfd_create("filter", MFD_CLOEXEC);
	ssize_t n = -1;

	if (code != NULL && fd >= 0 && seccomp_export_bpf(f, fd) == 0)
		n = pread(fd, code, FILTER_MAX * size, 0);
	if (fd >= 0)
		(void)close(fd);
	if (n <= 0 || n % (ssize_t)size != 0 ||
	    (size_t)n == FILTER_MAX * size) {
		free(code);
		return (false);
	}
	s->code = code;
	s->n = (unsigned short)((size_t)n / size);
	return (true);
}

bool
sandbox_prepare(struct sandbox *s)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool ok;

	if (f == NULL)
		return (false);
	/* A binary tree instead of a list: every read pays for it. */
	(void)seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	ok = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH,
		 SCMP_ACT_KILL_PROCESS) == 0 &&
	     allow(f) && allow_mapping(f) && refuse(f) && take(s, f);
	seccomp_release(f);
	return (ok);
}

void
sandbox_clear(struct sandbox *s)
{
	free(s->code);
	s->code = NULL;
	s->n = 0;
}

bool
sandbox_confine(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return (false);
	landlock();
	return (true);
}

bool
sandbox_seal(const struct sandbox *s, uint64_t size)
{
	struct sock_fprog program = { .len = s->n, .filter = s->code };

	if (s->n == 0 || !limit_all(size))
		return (false);
	if (SANITIZED)
		return (true);
	/* Not 0 but positive: a thread that could not follow. */
	return (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_TSYNC, &program) == 0);
}
