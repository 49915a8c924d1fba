/* SPDX-License-Identifier: ISC */
/*
 * A SQLite that does not do what is asked of it is not used: that was compiled
 * otherwise than the one that there is, or has no memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "../unit/logged.h"
#include "../unit/refused.h"
#include "chore.h"
#include "ledger/store.h"
#include "ledger/vfs.h"

static struct logged ledger;
static const char *registered; /* its name */

static enum { TAKEN, LIMIT, OPTION, CONTROL, REGISTER } refuses;

int __real_sqlite3_limit(sqlite3 *db, int what, int value);
int __wrap_sqlite3_limit(sqlite3 *db, int what, int value);
int __real_sqlite3_db_config(sqlite3 *db, int option, ...);
int __wrap_sqlite3_db_config(sqlite3 *db, int option, ...);
int __real_sqlite3_file_control(sqlite3 *db, const char *name, int what,
    void *arg);
int __wrap_sqlite3_file_control(sqlite3 *db, const char *name, int what,
    void *arg);
int __real_sqlite3_vfs_register(sqlite3_vfs *vfs, int first);
int __wrap_sqlite3_vfs_register(sqlite3_vfs *vfs, int first);

int
__wrap_sqlite3_limit(sqlite3 *db, int what, int value)
{
	return (
	    refuses == LIMIT ? 1 << 30 : __real_sqlite3_limit(db, what, value));
}

/* The options that are asked for have a number and where it then is. */
int
__wrap_sqlite3_db_config(sqlite3 *db, int option, ...)
{
	va_list ap;
	int value, *is;

	va_start(ap, option);
	value = va_arg(ap, int);
	is = va_arg(ap, int *);
	va_end(ap);
	return (refuses == OPTION
		    ? SQLITE_ERROR
		    : __real_sqlite3_db_config(db, option, value, is));
}

int
__wrap_sqlite3_file_control(sqlite3 *db, const char *name, int what, void *arg)
{
	return (refuses == CONTROL
		    ? SQLITE_NOTFOUND
		    : __real_sqlite3_file_control(db, name, what, arg));
}

int
__wrap_sqlite3_vfs_register(sqlite3_vfs *vfs, int first)
{
	return (refuses == REGISTER ? SQLITE_ERROR
				    : __real_sqlite3_vfs_register(vfs, first));
}

/* What was registered before is taken away. */
static prov_status
do_register(prov_err *err)
{
	sqlite3_vfs *old =
	    registered != NULL ? sqlite3_vfs_find(registered) : NULL;

	if (old != NULL) {
		(void)sqlite3_vfs_unregister(old);
		free(old);
	}
	return (vfs_name(&registered, err));
}

static bool
is_registered(void)
{
	return (sqlite3_vfs_find(registered) != NULL);
}

static const struct chore chores[] = {
	{ "register", FAULTY_MEMORY, NULL, do_register, is_registered },
};

/* In a SQLite without any file system. */
static prov_status
register_alone(prov_err *err)
{
	sqlite3_vfs *all[16] = { NULL };
	const char *name = NULL;
	prov_status st;
	size_t n = 0;

	while (n < 16 && (all[n] = sqlite3_vfs_find(NULL)) != NULL)
		(void)sqlite3_vfs_unregister(all[n++]);
	st = vfs_name(&name, err);
	while (n-- > 0)
		(void)sqlite3_vfs_register(all[n], n == 0);
	return (st);
}

static prov_status
open_store(prov_err *err)
{
	const struct ledger_ops *ops = ledger_backends[0];
	struct store *s = NULL;
	prov_status st;

	st = ops->open(&s, ledger.path, false, err);
	if (st == PROV_OK)
		ops->close(s);
	return (st);
}

static void
another_sqlite(void **state)
{
	(void)state;
	refused(PROV_EUNSUPPORTED, "knows no file system", register_alone(err));
	ok(do_register(err));
	refuses = REGISTER;
	refused(PROV_ENOMEM, "takes no file system", do_register(err));
	refuses = LIMIT;
	refused(PROV_EUNSUPPORTED, "SQLite refused limit", open_store(err));
	refuses = OPTION;
	refused(PROV_EUNSUPPORTED, "SQLite refused option", open_store(err));
	refuses = CONTROL;
	refused(PROV_EUNSUPPORTED, "cannot keep its log", open_store(err));
	refuses = TAKEN;
	ok(open_store(err));
}

static int
begin(void **state)
{
	(void)state;
	logged_in_memory();
	return (logged_open(&ledger) && vfs_name(&registered, NULL) == PROV_OK
		    ? 0
		    : -1);
}

static int
end(void **state)
{
	(void)state;
	logged_close(&ledger);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chores_unit_test(chores),
		cmocka_unit_test(another_sqlite),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, begin, end));
}
