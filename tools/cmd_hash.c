/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <unistd.h>

#include "home.h"
#include "input.h"
#include "walk.h"

static const struct opt opts[] = {
	{ "recursive", 'r', "DIR", "identify every file below DIR" },
	{ "json", 0, NULL, "print one JSON object a line" },
	{ 0 },
};

static void
print_hex(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf("%02x", p[i]);
}

static void
print_text(const char *path, const prov_digest *digest, const prov_identity *id,
    const char *note)
{
	char *safe = printable(path);
	prov_stream_info s;

	printf("%s: ", safe != NULL ? safe : "");
	print_hex(digest->sha256, 32);
	printf("  %llu bytes\n", (unsigned long long)digest->size);
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

/* 0 with an identity; 0 with a note where there is none to have. */
static int
identify(const struct args *args, prov_media *media, const char *path)
{
	prov_digest digest;
	prov_identity *id = NULL;
	prov_err err = { 0 }, why = { 0 };
	const char *note = NULL;
	char *line = NULL;
	prov_status st;
	int fd, status = EXIT_HOLDS;

	if ((fd = input_open(args, path)) < 0)
		return (EXIT_TROUBLE);
	st = prov_media_identify(media, fd, &id, &why);
	if (st == PROV_OK) {
		note = prov_identity_refused(id);
	} else if (st == PROV_EUNSUPPORTED || st == PROV_ELIMIT) {
		note = why.msg;
	} else {
		(void)close(fd);
		return (trouble(args, path, &why));
	}
	if (prov_digest_fd(&digest, fd, NULL, NULL, &err) != PROV_OK)
		status = trouble(args, path, &err);
	else if (!args_has(args, "json"))
		print_text(path, &digest, id, note);
	else if (prov_identity_json(&line, path, &digest, id, note, &err) !=
		 PROV_OK)
		status = trouble(args, path, &err);
	else
		printf("%s\n", line);
	prov_free(line);
	prov_identity_free(id);
	(void)close(fd);
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
