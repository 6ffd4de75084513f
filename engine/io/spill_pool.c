/* Where chunks come from and go to. They are all of one size, and one thread frees what another took: with malloc,
 * whose arenas belong to threads, the process grew to twice the memory in use. Here all threads share what is idle. A
 * little of it is kept as it is; the pages of the rest go back to the system. */
#include "io/spill_internal.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SLAB = 1 << 20 };

void pool_init(pool *p, size_t slot, size_t warm)
{
    *p = (pool){ .slot = slot, .most_warm = warm, .page = (size_t)sysconf(_SC_PAGESIZE) };
    pthread_mutex_init(&p->mutex, NULL);
}

void pool_free(pool *p)
{
    for (size_t i = 0; i < p->n_slabs; i++)
        free(p->slabs[i]);
    free(p->slabs);
    free(p->idle);
    pthread_mutex_destroy(&p->mutex);
}

/* [mutex held] With it comes room in `idle` for all of its chunks, so that giving one back cannot fail. */
static bool add_slab(pool *p)
{
    const size_t many = p->slot < SLAB ? SLAB / p->slot : 1, all = (p->n_slabs + 1) * many;
    uint8_t **slabs = realloc(p->slabs, (p->n_slabs + 1) * sizeof *slabs);
    if (!slabs)
        return false;
    p->slabs = slabs;
    uint8_t **idle = realloc(p->idle, all * sizeof *idle);
    if (!idle)
        return false;
    p->idle = idle;
    uint8_t *slab = aligned_alloc(p->page, (many * p->slot + p->page - 1) / p->page * p->page);
    if (!slab)
        return false;
    p->slabs[p->n_slabs++] = slab;
    p->fresh = slab;
    p->n_fresh = many;
    return true;
}

uint8_t *pool_take(pool *p)
{
    uint8_t *c = NULL;
    pthread_mutex_lock(&p->mutex);
    if (p->n_idle) {
        c = p->idle[--p->n_idle];
        if (p->n_cold > p->n_idle)
            p->n_cold = p->n_idle;
    } else if (p->n_fresh || add_slab(p)) {
        c = p->fresh;
        p->fresh += p->slot;
        p->n_fresh--;
    }
    pthread_mutex_unlock(&p->mutex);
    return c;
}

/* The whole pages of a chunk go back to the system; they are zeros when they are used again. */
static void cool(const pool *p, uint8_t *c)
{
    const uintptr_t from = ((uintptr_t)c + p->page - 1) / p->page * p->page,
                    to = ((uintptr_t)c + p->slot) / p->page * p->page;
    if (from < to)
        (void)madvise((void *)from, to - from, MADV_DONTNEED); /* where it cannot, memory is merely not given back */
}

void pool_give(pool *p, uint8_t *c)
{
    pthread_mutex_lock(&p->mutex);
    p->idle[p->n_idle++] = c;
    if (p->n_idle - p->n_cold > p->most_warm)
        cool(p, p->idle[p->n_cold++]);
    pthread_mutex_unlock(&p->mutex);
}
