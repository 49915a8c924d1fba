/* SPDX-License-Identifier: ISC */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate_feed.h"
#include "gate_route.h"
#include "gate_tar.h"

/* Where one shard's samples go; all owned. */
struct outputs {
	char *accepted, *rejected;
	struct routes routes;
};

static void
outputs_free(struct outputs *o)
{
	free(o->accepted);
	free(o->rejected);
	routes_free(&o->routes);
}

static bool
is_dir(const char *path)
{
	struct stat sb;
	size_t len = strlen(path);

	return ((len > 0 && path[len - 1] == '/') ||
		(stat(path, &sb) == 0 && S_ISDIR(sb.st_mode)));
}

static const char *
last_part(const char *name)
{
	const char *slash = strrchr(name, '/');

	return (slash != NULL ? slash + 1 : name);
}

/* to, or what has the shard's own name in it where it is a directory. */
static char *
output_path(const char *to, const char *shard)
{
	const char *name = last_part(shard);
	size_t len = strlen(to) + strlen(name) + 2;
	char *path;

	if (!is_dir(to))
		return (strdup(to));
	if ((path = malloc(len)) != NULL)
		(void)snprintf(path, len, "%s%s%s", to,
		    to[strlen(to) - 1] == '/' ? "" : "/", name);
	return (path);
}

static bool
outputs_make(struct outputs *o, const struct args *args, const char *shard)
{
	const char *accepted = args_value(args, "accepted");
	const char *rejected = args_value(args, "rejected");
	bool fine = true;

	if (accepted != NULL)
		fine = (o->accepted = output_path(accepted, shard)) != NULL;
	if (rejected != NULL)
		fine = (o->rejected = output_path(rejected, shard)) != NULL &&
		       fine;
	if (!fine)
		complain(args, NULL, "out of memory");
	return (fine && routes_make(&o->routes, args, output_path, shard));
}

static bool
is_signalled(struct gate_run *r)
{
	struct pollfd p = { .fd = gate_run_signal(r), .events = POLLIN };

	if (poll(&p, 1, 0) <= 0)
		return (false);
	gate_run_stop(r);
	return (true);
}

/* Feeds all samples; PROV_OK only where the shard was read to its end. */
static prov_status
feed_samples(struct gate_run *r, prov_shard *shard, bool *going, prov_err *err)
{
	prov_sample *sample = NULL;
	prov_status st;

	do {
		st = prov_shard_next(shard, &sample, err);
		if (sample != NULL)
			*going = gate_run_add_sample(r, shard, sample);
		if (*going && is_signalled(r))
			*going = false;
	} while (st == PROV_OK && sample != NULL && *going);
	return (st);
}

/* What cannot be read, or not to its end, may be whole another time. */
static int
shard_trouble(const struct args *args, const char *name, prov_status st,
    const prov_err *err)
{
	int status = failure(args, name, err);

	return (st == PROV_EFORMAT || st == PROV_EIO || st == PROV_ELIMIT
		    ? EXIT_RETRY
		    : status);
}

/* One shard, whole; false when the run is to end. */
static bool
feed_shard(struct gate_run *r, const struct args *args, prov_gate *gate,
    const char *name)
{
	bool piped = strcmp(name, "-") == 0, going = true;
	struct outputs out = { 0 };
	prov_shard_options o = { .fd = piped ? STDIN_FILENO : -1,
		.name = piped ? NULL : name,
		.spool_dir = getenv("TMPDIR") };
	prov_shard *shard = NULL;
	prov_err err = { 0 };
	prov_status st = PROV_ENOMEM;

	if (outputs_make(&out, args, piped ? "stdin.tar" : name)) {
		o.accepted = out.accepted;
		o.rejected = out.rejected;
		o.routes = out.routes.at;
		o.n_routes = out.routes.n;
		st = prov_shard_open(&shard, gate, &o, &err);
	}
	if (st == PROV_OK) {
		st = feed_samples(r, shard, &going, &err);
		going = gate_run_drain(r) && going;
	}
	if (st == PROV_OK && going)
		st = prov_shard_finish(shard, &err);
	if (st != PROV_OK)
		gate_run_worse(r,
		    shard_trouble(args, piped ? "standard input" : name, st,
			&err));
	prov_shard_free(shard);
	outputs_free(&out);
	return (going);
}

void
feed_shards(struct gate_run *r, const struct args *args, prov_gate *gate)
{
	bool going = true;

	for (int i = 0; i < args->n && going; i++) {
		char *name = plain_name(args->at[i]);

		if (name == NULL) {
			complain(args, NULL, "out of memory");
			gate_run_worse(r, EXIT_TROUBLE);
			return;
		}
		going = feed_shard(r, args, gate, name);
		free(name);
	}
}

static bool
check_output(const struct args *args, const char *to)
{
	if (to == NULL || args->n < 2 || is_dir(to))
		return (true);
	if (strcmp(to, "-") == 0)
		complain(args, NULL, "one shard at a time to standard output");
	else
		complain(args, to, "several shards want a directory");
	return (false);
}

/* Outputs of two shards must not have one name. */
static bool
check_names(const struct args *args)
{
	for (int i = 0; i < args->n; i++)
		for (int k = 0; k < i; k++)
			if (strcmp(last_part(args->at[i]),
				last_part(args->at[k])) == 0) {
				complain(args, args->at[i],
				    "two shards of that name");
				return (false);
			}
	return (true);
}

static bool
check_routes(const struct args *args)
{
	const char *route;

	for (size_t i = 0; (route = args_nth(args, "route", i)) != NULL; i++)
		if (!check_output(args, strchr(route, '=') + 1))
			return (false);
	return (true);
}

bool
tar_check(const struct args *args)
{
	static const char *const only[] = { "accepted", "rejected" };

	if (!routes_check(args))
		return (false);
	if (!args_has(args, "tar")) {
		for (size_t i = 0; i < sizeof(only) / sizeof(only[0]); i++)
			if (args_has(args, only[i])) {
				complain(args, NULL, "--%s goes with --tar",
				    only[i]);
				return (false);
			}
		return (true);
	}
	if (args->n == 0 || args_has(args, "recursive") ||
	    args_has(args, "ndjson")) {
		complain(args, NULL,
		    "no shard; prov gate --policy FILE --tar SHARD ...");
		return (false);
	}
	return (check_output(args, args_value(args, "accepted")) &&
		check_output(args, args_value(args, "rejected")) &&
		check_routes(args) && check_names(args));
}
