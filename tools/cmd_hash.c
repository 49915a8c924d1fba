/* SPDX-License-Identifier: ISC */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "home.h"
#include "input.h"
#include "walk.h"

static const struct opt opts[] = {
	{ "recursive", 'r', "DIR", "identify every file below DIR" },
	{ "streams", 0, NULL, "leave out the file's own SHA-256" },
	{ "json", 0, NULL, "print one JSON object a line" },
	{ 0 },
};

static void
print_hex(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf("%02x", p[i]);
}

/* One file: its digest, and what its streams are or why that is not known. */
struct found {
	const char *path;
	int fd;
	bool digested; /* asked for */
	prov_digest digest;
	prov_status digest_st;
	prov_err digest_err;
	prov_identity *id;
	prov_status id_st;
	prov_err id_err;
};

static void
print_text(const struct found *f, const char *note)
{
	char *safe = printable(f->path);
	const prov_identity *id = f->id;
	prov_stream_info s;

	printf("%s:", safe != NULL ? safe : "");
	if (f->digested) {
		printf(" ");
		print_hex(f->digest.sha256, 32);
		printf("  %llu bytes", (unsigned long long)f->digest.size);
	}
	printf("\n");
	free(safe);
	for (size_t i = 0; id != NULL && i < prov_identity_streams(id); i++) {
		if (prov_identity_stream(id, i, &s, NULL) != PROV_OK)
			continue;
		printf("  %-8s %-12s ", prov_kind_name(s.kind), s.canon);
		print_hex(s.root, 32);
		printf("  %llu segments, %.3f s%s%s\n",
		    (unsigned long long)s.segments, s.duration_s,
		    s.refused != NULL ? "  " : "",
		    s.refused != NULL ? s.refused : "");
	}
	if (note != NULL) {
		safe = printable(note);
		printf("  exact only: %s\n", safe != NULL ? safe : "");
		free(safe);
	}
}

static void *
digest(void *arg)
{
	struct found *f = arg;

	f->digest_st =
	    prov_digest_fd(&f->digest, f->fd, NULL, NULL, &f->digest_err);
	return (NULL);
}

/* The digest is made here while a process of its own reads the streams. */
static void
find(struct found *f, prov_media *media)
{
	pthread_t thread;
	bool apart =
	    f->digested && pthread_create(&thread, NULL, digest, f) == 0;

	f->id_st = prov_media_identify(media, f->fd, &f->id, &f->id_err);
	if (apart)
		(void)pthread_join(thread, NULL);
	else if (f->digested)
		(void)digest(f);
}

static int
print(const struct args *args, const struct found *f, const char *note)
{
	prov_err err = { 0 };
	char *line = NULL;

	if (!args_has(args, "json")) {
		print_text(f, note);
		return (EXIT_HOLDS);
	}
	if (prov_identity_json(&line, f->path, f->digested ? &f->digest : NULL,
		f->id, note, &err) != PROV_OK)
		return (trouble(args, f->path, &err));
	printf("%s\n", line);
	prov_free(line);
	return (EXIT_HOLDS);
}

/* 0 with an identity; 0 with a note where there is none to have. */
static int
identify(const struct args *args, prov_media *media, const char *path)
{
	struct found f = { .path = path,
		.digested = !args_has(args, "streams") };
	int status;

	if ((f.fd = input_open(args, path)) < 0)
		return (EXIT_TROUBLE);
	find(&f, media);
	if (f.id_st == PROV_OK || f.id_st == PROV_EUNSUPPORTED ||
	    f.id_st == PROV_ELIMIT)
		status = EXIT_HOLDS;
	else
		status = trouble(args, path, &f.id_err);
	if (status == EXIT_HOLDS && f.digest_st != PROV_OK)
		status = trouble(args, path, &f.digest_err);
	if (status == EXIT_HOLDS)
		status = print(args, &f,
		    f.id_st == PROV_OK ? prov_identity_refused(f.id)
				       : f.id_err.msg);
	prov_identity_free(f.id);
	(void)close(f.fd);
	return (status);
}

static int
run(const struct args *args)
{
	struct home h;
	struct files files = { 0 };
	prov_media *media = NULL;
	prov_err err = { 0 };
	int status = EXIT_HOLDS;

	if (args->n == 0 && !args_has(args, "recursive")) {
		complain(args, NULL, "nothing to identify; prov hash FILE ...");
		return (EXIT_TROUBLE);
	}
	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	if (!files_gather(&files, args))
		status = EXIT_TROUBLE;
	if (prov_media_new(&media, h.demux, &err) != PROV_OK)
		status = exit_worse(status, trouble(args, NULL, &err));
	for (size_t i = 0; media != NULL && i < files.n; i++)
		status = exit_worse(status, identify(args, media, files.at[i]));
	prov_media_free(media);
	files_free(&files);
	home_free(&h);
	return (status);
}

const struct cmd cmd_hash = {
	.name = "hash",
	.args = "media ...",
	.summary = "print stream identity alone; signs and checks nothing",
	.opts = opts,
	.n_max = -1,
	.run = run,
};
