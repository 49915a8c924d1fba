/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "home.h"

#define PASSPHRASE_MAX 1023

static prov_status
fail(prov_err *err, prov_status st, const char *what, const char *why)
{
	if (err != NULL) {
		err->status = st;
		(void)snprintf(err->msg, sizeof(err->msg), "%s: %s", what, why);
	}
	return (st);
}

/* One line of fd into buf, without its newline. */
static prov_status
read_line(int fd, char *buf, size_t len, size_t *got)
{
	size_t at = 0;
	ssize_t n = 0;

	while (at < len && (n = read(fd, buf + at, 1)) == 1 && buf[at] != '\n')
		at++;
	if (n < 0)
		return (PROV_EIO);
	if (at == len)
		return (PROV_ELIMIT);
	*got = at;
	return (PROV_OK);
}

static prov_status
from_file(const char *path, char *buf, size_t len, size_t *got, prov_err *err)
{
	prov_status st;
	struct stat sb;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return (fail(err, PROV_EOPEN, path, strerror(errno)));
	if (fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) &&
	    (sb.st_mode & 077) != 0) {
		(void)close(fd);
		return (fail(err, PROV_EUNTRUSTED, path,
		    "others can read this passphrase; chmod 600 it"));
	}
	st = read_line(fd, buf, len, got);
	(void)close(fd);
	if (st != PROV_OK)
		return (fail(err, st, path, "no passphrase on its first line"));
	return (PROV_OK);
}

/* The signal that came while echo was off. */
static volatile sig_atomic_t interrupted;

static void
note_signal(int sig)
{
	interrupted = sig;
}

/* Reads a line without echo; a signal leaves the terminal as it was. */
static prov_status
read_quietly(int fd, const struct termios *saved, const char *what, char *buf,
    size_t len, size_t *got)
{
	const struct sigaction note = { .sa_handler = note_signal };
	struct sigaction on_int, on_term;
	struct termios quiet = *saved;
	prov_status st;

	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	interrupted = 0;
	(void)sigaction(SIGINT, &note, &on_int);
	(void)sigaction(SIGTERM, &note, &on_term);
	/* Quiet before the question, so that no answer is shown or lost. */
	(void)tcsetattr(fd, TCSAFLUSH, &quiet);
	(void)dprintf(fd, "passphrase for %s: ", what);
	st = read_line(fd, buf, len, got);
	(void)tcsetattr(fd, TCSAFLUSH, saved);
	(void)dprintf(fd, "\n");
	(void)sigaction(SIGINT, &on_int, NULL);
	(void)sigaction(SIGTERM, &on_term, NULL);
	if (interrupted != 0)
		(void)raise((int)interrupted);
	return (st);
}

static prov_status
from_terminal(const char *what, char *buf, size_t len, size_t *got,
    prov_err *err)
{
	struct termios saved;
	prov_status st;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return (fail(err, PROV_EPASSPHRASE, what,
		    "no terminal to ask for its passphrase; use "
		    "--passphrase-file"));
	if (tcgetattr(fd, &saved) != 0) {
		(void)close(fd);
		return (fail(err, PROV_EPASSPHRASE, what, "not a terminal"));
	}
	st = read_quietly(fd, &saved, what, buf, len, got);
	(void)close(fd);
	if (st != PROV_OK)
		return (fail(err, st, what, "passphrase cannot be read"));
	return (PROV_OK);
}

prov_status
passphrase_ask(void *arg, const char *what, char *buf, size_t len, size_t *got)
{
	struct asking *a = arg;
	const char *file = args_value(a->args, "passphrase-file");

	if (len > PASSPHRASE_MAX)
		len = PASSPHRASE_MAX;
	if (file != NULL)
		return (from_file(file, buf, len, got, &a->err));
	return (from_terminal(what, buf, len, got, &a->err));
}

prov_status
passphrase_new(const struct args *args, char buf[1024], prov_span *out,
    prov_err *err)
{
	const char *file = args_value(args, "passphrase-file");
	char again[1024];
	size_t n, m;
	prov_status st;

	*out = (prov_span){ 0 };
	if (args_has(args, "no-passphrase") && file != NULL)
		return (fail(err, PROV_EARG, "--no-passphrase",
		    "and --passphrase-file exclude each other"));
	if (args_has(args, "no-passphrase"))
		return (PROV_OK);
	if (file != NULL)
		st = from_file(file, buf, PASSPHRASE_MAX, &n, err);
	else
		st = from_terminal("the new key", buf, PASSPHRASE_MAX, &n, err);
	if (st != PROV_OK)
		return (st);
	if (n == 0)
		return (fail(err, PROV_EPASSPHRASE, "passphrase",
		    "is empty; --no-passphrase stores the key unencrypted"));
	if (file == NULL) {
		st = from_terminal("the new key, again", again, PASSPHRASE_MAX,
		    &m, err);
		if (st == PROV_OK && (n != m || memcmp(buf, again, n) != 0))
			st = fail(err, PROV_EPASSPHRASE, "passphrase",
			    "the two differ; nothing was written");
		explicit_bzero(again, sizeof(again));
		if (st != PROV_OK)
			return (st);
	}
	out->p = (const uint8_t *)buf;
	out->len = n;
	return (PROV_OK);
}

void
harden(void)
{
	const struct rlimit none = { 0, 0 };

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
}
