/* SPDX-License-Identifier: ISC */
#include "gate_feed.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "walk.h"

#define READ_LEN 65536UL

/* What was read of standard input and not handed on yet. */
struct input {
	struct gate_run *run;
	char *p; /* READ_LEN, and one line that is too long */
	size_t len;
	bool skipping; /* the rest of such a line */
};
#define INPUT_LEN (READ_LEN + PROV_GATE_LINE_MAX + 1)

static size_t
lines_in(const char *p, size_t len)
{
	size_t n = 0;

	for (const char *nl; (nl = memchr(p, '\n', len)) != NULL; n++) {
		len -= (size_t)(nl - p) + 1;
		p = nl + 1;
	}
	return (n);
}

/* Hands on each line that ended; false when the run is to end. */
static bool
take_lines(struct input *in)
{
	size_t left = lines_in(in->p, in->len), at = 0;
	bool going = true;
	char *nl;

	while (going && (nl = memchr(in->p + at, '\n', in->len - at)) != NULL) {
		size_t len = (size_t)(nl - in->p) - at;

		if (!in->skipping)
			going = gate_run_add(in->run, in->p + at, len, left);
		in->skipping = false;
		at += len + 1;
		left--;
	}
	in->len -= at;
	memmove(in->p, in->p + at, in->len);
	return (going);
}

/* A line that is too long is answered once, and what follows of it dropped. */
static bool
drop_long(struct input *in)
{
	bool going = true;

	if (in->skipping) {
		in->len = 0;
	} else if (in->len > PROV_GATE_LINE_MAX) {
		going = gate_run_add(in->run, in->p, in->len, 1);
		in->len = 0;
		in->skipping = true;
	}
	return (going);
}

/* 1 where there is something to read, 0 where a signal came, else -1. */
static int
wait_input(const struct gate_run *r)
{
	struct pollfd p[] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = gate_run_signal(r), .events = POLLIN } };

	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			return (-1);
	return (p[1].revents != 0 ? 0 : 1);
}

/* Whether there is more to come. */
static bool
read_more(struct input *in, const struct args *args)
{
	ssize_t n;

	switch (wait_input(in->run)) {
	case 0:
		gate_run_stop(in->run);
		return (false);
	case 1:
		n = read(STDIN_FILENO, in->p + in->len, READ_LEN);
		if (n >= 0 || errno == EAGAIN || errno == EINTR) {
			in->len += n > 0 ? (size_t)n : 0;
			return (n != 0);
		}
	}
	complain(args, "standard input", "%s", strerror(errno));
	gate_run_worse(in->run, EXIT_RETRY);
	return (false);
}

void
feed_lines(struct gate_run *r, const struct args *args)
{
	struct input in = { .run = r, .p = malloc(INPUT_LEN) };
	bool going = in.p != NULL;

	if (!going) {
		complain(args, NULL, "out of memory");
		gate_run_worse(r, EXIT_TROUBLE);
	}
	/* All that is at hand goes on its way before more is waited for. */
	while (going && (going = read_more(&in, args)))
		going = take_lines(&in) && drop_long(&in) && gate_run_flush(r);
	/* The last line may lack its end. */
	if (in.len > 0 && !in.skipping)
		(void)gate_run_add(r, in.p, in.len, 1);
	free(in.p);
}

/* What is fed, and how much of each path is not the name. */
struct feed {
	struct gate_run *run;
	size_t root_len;
};

/*
 * Small files travel together: handing one over costs as much as judging it.
 * Large ones go alone, so that each worker has one.
 */
#define SMALL_MAX 262144U

static bool
feed_name(struct gate_run *r, const char *name, uint64_t size)
{
	struct pollfd signalled = { .fd = gate_run_signal(r),
		.events = POLLIN };

	if (poll(&signalled, 1, 0) > 0) {
		gate_run_stop(r);
		return (false);
	}
	return (gate_run_add(r, name, strlen(name),
	    size <= SMALL_MAX ? SIZE_MAX : 1));
}

static bool
feed_path(void *arg, const char *path, uint64_t size)
{
	const struct feed *f = arg;

	return (feed_name(f->run, path + f->root_len, size));
}

char *
plain_name(const char *name)
{
	char *out = malloc(strlen(name) + 1), *to = out;

	while (out != NULL && *name != '\0') {
		size_t len = strcspn(name, "/");

		if (len > 0 && !(len == 1 && name[0] == '.')) {
			if (to != out)
				*to++ = '/';
			memcpy(to, name, len);
			to += len;
		}
		name += len;
		name += strspn(name, "/");
	}
	if (out != NULL)
		*to = '\0';
	return (out);
}

static char *
join(const char *a, const char *b)
{
	size_t len = strlen(a) + strlen(b) + 2;
	char *s = malloc(len);

	if (s != NULL)
		(void)snprintf(s, len, "%s%s%s", a, *b == '\0' ? "" : "/", b);
	return (s);
}

/* All below dir, which is below root; false when the run is to end. */
static bool
feed_tree(struct gate_run *r, const struct args *args, const char *root,
    const char *dir)
{
	struct feed f = { r, strlen(root) + 1 };
	char *name = plain_name(dir);
	char *path = name != NULL ? join(root, name) : NULL;
	bool ended = false;

	if (path == NULL) {
		complain(args, NULL, "out of memory");
		gate_run_worse(r, EXIT_TROUBLE);
	} else if (!walk_each(args, path, feed_path, &f, &ended)) {
		gate_run_worse(r, EXIT_TROUBLE);
	}
	free(name);
	free(path);
	return (!ended);
}

void
feed_files(struct gate_run *r, const struct args *args, const char *root)
{
	bool going = true;
	const char *dir;

	for (int i = 0; i < args->n && going; i++) {
		char *name = plain_name(args->at[i]);

		going = name != NULL && feed_name(r, name, UINT64_MAX);
		free(name);
	}
	for (size_t i = 0;
	     going && (dir = args_nth(args, "recursive", i)) != NULL; i++)
		going = feed_tree(r, args, root, dir);
}

static bool
check_name(const struct args *args, const char *name)
{
	if (name[0] == '/')
		complain(args, name,
		    "not below the root; --root DIR says what is");
	else if (name[0] == '\0')
		complain(args, NULL, "a file without a name");
	return (name[0] != '/' && name[0] != '\0');
}

bool
feed_check(const struct args *args)
{
	bool fine = true;
	const char *dir;

	for (int i = 0; i < args->n; i++)
		fine = check_name(args, args->at[i]) && fine;
	for (size_t i = 0; (dir = args_nth(args, "recursive", i)) != NULL; i++)
		fine = check_name(args, dir) && fine;
	return (fine);
}
