#include "base/arena.h"
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_chunk {
    arena_chunk *next;
    size_t size; /* bytes of data */
    _Alignas(64) char data[];
};

void arena_init(arena *a, size_t chunk)
{
    memset(a, 0, sizeof *a);
    a->chunk = chunk ? chunk : 64 << 10;
}

static arena_chunk *chunk_new(arena *a, size_t least)
{
    const size_t size = least > a->chunk ? least : a->chunk;
    if (size > SIZE_MAX - sizeof(arena_chunk) - 64)
        return NULL;
    arena_chunk *k = aligned_alloc(64, (sizeof *k + size + 63) & ~(size_t)63);
    if (!k)
        return NULL;
    k->next = NULL;
    k->size = size;
    a->held += size;
    return k;
}

void *arena_reserve(arena *a, size_t n, size_t align)
{
    if (a->at) {
        const size_t at = (a->used + align - 1) & ~(align - 1);
        if (at <= a->at->size && n <= a->at->size - at) {
            a->used = at;
            return a->at->data + at;
        }
    }
    /* A chunk that a reset kept and that is large enough, else a new one behind the current. */
    arena_chunk *next = a->at ? a->at->next : a->first;
    if (!next || next->size < n) {
        arena_chunk *k = chunk_new(a, n);
        if (!k)
            return NULL;
        k->next = next;
        if (a->at)
            a->at->next = k;
        else
            a->first = k;
        next = k;
    }
    a->at = next;
    a->used = 0;
    return next->data;
}

void arena_commit(arena *a, const void *reserved, size_t n)
{
    a->used = (size_t)((const char *)reserved - a->at->data) + n;
}

void *arena_alloc(arena *a, size_t n, size_t align)
{
    void *p = arena_reserve(a, n, align);
    if (p)
        arena_commit(a, p, n);
    return p;
}

void *arena_zalloc(arena *a, size_t n, size_t align)
{
    void *p = arena_alloc(a, n, align);
    return p ? memset(p, 0, n) : NULL;
}

char *arena_strndup(arena *a, const char *p, size_t n)
{
    char *s = arena_alloc(a, n + 1, 1);
    if (s) {
        if (n)
            memcpy(s, p, n);
        s[n] = 0;
    }
    return s;
}

char *arena_strdup(arena *a, const char *s) { return arena_strndup(a, s, strlen(s)); }

char *arena_printf(arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    const int n = vsnprintf(NULL, 0, fmt, ap);
    char *s = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1, 1);
    if (s)
        vsnprintf(s, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(ap);
    return s;
}

void *arena_grow(arena *a, void *v, size_t n, size_t size)
{
    if (n & (n - 1))
        return v;
    void *more = arena_alloc(a, (n ? n * 2 : 1) * size, 16);
    if (more && n)
        memcpy(more, v, n * size);
    return more;
}

bool arena_holds(const arena *a, const void *p, size_t n)
{
    for (const arena_chunk *k = a->first; k; k = k->next) {
        const uintptr_t at = (uintptr_t)p - (uintptr_t)k->data;
        if (at <= k->size && n <= k->size - at)
            return true;
    }
    return false;
}

void arena_reset(arena *a, size_t keep)
{
    size_t kept = 0;
    for (arena_chunk **link = &a->first, *k; (k = *link);) {
        if (kept + k->size > keep) {
            *link = k->next;
            a->held -= k->size;
            free(k);
        } else {
            kept += k->size;
            link = &k->next;
        }
    }
    a->at = NULL;
    a->used = 0;
}

void arena_free(arena *a) { arena_reset(a, 0); }
