/* Bump memory: many small pieces, freed together. One owner, one thread. */
#ifndef SLUICE_ARENA_H
#define SLUICE_ARENA_H
#include <stdbool.h>
#include <stddef.h>

typedef struct arena_chunk arena_chunk;
typedef struct arena {
    arena_chunk *first, *at; /* chunks are kept over a reset */
    size_t used;             /* bytes of `at` in use */
    size_t chunk;            /* least size of a new chunk */
    size_t held;             /* bytes of all chunks */
} arena;

/* chunk: least size of a new chunk, in bytes; 0: 64 KiB. Allocates nothing yet. */
void arena_init(arena *a, size_t chunk);
/* n bytes, uninitialised, at a multiple of align (a power of two, at most 64). NULL: out of memory. */
void *arena_alloc(arena *a, size_t n, size_t align);
void *arena_zalloc(arena *a, size_t n, size_t align);
/* A copy with a NUL behind it. NULL: out of memory. */
char *arena_strndup(arena *a, const char *p, size_t n);
char *arena_strdup(arena *a, const char *s);
char *arena_printf(arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for `n` bytes at the end of the arena, to be filled and then claimed in part by arena_commit; nothing may be
 * allocated between the two. NULL: out of memory. */
void *arena_reserve(arena *a, size_t n, size_t align);
void arena_commit(arena *a, const void *reserved, size_t n);
/* A list of n elements of `size` bytes in the arena, with room for one more behind them; NULL: out of memory. The list
 * it replaces stays as it is. Capacity is the next power of two, so n must only ever grow by one. */
void *arena_grow(arena *a, void *v, size_t n, size_t size);
/* Do the n bytes at p lie in a chunk of the arena? */
bool arena_holds(const arena *a, const void *p, size_t n);
/* Forget everything; keep at most `keep` bytes of chunks for reuse. */
void arena_reset(arena *a, size_t keep);
void arena_free(arena *a);
#endif
