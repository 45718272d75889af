# SPDX-License-Identifier: LGPL-2.1-or-later
# kmem.m4 - asking the compiler and the linker what they understand

# KMEM_CHECK_CFLAGS(VARIABLE, FLAGS)
# ----------------------------------
# Set and substitute VARIABLE: those of FLAGS that the compiler takes silently.
AC_DEFUN([KMEM_CHECK_CFLAGS], [
	$1=
	kmem_saved_cflags=$CFLAGS
	for kmem_flag in m4_normalize([$2]); do
		AC_MSG_CHECKING([whether $CC accepts $kmem_flag])
		CFLAGS="$kmem_saved_cflags -Werror $kmem_flag"
		AC_COMPILE_IFELSE([AC_LANG_SOURCE([int kmem_probe;])],
			[AC_MSG_RESULT([yes])
			AS_VAR_APPEND([$1], [" $kmem_flag"])],
			[AC_MSG_RESULT([no])])
	done
	CFLAGS=$kmem_saved_cflags
	AC_SUBST([$1])
])

# KMEM_CHECK_LINK(FLAGS, IF-WORKS, IF-NOT)
# ----------------------------------------
AC_DEFUN([KMEM_CHECK_LINK], [
	AC_MSG_CHECKING([whether programs link with $1])
	kmem_saved_ldflags=$LDFLAGS
	LDFLAGS="$LDFLAGS $1"
	AC_LINK_IFELSE([AC_LANG_PROGRAM],
		[kmem_links=yes], [kmem_links=no])
	LDFLAGS=$kmem_saved_ldflags
	AC_MSG_RESULT([$kmem_links])
	AS_IF([test $kmem_links = yes], [:
		$2], [:
		$3])
])
