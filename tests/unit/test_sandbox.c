/* SPDX-License-Identifier: ISC */
/*
 * What a demuxer that was taken over would try: each attempt in a child of its
 * own, as nobody where that can be had, and each fails in the way that
 * DESIGN.md says. TAP, without cmocka: one line an attempt.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "demux/alloc.h"
#include "demux/sandbox.h"
#include "essence/worker.h"

#define NOBODY 65534

#define OTHER_FD 5 /* somebody's file, open for reading and writing */
#define PROC_FD  6 /* /proc/self of the parent */

/* How an attempt may end. */
#define KILLED   (-1) /* by SIGSYS */
#define NOMEM    (-2) /* exit status 77 */
#define OVERFLOW (-3) /* of the stack, by SIGSEGV */
#define WORKS    0    /* as it must */

/* In the exit status: the attempt worked, or what errno was. */
#define DONE 0

struct attempt {
	const char *name;
	int want; /* one of the above, or the errno */
	long nr;  /* a system call, where there is no function */
	long args[6];
	int (*run)(void);
};

static pid_t victim; /* a process of the same user */

static int
errno_or_done(long rc)
{
	return (rc >= 0 ? DONE : errno);
}

static int
try_open_to_write(void)
{
	return (errno_or_done(open("escaped", O_CREAT | O_WRONLY, 0600)));
}

static int
try_attach(void)
{
	return (errno_or_done(ptrace(PTRACE_ATTACH, victim, NULL, NULL)));
}

static int
try_vm(long nr)
{
	char byte = 0;
	struct iovec mine = { &byte, 1 }, theirs = { &byte, 1 };

	return (errno_or_done(syscall(nr, victim, &mine, 1, &theirs, 1, 0)));
}

static int
try_vm_read(void)
{
	return (try_vm(SYS_process_vm_readv));
}

static int
try_vm_write(void)
{
	return (try_vm(SYS_process_vm_writev));
}

static int
try_kill_parent(void)
{
	return (errno_or_done(syscall(SYS_kill, getppid(), SIGKILL)));
}

static int
try_kill_victim(void)
{
	return (errno_or_done(syscall(SYS_kill, victim, SIGKILL)));
}

static int
try_pidfd(void)
{
	return (errno_or_done(syscall(SYS_pidfd_open, victim, 0)));
}

static int
try_exec(void)
{
	char *argv[] = { NULL };

	return (errno_or_done(execve("/bin/true", argv, argv)));
}

static int
try_exec_file(void)
{
	char *argv[] = { NULL };

	return (errno_or_done(syscall(SYS_execveat, SANDBOX_FILE, "", argv,
	    argv, AT_EMPTY_PATH)));
}

/* A page that was written and then becomes code. */
static int
try_turn_to_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return (errno);
	return (errno_or_done(
	    mprotect(p, 4096, PROT_READ | PROT_WRITE | PROT_EXEC)));
}

static int
try_move_over(void)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return (errno);
	return (mremap(p, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED,
		    p + 4096) != MAP_FAILED
		    ? DONE
		    : errno);
}

static int
try_merge(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return (errno_or_done(madvise(p, 4096, MADV_MERGEABLE)));
}

static int
try_inherit_priority(void)
{
	int word = 0;

	return (errno_or_done(
	    syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0, NULL, NULL, 0)));
}

static int
try_limits(void)
{
	struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };

	return (errno_or_done(syscall(SYS_setrlimit, RLIMIT_AS, &r)));
}

static int
try_read(long fd)
{
	char c;

	return (errno_or_done(syscall(SYS_pread64, fd, &c, 1, 0)));
}

static int
try_read_other(void)
{
	return (try_read(OTHER_FD));
}

/* The kernel looks at the lower half of a register alone; so must the filter.
 */
static int
try_read_high(void)
{
	return (try_read(OTHER_FD | 1L << 32));
}

static int
try_map_other(void)
{
	return (
	    mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, OTHER_FD, 0) != MAP_FAILED
		? DONE
		: errno);
}

static int
try_map_shared(void)
{
	return (mmap(NULL, 4096, PROT_READ, MAP_SHARED, SANDBOX_FILE, 0) !=
			MAP_FAILED
		    ? DONE
		    : errno);
}

static int
try_map_much(void)
{
	return (mmap(NULL, 600UL << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED
		    ? DONE
		    : errno);
}

static void *volatile sink;

static int
try_allocate(size_t n, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if ((sink = malloc(len)) == NULL)
			return (errno);
	return (DONE);
}

static int
try_large(void)
{
	return (try_allocate(1, 600UL << 20));
}

static int
try_many(void)
{
	return (try_allocate(64, 8UL << 20));
}

static int
try_calloc(void)
{
	sink = calloc(1UL << 20, 1UL << 20);
	return (sink != NULL ? DONE : errno);
}

static int
try_realloc(void)
{
	void *p = malloc(16);

	sink = realloc(p, 600UL << 20);
	return (sink != NULL ? DONE : errno);
}

static int
try_align(void)
{
	void *p = NULL;

	return (posix_memalign(&p, 64, 600UL << 20));
}

static int
deeper(unsigned left)
{
	volatile char here[65536];

	here[left % sizeof(here)] = 1;
	return (left == 0 ? DONE : deeper(left - 1) + here[0]);
}

static int
try_recursion(void)
{
	return (deeper(1U << 20));
}

#ifdef __x86_64__
/* socket(2) by the numbers of another architecture. */
static int
try_other_arch(void)
{
	long rc;

	__asm__ volatile("int $0x80"
			 : "=a"(rc)
			 : "a"(359), "b"(AF_INET), "c"(SOCK_STREAM), "d"(0)
			 : "memory");
	return (rc >= 0 ? DONE : (int)-rc);
}
#endif

/* And what must go on working. */

static int
reads_the_file(void)
{
	return (try_read(SANDBOX_FILE));
}

static int
maps_the_file(void)
{
	return (mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, SANDBOX_FILE, 0) !=
			MAP_FAILED
		    ? DONE
		    : errno);
}

static int
answers(void)
{
	return (errno_or_done(write(SANDBOX_ANSWER, "x", 1)));
}

static int
allocates(void)
{
	void *p = malloc(32UL << 20);

	if (p == NULL)
		return (errno);
	memset(p, 1, 32UL << 20);
	sink = realloc(p, 64UL << 20);
	free(sink);
	return (DONE);
}

#define SYS(name, want, nr, ...)                      \
	{                                             \
		name, want, nr, { __VA_ARGS__ }, NULL \
	}
#define RUN(name, want, run)               \
	{                                  \
		name, want, 0, { 0 }, run, \
	}
#define PATH(text) (long)(text)

static const struct attempt attempts[] = {
	RUN("reads the file", WORKS, reads_the_file),
	RUN("maps the file", WORKS, maps_the_file),
	RUN("answers", WORKS, answers),
	RUN("allocates what is needed", WORKS, allocates),

	SYS("opens /etc/passwd", ENOENT, SYS_openat, AT_FDCWD,
	    PATH("/etc/passwd"), O_RDONLY),
	RUN("creates a file", ENOENT, try_open_to_write),
	SYS("opens memory below an inherited /proc", ENOENT, SYS_openat,
	    PROC_FD, PATH("mem"), O_RDWR),
	SYS("asks for a file by name", EPERM, SYS_newfstatat, AT_FDCWD,
	    PATH("/etc/passwd"), 0, 0),
	SYS("opens by openat2", KILLED, SYS_openat2, AT_FDCWD,
	    PATH("/etc/passwd"), 0, 0),
	SYS("opens by handle", KILLED, SYS_open_by_handle_at, 0, 0, 0),
	SYS("lists an inherited directory", KILLED, SYS_getdents64, PROC_FD, 0,
	    0),
	SYS("reads a link", KILLED, SYS_readlinkat, PROC_FD, PATH("exe"), 0, 0),
	SYS("removes a file", KILLED, SYS_unlinkat, AT_FDCWD, PATH("x"), 0),
	SYS("renames a file", KILLED, SYS_renameat2, AT_FDCWD, PATH("x"),
	    AT_FDCWD, PATH("y"), 0),
	SYS("makes a directory", KILLED, SYS_mkdirat, AT_FDCWD, PATH("x"),
	    0700),
	SYS("makes a link", KILLED, SYS_symlinkat, PATH("x"), AT_FDCWD,
	    PATH("y")),
	SYS("changes a mode", KILLED, SYS_fchmod, SANDBOX_FILE, 0777),
	SYS("cuts the file", KILLED, SYS_ftruncate, OTHER_FD, 0),

	RUN("reads another descriptor", KILLED, try_read_other),
	RUN("reads another descriptor, high bits set", KILLED, try_read_high),
	SYS("reads a stream", KILLED, SYS_read, 0, 0, 0),
	RUN("maps another descriptor", KILLED, try_map_other),
	RUN("maps the file shared", KILLED, try_map_shared),
	SYS("writes to standard input", KILLED, SYS_write, 0, PATH("x"), 1),
	SYS("writes to standard output", KILLED, SYS_write, 1, PATH("x"), 1),
	SYS("writes to standard error", KILLED, SYS_write, 2, PATH("x"), 1),
	SYS("writes to the file", KILLED, SYS_write, SANDBOX_FILE, PATH("x"),
	    1),
	SYS("writes to another descriptor", KILLED, SYS_write, OTHER_FD,
	    PATH("x"), 1),
	SYS("writes at a place", KILLED, SYS_pwrite64, OTHER_FD, PATH("x"), 1,
	    0),
	SYS("writes a vector", KILLED, SYS_writev, SANDBOX_ANSWER, 0, 0),
	SYS("splices pages", KILLED, SYS_vmsplice, SANDBOX_ANSWER, 0, 0, 0),
	SYS("splices descriptors", KILLED, SYS_splice, OTHER_FD, 0,
	    SANDBOX_ANSWER, 0, 1, 0),
	SYS("sends a file", KILLED, SYS_sendfile, SANDBOX_ANSWER, OTHER_FD, 0,
	    1),
	SYS("copies a descriptor", KILLED, SYS_dup, OTHER_FD),
	SYS("moves a descriptor", KILLED, SYS_dup3, OTHER_FD, SANDBOX_FILE, 0),
	SYS("makes a pipe", KILLED, SYS_pipe2, 0, 0),
	SYS("types into a terminal", ENOTTY, SYS_ioctl, 0, 0x5412, PATH("x")),

	SYS("opens an internet socket", KILLED, SYS_socket, AF_INET,
	    SOCK_STREAM, 0),
	SYS("opens a local socket", KILLED, SYS_socket, AF_UNIX, SOCK_STREAM,
	    0),
	SYS("opens a netlink socket", KILLED, SYS_socket, AF_NETLINK, SOCK_RAW,
	    0),
	SYS("connects", KILLED, SYS_connect, 0, 0, 0),
	SYS("sends a message", KILLED, SYS_sendmsg, SANDBOX_ANSWER, 0, 0),
	SYS("starts an io_uring", KILLED, SYS_io_uring_setup, 1, 0),

	RUN("runs a program", KILLED, try_exec),
	RUN("runs the file", KILLED, try_exec_file),
	SYS("makes a file of memory to run", KILLED, SYS_memfd_create,
	    PATH("x"), 0),
#ifdef SYS_fork
	SYS("forks", KILLED, SYS_fork),
	SYS("vforks", KILLED, SYS_vfork),
#endif
	SYS("clones", KILLED, SYS_clone, SIGCHLD, 0, 0, 0, 0),
	SYS("clones by clone3", KILLED, SYS_clone3, 0, 0),
	SYS("asks to be traced", KILLED, SYS_ptrace, PTRACE_TRACEME, 0, 0, 0),
	RUN("traces another process", KILLED, try_attach),
	RUN("reads another process", KILLED, try_vm_read),
	RUN("writes to another process", KILLED, try_vm_write),
	RUN("kills its parent", KILLED, try_kill_parent),
	RUN("kills another process", KILLED, try_kill_victim),
	RUN("takes hold of another process", KILLED, try_pidfd),

	SYS("maps code that can be written", KILLED, SYS_mmap, 0, 4096,
	    PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	    0),
	SYS("maps the file as code", KILLED, SYS_mmap, 0, 4096,
	    PROT_READ | PROT_EXEC, MAP_PRIVATE, SANDBOX_FILE, 0),
	SYS("maps memory to share", KILLED, SYS_mmap, 0, 4096, PROT_READ,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0),
	RUN("turns data into code", KILLED, try_turn_to_code),
	SYS("turns data into code by key", KILLED, SYS_pkey_mprotect, 0, 4096,
	    PROT_EXEC, -1),
	RUN("moves memory over other memory", KILLED, try_move_over),
	RUN("shares equal pages with others", KILLED, try_merge),
	SYS("locks memory", KILLED, SYS_mlockall, MCL_CURRENT),
	RUN("waits with priorities", KILLED, try_inherit_priority),
	SYS("handles faults itself", KILLED, SYS_userfaultfd, 0),

	RUN("maps 600 MiB", ENOMEM, try_map_much),
	RUN("allocates 600 MiB", NOMEM, try_large),
	RUN("allocates 64 times 8 MiB", NOMEM, try_many),
	RUN("callocates a terabyte", NOMEM, try_calloc),
	RUN("reallocates 600 MiB", NOMEM, try_realloc),
	RUN("allocates 600 MiB, aligned", NOMEM, try_align),
	RUN("recurses without end", OVERFLOW, try_recursion),
	RUN("raises its limits", KILLED, try_limits),
	SYS("raises its limits by prlimit", KILLED, SYS_prlimit64, 0, RLIMIT_AS,
	    0, 0),
	SYS("raises its priority", KILLED, SYS_setpriority, PRIO_PROCESS, 0,
	    -1),

	SYS("enters a namespace", KILLED, SYS_unshare, CLONE_NEWUSER),
	SYS("joins a namespace", KILLED, SYS_setns, PROC_FD, 0),
	SYS("mounts", KILLED, SYS_mount, 0, 0, 0, 0, 0),
	SYS("changes its root", KILLED, SYS_chroot, PATH("/")),
	SYS("loads a BPF program", KILLED, SYS_bpf, 0, 0, 0),
	SYS("watches events", KILLED, SYS_perf_event_open, 0, 0, -1, -1, 0),
	SYS("asks for keys", KILLED, SYS_keyctl, 0, 0, 0, 0, 0),
	SYS("adds a key", KILLED, SYS_add_key, 0, 0, 0, 0, 0),
	SYS("changes its personality", KILLED, SYS_personality, 0x0400000),
	SYS("becomes dumpable", KILLED, SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0),
	SYS("adds a filter", KILLED, SYS_seccomp, 1, 0, 0),
	SYS("becomes root", KILLED, SYS_setresuid, 0, 0, 0),
	SYS("takes capabilities", KILLED, SYS_capset, 0, 0),
	SYS("shares memory by key", KILLED, SYS_shmget, 1, 4096, 0),
	SYS("loads a module", KILLED, SYS_finit_module, OTHER_FD, 0, 0),
	SYS("restarts the machine", KILLED, SYS_reboot, 0, 0, 0, 0),
#ifdef __x86_64__
	SYS("calls by the numbers of x32", KILLED, SYS_getpid | 0x40000000),
	RUN("calls by the numbers of i386", KILLED, try_other_arch),
#endif
};
#define ATTEMPTS (sizeof(attempts) / sizeof(attempts[0]))

static int
perform(const struct attempt *a)
{
	const long *x = a->args;

	if (a->run != NULL)
		return (a->run());
	return (
	    errno_or_done(syscall(a->nr, x[0], x[1], x[2], x[3], x[4], x[5])));
}

static void
move(int fd, int to)
{
	if (fd < 0 || dup2(fd, to) != to)
		_exit(100);
}

/* What the zygote leaves to a child, and more than that. */
static void
set_stage(void)
{
	int ends[2], theirs;

	/* Out of the way of the places that are filled. */
	if (pipe(ends) != 0 || fcntl(ends[0], F_DUPFD, 10) < 0)
		_exit(100);
	theirs = fcntl(ends[1], F_DUPFD, 10);
	move(theirs, SANDBOX_ANSWER);
	move(open("/proc/self/exe", O_RDONLY), SANDBOX_FILE);
	move(memfd_create("other", 0), OTHER_FD);
	move(open("/proc/self", O_RDONLY | O_DIRECTORY), PROC_FD);
	if (ftruncate(OTHER_FD, 4096) != 0)
		_exit(100);
}

static int
outcome(const struct sandbox *s, const struct attempt *a)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		set_stage();
		alloc_is_fatal();
		if (!sandbox_confine() || !sandbox_seal(s, 0))
			_exit(101);
		_exit(perform(a));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return (-1);
	return (status);
}

static bool
is_wanted(int want, int status)
{
	switch (want) {
	case KILLED:
		return (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	case OVERFLOW:
		return (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	case NOMEM:
		return (WIFEXITED(status) &&
			WEXITSTATUS(status) == WORKER_EXIT_NOMEM);
	default:
		return (WIFEXITED(status) && WEXITSTATUS(status) == want);
	}
}

static void
report(size_t i, bool ok, const char *name, int status)
{
	(void)printf("%sok %zu - %s\n", ok ? "" : "not ", i, name);
	if (!ok && WIFSIGNALED(status))
		(void)printf("# signal %d\n", WTERMSIG(status));
	else if (!ok)
		(void)printf("# status %d\n", WEXITSTATUS(status));
}

/* A thread that was started between the two steps, and asks after both. */
struct thread {
	pthread_mutex_t lock;
	long nr;
};

static void *
call(void *arg)
{
	struct thread *t = arg;

	(void)pthread_mutex_lock(&t->lock);
	(void)pthread_mutex_unlock(&t->lock);
	if (t->nr >= 0)
		(void)syscall(t->nr, AF_INET, SOCK_STREAM, 0);
	return (t);
}

static int
with_thread(const struct sandbox *s, long nr)
{
	struct thread t = { PTHREAD_MUTEX_INITIALIZER, nr };
	pthread_t id;
	void *back = NULL;
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		set_stage();
		(void)pthread_mutex_lock(&t.lock);
		if (!sandbox_confine() ||
		    pthread_create(&id, NULL, call, &t) != 0 ||
		    !sandbox_seal(s, 0))
			_exit(101);
		(void)pthread_mutex_unlock(&t.lock);
		if (pthread_join(id, &back) != 0 || back != &t)
			_exit(102);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return (-1);
	return (status);
}

/* Root could do more than the filter forbids, which would prove less. */
static bool
become_nobody(void)
{
	if (geteuid() != 0)
		return (true);
	return (setgroups(0, NULL) == 0 &&
		setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
		setresuid(NOBODY, NOBODY, NOBODY) == 0);
}

int
main(void)
{
	struct sandbox s = { 0 };
	size_t bad = 0, i;
	int status;

	if (!become_nobody() || !sandbox_prepare(&s) || (victim = fork()) < 0)
		return (1);
	if (victim == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	(void)printf("1..%zu\n# as user %u\n", ATTEMPTS + 3,
	    (unsigned)geteuid());
	for (i = 0; i < ATTEMPTS; i++) {
		(void)fflush(stdout);
		status = outcome(&s, &attempts[i]);
		report(i + 1, is_wanted(attempts[i].want, status),
		    attempts[i].name, status);
		bad += !is_wanted(attempts[i].want, status);
	}
	(void)fflush(stdout);
	status = with_thread(&s, -1);
	report(++i, is_wanted(WORKS, status), "a thread works", status);
	bad += !is_wanted(WORKS, status);
	(void)fflush(stdout);
	status = with_thread(&s, SYS_socket);
	report(++i, is_wanted(KILLED, status), "a thread opens a socket",
	    status);
	bad += !is_wanted(KILLED, status);
	status = kill(victim, 0);
	report(++i, status == 0, "the other process lives", 0);
	bad += status != 0;
	(void)kill(victim, SIGKILL);
	sandbox_clear(&s);
	return (bad == 0 ? 0 : 1);
}
