/* The buffer of a thread: documents in chunks, and an index of them. Chunks come from the system and go back to it at
 * once, not through an allocator that keeps them: what the budget gets back, others may have. */
#include "io/sorter_internal.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "sluice/plugin.h"

enum { CHUNK_LEAST = 64 << 10, CHUNK_LEAST_TIGHT = 16 << 10, CHUNK_MOST = 8 << 20, PAGE = 4096, HUGE_PAGE = 2 << 20 };

struct sort_chunk {
    sort_chunk *next;
    size_t size; /* with this head */
};

size_t lane_chunk_least(const budget *b) { return b->tight ? CHUNK_LEAST_TIGHT : CHUNK_LEAST; }

static uint64_t held(const lane *l) { return atomic_load_explicit(&l->held, memory_order_relaxed); }
static void set_held(lane *l, uint64_t n) { atomic_store_explicit(&l->held, n, memory_order_relaxed); }

static bool want(sorter *s, lane *l, uint64_t more)
{
    const uint64_t now = held(l);
    if (!budget_change(s->budget, now, now + more, s->least))
        return false;
    set_held(l, now + more);
    return true;
}

static void give(sorter *s, lane *l, uint64_t less)
{
    budget_give(s->budget, less);
    set_held(l, held(l) - less);
}

/* 1, 0 (refused) or < 0, as below. */
static int index_room(sorter *s, lane *l, sbuf *err)
{
    if (l->n_doc < l->cap_doc)
        return 1;
    const size_t more = l->cap_doc / 4 + 64;
    if (!want(s, l, more * sizeof *l->doc))
        return 0;
    sorter_doc *v = realloc(l->doc, (l->cap_doc + more) * sizeof *v);
    if (!v) {
        give(s, l, more * sizeof *v);
        return sort_nomem(err);
    }
    l->doc = v;
    l->cap_doc += more;
    return 1;
}

static int chunk_new(sorter *s, lane *l, size_t size, char **p, sbuf *err)
{
    size = (size + PAGE - 1) / PAGE * PAGE;
    if (!want(s, l, size))
        return 0;
    sort_chunk *c = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (c == MAP_FAILED) {
        give(s, l, size);
        return sort_nomem(err);
    }
    if (size % HUGE_PAGE == 0)
        (void)madvise(c, size, MADV_HUGEPAGE); /* a fault a page costs more than copying what comes there */
    *c = (sort_chunk){ l->chunks, size };
    l->chunks = c;
    *p = (char *)(c + 1);
    return 1;
}

/* n bytes that stay where they are. What is large has a chunk of its own, so that little is left over in others. */
static int chunk_room(sorter *s, lane *l, size_t n, char **p, sbuf *err)
{
    if (n <= (size_t)(l->end - l->at)) {
        *p = l->at;
        l->at += n;
        return 1;
    }
    const size_t least = lane_chunk_least(s->budget);
    size_t size = held(l) / 8;
    size = size < least ? least : size > CHUNK_MOST ? CHUNK_MOST : size / least * least;
    if (size > HUGE_PAGE)
        size -= size % HUGE_PAGE;
    if (n > size / 8)
        return chunk_new(s, l, n + sizeof(sort_chunk), p, err);
    const int r = chunk_new(s, l, size, p, err);
    if (r == 1) {
        l->at = *p + n;
        l->end = (char *)l->chunks + l->chunks->size;
    }
    return r;
}

int lane_keep(sorter *s, lane *l, const sorter_doc *d, sbuf *err)
{
    char *p = NULL;
    int r = index_room(s, l, err);
    if (r == 1 && d->n)
        r = chunk_room(s, l, d->n, &p, err);
    if (r != 1)
        return r;
    if (d->n)
        memcpy(p, d->p, d->n);
    l->doc[l->n_doc++] = (sorter_doc){ d->order, d->pos, p, d->n };
    return 1;
}

void lane_empty(sorter *s, lane *l)
{
    for (sort_chunk *c = l->chunks, *next; c; c = next) {
        next = c->next;
        munmap(c, c->size);
    }
    free(l->doc);
    give(s, l, held(l));
    l->chunks = NULL;
    l->at = l->end = NULL;
    l->doc = NULL;
    l->n_doc = l->cap_doc = 0;
}
