/* A look at the first records of each source: a column that a stage names and that no record has is a slip of the pen
 * that would otherwise cost the whole run. */
#include <stdlib.h>
#include <string.h>
#include "exec/engine.h"

typedef struct key_list {
    arena mem;
    const char *v[256];
    size_t n;
} key_list;

static bool add_key(void *u, const char *key, size_t n)
{
    key_list *k = u;
    for (size_t i = 0; i < k->n; i++)
        if (strlen(k->v[i]) == n && !memcmp(k->v[i], key, n))
            return true;
    if (k->n < 256 && n && n < 200)
        k->v[k->n++] = arena_strndup(&k->mem, key, n);
    return k->n < 256;
}

enum { SAMPLE_ROWS = 1000, SAMPLE_BYTES = 1 << 20 };

/* The first records of the split's file, read by the source itself: a sample that does not depend on how files are cut
 * or batched. NULL: nothing to be learned. */
static flow *first_records(exec *x, worker *w, uint32_t split)
{
    const work_split *sp = &x->splits[split];
    const stage_state *s = &x->st[sp->source];
    const input_file *file = s->uses_input ? &s->files.v[sp->file] : NULL;
    stage_thread *st = &w->st[sp->source];
    sl_split now = sp->s;
    sl_batch view;
    sbuf err = { 0 };
    input_stream *in = NULL;
    rows *r = NULL;
    if (!file || file->sequential)
        return NULL; /* what is read from a pipe is gone */
    input_limits small = x->limits;
    small.chunk_bytes = SAMPLE_BYTES;
    int got = input_stream_open(file, (input_piece){ 0, file->size, true }, members_of(s), &small, &in, &err);
    if (got >= 0)
        got = input_stream_next(in, w->chunk, &err);
    input_stream_close(in);
    sbuf_free(&err);
    w->at = (item){ 0, 0 };
    w->ordinal = 0;
    now.index = sp->first;
    w->r = r = got == INPUT_OK ? rows_take(w, SAMPLE_ROWS) : NULL;
    flow *f = r ? flow_new(x, r, s->p) : NULL;
    if (!f || !view_make(x, s->p, f, VIEW_FILL, &view))
        return NULL;
    st->flow = st->filling = f;
    got = s->s->open_local ? s->s->open_local(&st->ctx, s->g, st->local) : SL_OK;
    for (; got >= 0 && got != SL_END && r->n < r->limit;)
        got = s->s->read(&st->ctx, s->g, st->local, &now, &view);
    if (s->s->close_local)
        s->s->close_local(&st->ctx, s->g, st->local);
    memset(st->local, 0, s->s->local_size);
    return got < 0 ? NULL : f;
}

static void take_out_rejected(worker *w, flow *f)
{
    uint32_t n = 0;
    for (uint32_t i = 0; f && i < f->n_sel; i++)
        if (!(w->dead[f->sel[i] >> 6] >> (f->sel[i] & 63) & 1))
            f->sel[n++] = f->sel[i];
    if (f)
        f->n_sel = n;
    memset(w->dead, 0, sizeof w->dead);
    w->n_rej = 0;
}

static void complain(exec *x, const plan_stage *src, size_t wanted, const flow *f, diags *d)
{
    const char *name = x->p->columns[src->wanted[wanted]].name;
    key_list keys = { .n = 0 };
    sbuf names = { 0 };
    arena_init(&keys.mem, 0);
    for (uint32_t i = 0; i < f->n_sel; i++) {
        const sl_str raw = f->r->raw[f->sel[i]];
        if (raw.n)
            json_each_key(raw.p, raw.n, add_key, &keys);
    }
    for (size_t i = 0; i < keys.n; i++)
        sbuf_printf(&names, "%s%s", i ? ", " : "", keys.v[i]);
    const char *guess = str_suggest(name, keys.v, keys.n);
    diag_error(d, src->asked_at[wanted],
               guess ? "%s reads the column '%s', which none of the first %u records of %s has; did you mean '%s'?"
                     : "%s reads the column '%s', which none of the first %u records of %s has",
               src->asked_by[wanted], name, f->n_sel, src->name, guess);
    diag_hint(d, "columns there: %s. If later records have it, list it under 'columns' of the source", sbuf_z(&names));
    sbuf_free(&names);
    arena_free(&keys.mem);
}

/* Does the source's option `columns` promise this name? */
static bool promised(const plan_stage *src, const char *name)
{
    const char *v[256];
    const int n = option_strings(src->def->options, src->cfg, "columns", v, 256);
    for (int i = 0; i < n && i < 256; i++)
        if (!strcmp(v[i], name))
            return true;
    return false;
}

static void probe_source(exec *x, worker *w, uint32_t source, diags *d)
{
    const plan_stage *src = &x->p->stages[source];
    stage_thread *st = &w->st[source];
    bool asked = false;
    for (size_t i = 0; i < src->n_wanted; i++)
        asked |= src->asked_by[i] != NULL && src->wanted[i] != x->p->text && src->wanted[i] != x->p->id &&
                 src->wanted[i] != x->p->source;
    for (uint32_t k = 0; asked && k < x->n_splits; k++) {
        if (x->splits[k].source != source)
            continue;
        if (!st->local && !(st->local = calloc(1, x->st[source].s->local_size + 1)))
            return;
        pass_item one = { .first = x->splits[k].first, .input = k, .feed = source };
        x->now.v = &one;
        x->now.n = 1;
        flow *f = first_records(x, w, k);
        x->now.v = NULL;
        x->now.n = 0;
        take_out_rejected(w, f);
        sbuf_clear(&w->error);
        for (size_t i = 0; f && f->n_sel && i < src->n_wanted; i++) {
            const column *c = f->slot[src->wanted[i]];
            bool seen = src->wanted[i] == x->p->text || src->wanted[i] == x->p->id || src->wanted[i] == x->p->source ||
                        !src->asked_by[i] || promised(src, x->p->columns[src->wanted[i]].name);
            for (uint32_t r = 0; !seen && c && r < f->n_sel; r++)
                seen = c->c.valid[f->sel[r] >> 6] >> (f->sel[r] & 63) & 1;
            if (!seen)
                complain(x, src, i, f, d);
        }
        if (f)
            rows_give(w, f->r);
        break;
    }
    /* What the look left behind must not be counted. */
    memset(st->counts, 0, x->st[source].n_metrics * sizeof *st->counts);
    for (size_t k = 0; k < x->st[source].n_metrics; k++) {
        histogram_free(st->hist[k]);
        st->hist[k] = NULL;
    }
    st->in = st->kept = st->batches = st->ns = 0;
    free(st->local);
    st->local = NULL;
}

void probe_sources(exec *x, diags *d)
{
    for (size_t i = 0; i < x->p->n_sources; i++)
        if (x->st[x->p->sources[i]].opened && !x->st[x->p->sources[i]].refused)
            probe_source(x, &x->workers[0], x->p->sources[i], d);
}
