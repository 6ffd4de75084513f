/* Arenas: places, alignment, what a reset keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"

static void test_alloc(void **u)
{
    (void)u;
    arena a;
    arena_init(&a, 0);
    assert_int_equal(a.chunk, 64 << 10);
    assert_int_equal(a.held, 0);
    assert_null(a.first);
    char *p = arena_alloc(&a, 3, 1), *q = arena_alloc(&a, 5, 1), *r = arena_alloc(&a, 0, 1);
    assert_ptr_equal(q, p + 3);
    assert_ptr_equal(r, p + 8);
    assert_int_equal(a.used, 8);
    assert_int_equal(a.held, 64 << 10);
    char *big = arena_alloc(&a, 100 << 10, 1); /* a chunk of its own */
    assert_non_null(big);
    memset(big, 7, 100 << 10);
    assert_int_equal(a.held, (64 << 10) + (100 << 10));
    arena_free(&a);
    assert_int_equal(a.held, 0);
    assert_null(a.first);
    assert_non_null(arena_alloc(&a, 1, 1)); /* a freed arena may be used again */
    arena_free(&a);
}

static void test_alignment(void **u)
{
    (void)u;
    arena a;
    arena_init(&a, 256);
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 400; i++) {
            const size_t align = (size_t)1 << i % 7, n = i * 7 % 90;
            unsigned char *p = arena_alloc(&a, n, align);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % align, 0);
            memset(p, 0xAA, n); /* overlaps and overruns are for the sanitizer */
        }
        arena_reset(&a, round ? 0 : SIZE_MAX);
    }
    arena_free(&a);
}

static void test_zalloc(void **u)
{
    (void)u;
    arena a;
    static const char zero[512];
    arena_init(&a, 1024);
    memset(arena_alloc(&a, 1000, 1), 0xFF, 1000);
    arena_reset(&a, SIZE_MAX);
    char *p = arena_zalloc(&a, 512, 64); /* the same memory again */
    assert_memory_equal(p, zero, 512);
    assert_int_equal(a.held, 1024);
    arena_free(&a);
}

static void test_strings(void **u)
{
    (void)u;
    arena a;
    arena_init(&a, 16);
    assert_string_equal(arena_strdup(&a, "a text"), "a text");
    assert_string_equal(arena_strdup(&a, ""), "");
    assert_string_equal(arena_strndup(&a, "a text", 3), "a t");
    assert_string_equal(arena_strndup(&a, NULL, 0), "");
    assert_memory_equal(arena_strndup(&a, "a\0b", 3), "a\0b\0", 4);
    assert_string_equal(arena_printf(&a, "%s-%d", "x", 42), "x-42");
    assert_string_equal(arena_printf(&a, "%s", ""), "");
    char *wide = arena_printf(&a, "%500d", 7); /* larger than a chunk */
    assert_int_equal(strlen(wide), 500);
    assert_int_equal(wide[499], '7');
    arena_free(&a);
}

static void test_reserve(void **u)
{
    (void)u;
    arena a;
    arena_init(&a, 128);
    char *p = arena_reserve(&a, 100, 1);
    memset(p, 1, 100);
    assert_int_equal(a.used, 0); /* not claimed yet */
    assert_ptr_equal(arena_reserve(&a, 50, 1), p);
    arena_commit(&a, p, 10);
    assert_int_equal(a.used, 10);
    char *q = arena_reserve(&a, 100, 16);
    assert_ptr_equal(q, p + 16);
    arena_commit(&a, q, 100);
    assert_ptr_equal(arena_alloc(&a, 1, 1), p + 116);
    char *r = arena_reserve(&a, 64, 1); /* does not fit: the next chunk */
    memset(r, 2, 64);
    arena_commit(&a, r, 0);
    assert_ptr_equal(arena_alloc(&a, 1, 1), r);
    assert_int_equal(a.held, 256);
    arena_free(&a);
}

static void test_grow(void **u)
{
    (void)u;
    arena a;
    uint32_t *v = NULL, *two = NULL;
    arena_init(&a, 0);
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t *more = arena_grow(&a, v, i, sizeof *v);
        if (i & (i - 1))
            assert_ptr_equal(more, v); /* room was there */
        else
            assert_ptr_not_equal(more, v);
        if (i == 2)
            two = v;
        v = more;
        v[i] = i;
    }
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(v[i], i);
    assert_int_equal(two[0], 0); /* the list that was replaced stays as it is */
    assert_int_equal(two[1], 1);
    arena_free(&a);
}

static void test_reset(void **u)
{
    (void)u;
    arena a;
    arena_init(&a, 100);
    char *first = arena_alloc(&a, 100, 1);
    char *second = arena_alloc(&a, 100, 1);
    arena_alloc(&a, 1000, 1);
    char *fourth = arena_alloc(&a, 100, 1);
    assert_int_equal(a.held, 1300);
    arena_reset(&a, 300); /* the giant goes, what is small stays */
    assert_int_equal(a.held, 300);
    assert_ptr_equal(arena_alloc(&a, 100, 1), first);
    assert_ptr_equal(arena_alloc(&a, 100, 1), second);
    assert_ptr_equal(arena_alloc(&a, 100, 1), fourth);
    assert_int_equal(a.held, 300);
    arena_reset(&a, 250);
    assert_int_equal(a.held, 200);
    assert_ptr_equal(arena_alloc(&a, 10, 1), first);
    arena_alloc(&a, 150, 1); /* the kept chunk is too small: a new one goes in before it */
    assert_int_equal(a.held, 350);
    assert_ptr_equal(arena_alloc(&a, 100, 1), second);
    arena_reset(&a, 0);
    assert_int_equal(a.held, 0);
    assert_null(a.first);
    arena_free(&a);
}

/* The sanitizers would end the program instead of answering NULL. */
#define VISIBLE __attribute__((visibility("default")))
VISIBLE const char *__asan_default_options(void);
VISIBLE const char *__tsan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1"; }
const char *__tsan_default_options(void) { return "allocator_may_return_null=1"; }

static void test_too_much(void **u)
{
    (void)u;
    arena a;
    arena_init(&a, 64);
    assert_null(arena_alloc(&a, SIZE_MAX, 1));
    assert_null(arena_zalloc(&a, SIZE_MAX - 64, 64));
    assert_null(arena_reserve(&a, SIZE_MAX - 128, 1));
    char *p = arena_alloc(&a, 10, 1);
    assert_null(arena_alloc(&a, SIZE_MAX, 1));
    assert_ptr_equal(arena_alloc(&a, 1, 1), p + 10); /* a failure changes nothing */
    assert_int_equal(a.held, 64);
    arena_free(&a);
}

static void test_holds(void **u)
{
    arena a;
    (void)u;
    arena_init(&a, 128);
    assert_false(arena_holds(&a, "", 0));
    const char *p = arena_alloc(&a, 128, 64), *q = arena_alloc(&a, 1000, 64);
    assert_true(arena_holds(&a, p, 128) && arena_holds(&a, p + 127, 1) && arena_holds(&a, p + 128, 0));
    assert_true(arena_holds(&a, q, 1000) && arena_holds(&a, q + 500, 500));
    assert_false(arena_holds(&a, p, 129));
    assert_false(arena_holds(&a, p - 1, 2));
    assert_false(arena_holds(&a, q + 500, 501));
    assert_false(arena_holds(&a, q, SIZE_MAX));
    assert_false(arena_holds(&a, NULL, 1));
    assert_false(arena_holds(&a, "text", 4));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc),   cmocka_unit_test(test_alignment), cmocka_unit_test(test_zalloc),
        cmocka_unit_test(test_strings), cmocka_unit_test(test_reserve),   cmocka_unit_test(test_grow),
        cmocka_unit_test(test_reset),   cmocka_unit_test(test_too_much),  cmocka_unit_test(test_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
