/* Before a run: instances, inputs, splits; and after it, everything closed. */
#include <stdlib.h>
#include <string.h>
#include "exec/kept.h"
#include "exec/ledger.h"
#include "exec/states.h"

enum {
    WINDOW_A_THREAD = 16 << 20,
    STREAMING_A_THREAD = 24 << 20,
    WINDOW_LEAST = 4 << 20,
    LEAST_CHUNKS = 4096,
    CHUNKS_A_SPLIT = 4, /* a chunk of a stream should stay in the cache between decompression and parsing: 2 MiB of 8 */
};

static void note_code(const exec *x, int code)
{
    int *worst = x->o.open_code;
    if (!worst || *worst == SL_E_NOMEM)
        return;
    const bool own = code == SL_E_IO || code == SL_E_CANCEL; /* where all say the same */
    *worst = code == SL_E_NOMEM || (own && (*worst == SL_OK || *worst == code)) ? code : SL_E_CONFIG;
}

static void note_error(worker *w, uint32_t stage, diags *d, int code)
{
    const plan_stage *p = &w->x->p->stages[stage];
    w->x->st[stage].refused = true;
    note_code(w->x, code < 0 ? code : w->error_code);
    diag_error(d, plan_message_at(p, sbuf_z(&w->error), NULL), "%s: %s", p->common.use,
               w->error.n ? sbuf_z(&w->error) : "failed without a message");
    sbuf_clear(&w->error);
    w->error_code = 0;
}

static bool name_metrics(exec *x, stage_state *s)
{
    sl_metric m;
    while (stage_metric(s->p->def, s->n_metrics, &m))
        s->n_metrics++;
    s->metric_names = arena_zalloc(&x->mem, (s->n_metrics + 1) * sizeof *s->metric_names, 8);
    s->metric_kinds = arena_zalloc(&x->mem, (s->n_metrics + 1) * sizeof *s->metric_kinds, 8);
    for (size_t i = 0; s->metric_names && s->metric_kinds && stage_metric(s->p->def, i, &m); i++) {
        s->metric_names[i] = arena_strdup(&x->mem, m.name);
        s->metric_kinds[i] = m.kind;
    }
    return s->metric_names && s->metric_kinds;
}

static bool slots_to_fill(exec *x, stage_state *s)
{
    s->fill = arena_alloc(&x->mem, (s->p->n_view + s->p->n_wanted + 1) * sizeof *s->fill, 8);
    for (size_t i = 0; s->fill && i < s->p->n_view; i++)
        if (s->p->view[i].slot != PLAN_NONE && (s->p->view[i].flags & SL_WRITE))
            s->fill[s->n_fill++] = s->p->view[i].slot;
    for (size_t i = 0; s->fill && i < s->p->n_wanted; i++) {
        bool there = false;
        for (size_t k = 0; k < s->n_fill; k++)
            there |= s->fill[k] == s->p->wanted[i];
        if (!there)
            s->fill[s->n_fill++] = s->p->wanted[i];
    }
    return s->fill != NULL;
}

static bool make_worker(exec *x, worker *w, unsigned number)
{
    w->x = x;
    w->number = number;
    w->first_error = UINT64_MAX;
    if (!(w->chunk = input_chunk_new()) || !(w->st = calloc(x->p->n_stages + 1, sizeof *w->st)))
        return false;
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        stage_thread *st = &w->st[i];
        st->w = w;
        st->stage = i;
        st->counts = calloc(x->st[i].n_metrics + 1, sizeof *st->counts);
        st->hist = calloc(x->st[i].n_metrics + 1, sizeof(histogram *));
        st->ctx = (sl_ctx){ .host = &exec_host,
                            .engine = st,
                            .seed = plan_stage_seed(x->p, i),
                            .thread = number,
                            .n_threads = x->threads,
                            .phase = SL_APPLY,
                            .explain = x->o.explain || x->p->stages[i].mode == MODE_ANNOTATE };
        if (!st->counts || !st->hist)
            return false;
    }
    return true;
}

/* What finished splits and frames may hold while they wait for their turn. */
static uint64_t window_bytes(const exec *x)
{
    const uint64_t most = (uint64_t)WINDOW_A_THREAD * x->threads, share = x->o.memory / 4;
    return !x->o.memory || share > most ? most : share < WINDOW_LEAST ? WINDOW_LEAST : share;
}

/* What sorts, spills and states may hold: the budget without the window of the outputs and what each thread needs to
 * stream - its chunk, its batches and what it gathers for the outputs. */
static uint64_t gather_bytes(const exec *x)
{
    const uint64_t streaming = window_bytes(x) + (uint64_t)x->threads * STREAMING_A_THREAD, least = 8 << 20;
    const uint64_t all = x->o.memory ? x->o.memory : (uint64_t)2 << 30;
    return all > streaming + least ? all - streaming : least;
}

static const char *scratch_folder(const exec *x)
{
    const char *dir = x->o.scratch;
    if (!dir || !*dir)
        dir = getenv("TMPDIR");
    return dir && *dir ? dir : "/tmp";
}

static bool make(exec *x)
{
    const size_t n = x->p->n_stages;
    x->st = calloc(n + 1, sizeof *x->st);
    x->workers = calloc(x->threads, sizeof *x->workers);
    x->out_list = calloc(n + 2, sizeof(output *));
    x->out_stage = calloc(n + 2, sizeof *x->out_stage);
    x->now.active = calloc(x->threads + 1, sizeof *x->now.active);
    x->scratch = scratch_new(scratch_folder(x), x->threads, SCRATCH_LEVEL);
    budget_init(&x->memory, gather_bytes(x), x->o.spill);
    x->outs = outputs_new(x->threads, x->o.tag ? x->o.tag : "x", window_bytes(x));
    if (!x->st || !x->workers || !x->out_list || !x->out_stage || !x->now.active || !x->scratch || !x->outs ||
        !pass_state_init(&x->todo, x->p, x->o.goal ? x->o.goal - 1 : PLAN_NONE, &x->mem) ||
        !pass_plan_init(&x->now.plan, x->p, &x->mem))
        return false;
    for (size_t i = 0; i < n; i++) {
        stage_state *s = &x->st[i];
        s->p = &x->p->stages[i];
        s->s = &s->p->def->s;
        pthread_mutex_init(&s->turn_lock, NULL);
        pthread_cond_init(&s->turn_changed, NULL);
        if (!name_metrics(x, s) || !(s->fit_counts = calloc(s->n_metrics + 1, sizeof *s->fit_counts)) ||
            !slots_to_fill(x, s) || !(s->g = calloc(1, s->s->state_size + 1)))
            return false;
    }
    for (unsigned i = 0; i < x->threads; i++)
        if (!make_worker(x, &x->workers[i], i))
            return false;
    return true;
}

static void open_stages(exec *x, diags *d)
{
    worker *w = &x->workers[0];
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        stage_state *s = &x->st[i];
        if ((s->s->kind == SL_SINK && (x->o.no_sinks || x->o.goal)) || (s->p->flaws & (FLAW_USE | FLAW_OPTIONS)))
            continue;
        s->opened = true;
        const int r = s->s->open ? s->s->open(&w->st[i].ctx, s->p->cfg, s->g) : SL_OK;
        if (r < 0 || w->error.n)
            note_error(w, i, d, r);
    }
    for (size_t i = 0; x->o.quarantine && !x->quarantine && i < x->p->n_stages; i++)
        if (x->p->stages[i].on_reject == ON_REJECT_QUARANTINE) {
            const output_spec q = { .path = x->o.quarantine, .level = 3 };
            sbuf err = { 0 };
            if ((x->quarantine = outputs_open(x->outs, &q, &err))) {
                x->out_list[x->n_outs] = x->quarantine;
                x->out_stage[x->n_outs++] = PLAN_NONE;
            } else {
                note_code(x, outputs_refused(x->outs));
                diag_error(d, (diag_at){ 0 }, "%s", sbuf_z(&err));
            }
            sbuf_free(&err);
        }
}

/* Splits of one source; their pos numbers are given when all are known. */
static void list_splits(exec *x, uint32_t stage, diags *d)
{
    worker *w = &x->workers[0];
    stage_state *s = &x->st[stage];
    for (uint64_t i = 0;; i++) {
        sl_split out = { 0 };
        const int r = s->s->split(&w->st[stage].ctx, s->g, i, &out);
        if (r < 0 || w->error.n)
            note_error(w, stage, d, r);
        if (s->refused || r == SL_END)
            return;
        work_split *v = arena_grow(&x->mem, x->splits, x->n_splits, sizeof *v);
        char *path = arena_strdup(&x->mem, out.path ? out.path : s->p->name),
             *label = arena_strdup(&x->mem, out.label ? out.label : path);
        if (!v || !path || !label) {
            diag_nomem(d);
            return;
        }
        x->splits = v;
        out.path = path;
        out.label = label;
        out.stream = out.stream && s->uses_input;
        v[x->n_splits++] = (work_split){ .s = out,
                                         .source = stage,
                                         .file = (uint32_t)s->cut_file,
                                         .piece = s->uses_input ? s->cut.v[i - s->cut_first] : (input_piece){ 0 } };
    }
}

/* A pipe is gone once it is read: later passes need what came out of it. */
static void keep_pipes(exec *x, uint32_t stage)
{
    const stage_state *s = &x->st[stage];
    for (size_t i = 0; s->uses_input && i < s->files.n; i++)
        if (s->files.v[i].sequential)
            x->todo.keep[stage] = true;
}

static bool same_stream(const plan *p, uint32_t a, uint32_t b)
{
    return p->stages[a].owner == p->stages[b].owner &&
           (p->stages[a].owner == PLAN_NONE || p->stages[a].owner_port == p->stages[b].owner_port);
}

/* pos has 32 bits for the split. A stream of bytes gets numbers for as many chunks as it may expand to (a thousand
 * times its size and some), a sort for as many pieces as it may make, scaled down together if that is too many. Pipes,
 * whose size nobody knows, share what is left. The main stream and each port count for themselves. */
static bool number_stream(exec *x, uint32_t member, diags *d)
{
    const plan *p = x->p;
    const uint64_t most = UINT32_MAX - 2;
    uint64_t wanted = 0, next = 1, pipes = 0, n = 0;
    for (size_t k = 0; k < p->n_places; k++) {
        const uint32_t s = p->places[k];
        if (!same_stream(p, s, member))
            continue;
        if (p->stages[s].sorts)
            wanted += EXEC_SORT_ROOM;
        for (uint32_t i = 0; i < x->st[s].n_splits; i++, n++) {
            work_split *sp = &x->splits[x->st[s].first_split + i];
            pipes += sp->s.stream && !sp->s.bytes;
            sp->room = sp->s.stream ? LEAST_CHUNKS + sp->s.bytes / 512 : 1;
            wanted += sp->room;
        }
    }
    if (n > most / 2) {
        diag_error(d, (diag_at){ 0 }, "the input makes %llu splits, which are too many; set split_bytes higher",
                   (unsigned long long)n);
        return false;
    }
    const double scale = wanted > most ? (double)(most - n) / (double)wanted : 1;
    const uint64_t share = pipes && wanted < most ? (most - wanted) / pipes : 0;
    for (size_t k = 0; k < p->n_places; k++) {
        const uint32_t s = p->places[k];
        if (!same_stream(p, s, member))
            continue;
        for (uint32_t i = 0; i < x->st[s].n_splits; i++) {
            work_split *sp = &x->splits[x->st[s].first_split + i];
            if (sp->s.stream && scale < 1)
                sp->room = 1 + (uint64_t)((double)sp->room * scale);
            else if (sp->s.stream && !sp->s.bytes)
                sp->room += share;
            sp->first = next;
            next += sp->room;
        }
        if (p->stages[s].sorts) {
            x->st[s].store.first = next;
            next += EXEC_SORT_ROOM;
        }
    }
    return true;
}

static void number_splits(exec *x, diags *d)
{
    const plan *p = x->p;
    for (size_t i = 0; i < p->n_places; i++) {
        bool again = false;
        for (size_t k = 0; k < i && !again; k++)
            again = same_stream(p, p->places[k], p->places[i]);
        if (!again && !number_stream(x, p->places[i], d))
            return;
    }
}

/* Everything that may be wrong, each on what the others have left of it. */
static void look(exec *x, diags *d)
{
    open_stages(x, d);
    for (size_t i = 0; i < x->p->n_sources; i++) {
        const uint32_t source = x->p->sources[i];
        stage_state *s = &x->st[source];
        if (!s->opened || s->refused)
            continue;
        s->first_split = (uint32_t)x->n_splits;
        list_splits(x, source, d);
        s->n_splits = (uint32_t)x->n_splits - s->first_split;
        keep_pipes(x, source);
    }
    const size_t before = d->errors;
    number_splits(x, d);
    states_check_ports(x, d);
    if (x->o.probe && !d->nomem)
        probe_sources(x, d);
    if (d->errors != before)
        note_code(x, SL_E_CONFIG);
}

exec *exec_open(const plan *p, const exec_options *o, diags *d)
{
    const size_t before = d->errors;
    exec *x = calloc(1, sizeof *x);
    if (!x) {
        diag_nomem(d);
        return NULL;
    }
    x->p = p;
    x->o = *o;
    x->threads = o->threads ? o->threads : 1;
    arena_init(&x->mem, 0);
    pthread_mutex_init(&x->lock, NULL);
    pthread_cond_init(&x->changed, NULL);
    const pipeline_head *h = &p->file->head;
    x->limits = (input_limits){ .chunk_bytes = h->split_bytes / CHUNKS_A_SPLIT,
                                .max_record_bytes = h->max_record_bytes,
                                .damage = h->on_error == ON_ERROR_SKIP_RECORD ? DAMAGE_SKIPS : DAMAGE_STOPS };
    const bool made = make(x);
    if (made && o->resume)
        outputs_continue(x->outs);
    if (made)
        look(x, d);
    else
        diag_nomem(d);
    if (d->errors == before && !kept_begin(x))
        diag_nomem(d);
    if (d->errors != before || !*p->hash) {
        exec_free(x);
        return NULL;
    }
    return x;
}

static void free_stage(exec *x, uint32_t i)
{
    stage_state *s = &x->st[i];
    if (!s->s)
        return;
    if (s->opened && s->s->close)
        s->s->close(&x->workers[0].st[i].ctx, s->g);
    for (size_t k = 0; k < s->n_readers; k++)
        artifact_close(s->readers[k]);
    store_close(x, i);
    pthread_mutex_destroy(&s->turn_lock);
    pthread_cond_destroy(&s->turn_changed);
    free(s->turn_ends);
    free(s->fit_counts);
    free(s->stream_local);
    free(s->g);
}

static void free_worker(exec *x, worker *w)
{
    for (uint32_t i = 0; w->st && i < x->p->n_stages; i++) {
        stage_thread *st = &w->st[i];
        for (size_t k = 0; st->hist && k < x->st[i].n_metrics; k++)
            histogram_free(st->hist[k]);
        json_parser_free(st->json);
        json_parser_free(st->ids);
        json_parser_free(st->texts);
        sbuf_free(&st->line);
        free(st->counts);
        free(st->hist);
    }
    input_chunk_free(w->chunk);
    for (rows *r = w->all, *next; r; r = next) {
        next = r->next_all;
        rows_free(r);
    }
    sorter_piece_free(&w->piece);
    free(w->kept_of);
    free(w->kept_from);
    sbuf_free(&w->kept);
    sbuf_free(&w->packed);
    sbuf_free(&w->quar_text);
    free(w->st);
    free(w->rej);
    free(w->seen);
    free(w->quar);
    sbuf_free(&w->error);
    sbuf_free(&w->scratch);
    sbuf_free(&w->first_text);
}

void exec_free(exec *x)
{
    if (!x)
        return;
    for (uint32_t i = 0; x->st && i < x->p->n_stages; i++)
        free_stage(x, i);
    for (unsigned i = 0; x->workers && i < x->threads; i++)
        free_worker(x, &x->workers[i]);
    for (size_t i = 0; i < x->now.n_active; i++)
        input_stream_close(x->now.active[i].in);
    ledger_free(x);
    kept_free(x);
    states_drop(x);
    result_free(x);
    outputs_free(x->outs);
    scratch_free(x->scratch);
    free(x->now.v);
    free(x->st);
    free(x->workers);
    free(x->out_list);
    free(x->out_stage);
    free(x->now.active);
    free(x->manifest);
    sbuf_free(&x->fail_text);
    sbuf_free(&x->notes);
    sbuf_free(&x->first_error);
    pthread_mutex_destroy(&x->lock);
    pthread_cond_destroy(&x->changed);
    arena_free(&x->mem);
    free(x);
}
