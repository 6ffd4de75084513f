/* Makes one allocation fail. Included by one test program; the linker brings the calls of the library here (sl_unit).
 */
#ifndef ALLOC_FAILS_H
#define ALLOC_FAILS_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Allocations until the one that fails; < 0: none does. */
static atomic_long alloc_left = -1;

static inline bool alloc_fails(void) { return atomic_load(&alloc_left) >= 0 && atomic_fetch_sub(&alloc_left, 1) == 0; }

/* for (long i = 0, more = 1; more; i++) { alloc_fail_at(i); …; more = alloc_failed(); } meets every allocation once. */
static inline void alloc_fail_at(long nth) { atomic_store(&alloc_left, nth); }
static inline bool alloc_failed(void) { return atomic_exchange(&alloc_left, -1) < 0; }

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_aligned_alloc(size_t align, size_t n);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_aligned_alloc(size_t align, size_t n);
char *__wrap_strdup(const char *s);

void *__wrap_malloc(size_t n) { return alloc_fails() ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t size) { return alloc_fails() ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *p, size_t n) { return alloc_fails() ? NULL : __real_realloc(p, n); }
void *__wrap_aligned_alloc(size_t align, size_t n) { return alloc_fails() ? NULL : __real_aligned_alloc(align, n); }
char *__wrap_strdup(const char *s) { return alloc_fails() ? NULL : __real_strdup(s); }
#endif
