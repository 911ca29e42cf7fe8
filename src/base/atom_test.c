/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/atom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/ptrs.h"

static void equal_texts_are_one_atom(void **state)
{
	struct atoms t = { 0 };
	char copy[] = "role";
	struct atom *a = atom_get(&t, "role"), *b = atom_get(&t, copy);

	assert_ptr_equal(a, b);
	assert_ptr_equal(atom_find(&t, "role"), a);
	assert_null(atom_find(&t, "other"));
	assert_int_equal(atoms_count(&t), 1);
	atom_put(&t, a);
	assert_int_equal(atoms_count(&t), 1);
	atom_put(&t, b);
	assert_int_equal(atoms_count(&t), 0);
	atom_put(&t, NULL);
	atoms_done(&t);
}

static void what_is_left_is_freed_with_the_table(void **state)
{
	struct atoms t = { 0 };

	atom_ref(atom_get(&t, ""));
	atom_get(&t, "x");
	atoms_done(&t);
}

static void pointers_are_inserted_taken_and_removed(void **state)
{
	struct ptrs p = { 0 };
	int x[4];

	assert_int_equal(ptrs_add(&p, &x[0]), 0);
	assert_int_equal(ptrs_add(&p, &x[2]), 1);
	ptrs_insert(&p, 1, &x[1]);
	ptrs_insert(&p, 3, &x[3]);
	for (int i = 0; i < 4; i++)
		assert_ptr_equal(p.v[i], &x[i]);
	ptrs_remove(&p, &x[1]);
	assert_int_equal(p.n, 3);
	assert_ptr_equal(ptrs_take(&p, 0), &x[3]);
	assert_null(ptrs_take(&p, 1));
	assert_int_equal(p.n, 1);
	ptrs_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_are_one_atom),
		cmocka_unit_test(what_is_left_is_freed_with_the_table),
		cmocka_unit_test(pointers_are_inserted_taken_and_removed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
