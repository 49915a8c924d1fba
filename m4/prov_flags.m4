# SPDX-License-Identifier: ISC

# PROV_COMPILE_FLAGS(VARIABLE, FLAGS)
# Appends each of FLAGS that the compiler takes without a word to VARIABLE.
AC_DEFUN([PROV_COMPILE_FLAGS], [
for prov_flag in m4_normalize([$2]); do
  AC_MSG_CHECKING([whether $CC accepts $prov_flag])
  prov_save_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS $prov_flag -Werror"
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]], [])],
    [AC_MSG_RESULT([yes])
     AS_VAR_APPEND([$1], [" $prov_flag"])],
    [AC_MSG_RESULT([no])])
  CFLAGS=$prov_save_CFLAGS
done
AC_SUBST([$1])
])

# PROV_LINK_FLAGS(VARIABLE, FLAGS)
# The same for the linker.
AC_DEFUN([PROV_LINK_FLAGS], [
for prov_flag in m4_normalize([$2]); do
  AC_MSG_CHECKING([whether the linker accepts $prov_flag])
  prov_save_LDFLAGS=$LDFLAGS
  LDFLAGS="$LDFLAGS $prov_flag -Werror"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
    [AC_MSG_RESULT([yes])
     AS_VAR_APPEND([$1], [" $prov_flag"])],
    [AC_MSG_RESULT([no])])
  LDFLAGS=$prov_save_LDFLAGS
done
AC_SUBST([$1])
])
