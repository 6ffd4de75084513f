/* Giving records back: from the chunks of a partition as they are, or merged from its runs and its chunks. */
#include "io/spill_internal.h"
#include <stdlib.h>
#include "sluice/plugin.h"

typedef struct source {      /* sorted records, of a run or of the chunks */
    const uint8_t *at, *end; /* at: the next one; NULL: there are no more */
    uint64_t head;           /* its first bytes, as a number that compares as they do */
    const run *run;          /* NULL: the chunks */
    uint8_t *buf;            /* a block of the run */
    uint64_t next;           /* block of the run, record of the chunks */
} source;

typedef struct merge {
    spill *s;
    unsigned thread, n, leaves; /* sources; and n rounded up to a power of two */
    const chunks *mem;
    uint8_t *buf, *out; /* out: a block of what is to be handed on */
    size_t bytes, used; /* of buf, of out */
    int (*fn)(void *u, const void *records, size_t n);
    void *u;
    uint8_t loser[SPILL_FAN_IN]; /* a tree: [0] is the source with the least record, [i] who lost the match at i */
    source v[SPILL_FAN_IN];
} merge;

enum { NOBODY = SPILL_FAN_IN };

static uint64_t head_of(const uint8_t *p, size_t record)
{
    uint64_t v = 0;
    memcpy(&v, p, record < sizeof v ? record : sizeof v);
    return __builtin_bswap64(v);
}

/* The records that come after those which x had at hand. */
static int refill(const merge *m, source *x, sbuf *err)
{
    const spill *s = m->s;
    x->at = NULL;
    if (x->run && x->next < x->run->n) {
        const block_at at = x->run->at[x->next++];
        const int r = scratch_read(s->disk, m->thread, at, x->buf, err);
        if (r < 0)
            return r;
        x->at = x->buf;
        x->end = x->buf + at.bytes;
    } else if (!x->run && x->next < m->mem->records) {
        const uint64_t left = m->mem->records - x->next, all = spill_chunk_records(s), n = left < all ? left : all;
        x->at = m->mem->v[x->next >> s->shift];
        x->end = x->at + n * s->record;
        x->next += n;
    }
    if (x->at)
        x->head = head_of(x->at, s->record);
    return 0;
}

static inline bool beats(const merge *m, unsigned a, unsigned b)
{
    if (a == NOBODY || !m->v[a].at)
        return false;
    if (b == NOBODY || !m->v[b].at)
        return true;
    const source *x = &m->v[a], *y = &m->v[b];
    if (x->head != y->head)
        return x->head < y->head;
    return m->s->record > 8 && memcmp(x->at + 8, y->at + 8, m->s->record - 8) < 0;
}

static void make_tree(merge *m)
{
    uint8_t winner[2 * SPILL_FAN_IN];
    for (m->leaves = 1; m->leaves < m->n;)
        m->leaves *= 2;
    for (unsigned i = 0; i < m->leaves; i++)
        winner[m->leaves + i] = (uint8_t)(i < m->n ? i : NOBODY);
    for (unsigned i = m->leaves; --i > 0;) {
        const uint8_t a = winner[2 * i], b = winner[2 * i + 1];
        const bool first = beats(m, a, b);
        winner[i] = first ? a : b;
        m->loser[i] = first ? b : a;
    }
    m->loser[0] = winner[1];
}

/* The source that won has another record now. */
static inline void replay(merge *m)
{
    uint8_t w = m->loser[0];
    for (unsigned i = (m->leaves + w) / 2; i > 0; i /= 2)
        if (beats(m, m->loser[i], w)) {
            const uint8_t l = m->loser[i];
            m->loser[i] = w;
            w = l;
        }
    m->loser[0] = w;
}

static int hand_on(merge *m)
{
    const int r = m->used ? m->fn(m->u, m->out, m->used / m->s->record) : 0;
    m->used = 0;
    return r;
}

static int merge_all(merge *m, sbuf *err)
{
    const size_t record = m->s->record;
    int r = 0;
    for (source *x; (x = &m->v[m->loser[0]])->at && r >= 0; replay(m)) {
        copy_records(m->out + m->used, x->at, 1, record);
        m->used += record;
        x->at += record;
        if (x->at < x->end)
            x->head = head_of(x->at, record);
        else
            r = refill(m, x, err);
        if (m->used == m->s->block && r >= 0)
            r = hand_on(m);
    }
    return r < 0 ? r : hand_on(m);
}

static int merge_one(merge *m, sbuf *err)
{
    source *x = &m->v[0];
    int r = 0;
    while (r >= 0 && x->at) {
        r = m->fn(m->u, x->at, (size_t)(x->end - x->at) / m->s->record);
        if (r >= 0)
            r = refill(m, x, err);
    }
    return r;
}

static size_t largest_block(const run *r)
{
    size_t most = 0;
    for (uint32_t i = 0; i < r->n; i++)
        most = r->at[i].bytes > most ? r->at[i].bytes : most;
    return most;
}

/* Memory for all sources, and their first records. */
static int merge_open(merge *m, const run *runs, size_t n, sbuf *err)
{
    m->bytes = m->s->block;
    for (size_t i = 0; i < n; i++)
        m->bytes += largest_block(&runs[i]);
    int r = spill_reserve(m->s, m->thread, m->bytes, err);
    if (r < 0)
        return r;
    m->buf = malloc(m->bytes);
    if (!m->buf) {
        spill_release(m->s, m->bytes);
        return spill_nomem(err);
    }
    m->out = m->buf;
    uint8_t *at = m->buf + m->s->block;
    for (size_t i = 0; i < n; i++) {
        m->v[m->n++] = (source){ .run = &runs[i], .buf = at };
        at += largest_block(&runs[i]);
    }
    if (m->mem && m->mem->records)
        m->n++;
    for (unsigned i = 0; i < m->n && r == 0; i++)
        r = refill(m, &m->v[i], err);
    return r;
}

static int merge_runs(spill *s, unsigned thread, const run *runs, size_t n, const chunks *mem,
                      int (*fn)(void *u, const void *records, size_t n), void *u, sbuf *err)
{
    merge m = { .s = s, .thread = thread, .mem = mem, .fn = fn, .u = u };
    int r = merge_open(&m, runs, n, err);
    if (r == 0 && m.n == 1) {
        r = merge_one(&m, err);
    } else if (r == 0) {
        make_tree(&m);
        r = merge_all(&m, err);
    }
    if (m.buf)
        spill_release(s, m.bytes);
    free(m.buf);
    return r;
}

/* ---- a partition ---- */

typedef struct to_run {
    run_writer w;
    sbuf *err;
} to_run;

static int write_on(void *u, const void *records, size_t n)
{
    to_run *t = u;
    return run_add(&t->w, records, n, t->err);
}

/* The first n runs of p become one, the last. */
static int merge_step(spill *s, unsigned thread, part *p, size_t n, sbuf *err)
{
    to_run t = { .err = err };
    int r = run_begin(&t.w, s, thread, err);
    if (r < 0)
        return r;
    r = merge_runs(s, thread, p->runs, n, NULL, write_on, &t, err);
    if (r >= 0)
        r = run_end(&t.w, p, err);
    if (r < 0) {
        run_abandon(&t.w);
        return r;
    }
    for (size_t i = 0; i < n; i++)
        run_free(s, &p->runs[i]);
    p->n_runs -= n;
    memmove(p->runs, p->runs + n, p->n_runs * sizeof *p->runs);
    return 0;
}

static int from_chunks(const spill *s, const chunks *c, int (*fn)(void *u, const void *records, size_t n), void *u)
{
    int r = 0;
    for (uint64_t i = 0; i < c->records && r >= 0; i += spill_chunk_records(s)) {
        const uint64_t left = c->records - i, n = spill_chunk_records(s);
        r = fn(u, c->v[i >> s->shift], left < n ? left : n);
    }
    return r;
}

static int sorted(spill *s, unsigned thread, part *p, int (*fn)(void *u, const void *records, size_t n), void *u,
                  sbuf *err)
{
    int r = spill_drain(s, thread, p, err);
    if (r == 0 && s->budget->tight)
        r = part_spill(s, thread, p, err);
    if (r < 0)
        return r;
    if (!p->mem.sorted)
        spill_sort(p->mem.v, s->shift, s->record, p->mem.records);
    p->mem.sorted = true;
    if (!p->n_runs)
        return from_chunks(s, &p->mem, fn, u);
    const size_t more = p->mem.records ? 1 : 0;
    while (r == 0 && p->n_runs + more > SPILL_FAN_IN) {
        const size_t many = p->n_runs + more - SPILL_FAN_IN + 1;
        r = merge_step(s, thread, p, many < SPILL_FAN_IN ? many : SPILL_FAN_IN, err);
    }
    return r < 0 ? r : merge_runs(s, thread, p->runs, p->n_runs, &p->mem, fn, u, err);
}

int spill_sorted(spill *s, unsigned thread, uint32_t partition, int (*fn)(void *u, const void *records, size_t n),
                 void *u, sbuf *err)
{
    if (thread >= s->threads || partition >= s->partitions)
        return spill_nowhere(s, thread, partition, err);
    part *p = &s->parts[partition];
    part_take(s, p);
    const int r = sorted(s, thread, p, fn, u, err);
    part_put(s, p);
    return r < 0 ? r : 0;
}
