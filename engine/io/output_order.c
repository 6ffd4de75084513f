/* The sequencer: chunks come in any order and leave in the order of (split, chunk). One serves all outputs, for a chunk
 * is ended for all of them at once. It is a heap of the chunks that are early, with the end of a split as an entry of
 * its own: the end of a split of n chunks has the place of the chunk n, which does not exist. */
#include "io/output_internal.h"
#include <stdlib.h>
#include "sluice/plugin.h"

static bool before(const entry *a, const entry *b)
{
    return a->split != b->split ? a->split < b->split : a->chunk < b->chunk;
}

static bool heap_push(outputs *o, entry e)
{
    if (o->heap_n == o->heap_cap) {
        const size_t cap = o->heap_cap ? o->heap_cap * 2 : 64;
        entry *v = realloc(o->heap, cap * sizeof *v);
        if (!v)
            return false;
        o->heap = v;
        o->heap_cap = cap;
    }
    size_t i = o->heap_n++;
    for (; i && before(&e, &o->heap[(i - 1) / 2]); i = (i - 1) / 2)
        o->heap[i] = o->heap[(i - 1) / 2];
    o->heap[i] = e;
    return true;
}

static entry heap_pop(outputs *o)
{
    const entry top = o->heap[0], e = o->heap[--o->heap_n];
    size_t i = 0;
    for (size_t c; (c = 2 * i + 1) < o->heap_n; i = c) {
        if (c + 1 < o->heap_n && before(&o->heap[c + 1], &o->heap[c]))
            c++;
        if (!before(&o->heap[c], &e))
            break;
        o->heap[i] = o->heap[c];
    }
    o->heap[i] = e;
    return top;
}

static void drop(gather *list)
{
    while (list) {
        gather *next = list->next;
        gather_unref(list);
        list = next;
    }
}

void order_queue(outputs *o, frame_list cut)
{
    for (frame *f = cut.first, *next; f; f = next) {
        next = f->next;
        f->next = NULL;
        frame_append(&f->out->frames, f);
        o->opened -= f->bytes;
        o->waiting += f->bytes;
        if (f->done)
            continue;
        if (o->last_job)
            o->last_job->next_job = f;
        else
            o->first_job = f;
        o->last_job = f;
    }
}

/* [mutex held] The entry that is next in order, if it is there. */
static bool next_entry(outputs *o, entry *e)
{
    const entry at = { .split = o->split, .chunk = o->chunk };
    if (o->failed || !o->heap_n || before(&at, &o->heap[0]))
        return false;
    if (before(&o->heap[0], &at)) {
        outputs_fail(o, SL_E_INTERNAL,
                     "internal error: chunk %llu of split %llu came twice or after the end of its split",
                     (unsigned long long)o->heap[0].chunk, (unsigned long long)o->heap[0].split);
        return false;
    }
    *e = heap_pop(o);
    o->split += e->end;
    o->chunk = e->end ? 0 : o->chunk + 1;
    return true;
}

/* [the cutter] */
static int cut_entry(const outputs *o, const entry *e, uint64_t *bytes, uint64_t *skipped, frame_list *cut)
{
    int r = 0;
    for (gather *g = e->gathers; g && r == 0; g = g->next) {
        stream_at at = { .split = e->split, .chunk = e->chunk };
        size_t from = 0;
        *bytes += g->n;
        r = skip_committed(g, &at, &from);
        *skipped += from;
        if (r == 0)
            r = cut_records(g, at, from, cut);
    }
    return r ? r : skip_check(o, e);
}

/* [mutex held] Records of the entry are lost, and the sequencer is past it. */
static void cut_failed(outputs *o, int r, const entry *e)
{
    o->torn = true;
    if (r == SL_E_STATE)
        outputs_fail(o, r,
                     "chunk %llu of split %llu gave fewer records than before the run was interrupted; "
                     "the input changed, or a stage does not do the same thing twice",
                     (unsigned long long)e->chunk, (unsigned long long)e->split);
    else
        outputs_nomem(o);
}

/* [mutex held, given up meanwhile] Cuts what is next, as long as it is there. One thread at a time does this; what
 * others bring meanwhile it takes along. */
static void advance(outputs *o)
{
    entry e;
    if (o->cutting)
        return;
    o->cutting = true;
    while (!o->pausing && next_entry(o, &e)) {
        frame_list cut = { 0 };
        uint64_t bytes = 0, skipped = 0;
        pthread_mutex_unlock(&o->mutex);
        const int r = cut_entry(o, &e, &bytes, &skipped, &cut);
        drop(e.gathers);
        pthread_mutex_lock(&o->mutex);
        o->waiting -= bytes;
        o->opened += bytes - skipped;
        order_queue(o, cut);
        if (r < 0)
            cut_failed(o, r, &e);
        outputs_changed(o);
    }
    o->cutting = false;
}

void order_pause(outputs *o)
{
    o->pausing++;
    while (o->cutting)
        pthread_cond_wait(&o->changed, &o->mutex);
    o->cutting = true;
}

void order_settle(outputs *o)
{
    while (o->cutting || o->pausing)
        pthread_cond_wait(&o->changed, &o->mutex);
}

void order_go_on(outputs *o)
{
    o->cutting = false;
    o->pausing--;
    outputs_changed(o);
    advance(o);
}

/* [mutex held, given up meanwhile] Takes the gathers over, also on failure. */
static int enter(outputs *o, entry e, sbuf *err)
{
    uint64_t bytes = 0;
    for (const gather *g = e.gathers; g; g = g->next)
        bytes += g->n;
    if (!o->failed && o->finished)
        outputs_fail(o, SL_E_INTERNAL, "internal error: split %llu ends after the outputs were finished",
                     (unsigned long long)e.split);
    if (!o->failed && !heap_push(o, e))
        outputs_nomem(o);
    if (o->failed) {
        drop(e.gathers);
    } else {
        o->waiting += bytes;
        advance(o);
        outputs_changed(o);
    }
    return outputs_failure(o, err);
}

int outputs_end_chunk(outputs *o, unsigned thread, uint64_t split, uint64_t chunk, sbuf *err)
{
    entry e = { .split = split, .chunk = chunk };
    int r = 0;
    if (!o->n)
        return 0;
    for (size_t i = o->n; r == 0 && i-- > 0;) {
        gather *g;
        r = gather_take(o->v[i], thread, &g);
        if (g) {
            g->next = e.gathers;
            e.gathers = g;
        }
    }
    pthread_mutex_lock(&o->mutex);
    if (r < 0)
        outputs_nomem(o);
    r = enter(o, e, err);
    pthread_mutex_unlock(&o->mutex);
    return r;
}

int outputs_end_split(outputs *o, uint64_t split, uint64_t chunks, sbuf *err)
{
    if (!o->n)
        return 0;
    pthread_mutex_lock(&o->mutex);
    const int r = enter(o, (entry){ .split = split, .chunk = chunks, .end = true }, err);
    pthread_mutex_unlock(&o->mutex);
    return r;
}

void outputs_next(outputs *o, uint64_t *split, uint64_t *chunk)
{
    pthread_mutex_lock(&o->mutex);
    *split = o->split;
    *chunk = o->chunk;
    pthread_mutex_unlock(&o->mutex);
}
