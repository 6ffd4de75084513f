/* The life of a stage. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/option.h"
#include "stage_mock_inside.h"

/* ---- the stage and its options ---- */

static const sl_stage *find_stage(mock *m, const char *plugin, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s", plugin);
    void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const sl_plugin *(*entry)(void) = NULL;
    if (so)
        *(void **)&entry = dlsym(so, "sl_plugin_main");
    for (size_t i = 0; entry && entry()->stages[i]; i++)
        if (!strcmp(entry()->stages[i]->name, name))
            return entry()->stages[i];
    mock_fail(m, SL_E_INTERNAL, "no %s in %s: %s", name, plugin, so ? "" : dlerror());
    return NULL;
}

static bool read_options(mock *m, mock_stage *st, const char *cfg)
{
    static arena mem; /* options live as long as the process */
    const option_table table = { st->s->options, st->s->option_stride };
    diags d;
    diags_init(&d);
    diag_source *source = arena_zalloc(&mem, sizeof *source, _Alignof(diag_source));
    char *text = arena_strdup(&mem, *cfg ? cfg : "{}");
    *source = (diag_source){ "cfg", text, strlen(text) };
    st->cfg = mock_alloc(m, st->s->config_size + 1);
    const yaml_node *map = yaml_parse(&mem, &d, source);
    bool good = map && !d.errors && option_read(&d, &mem, table, (option_scope){ st->s->name, NULL }, map, st->cfg);
    if (!good)
        mock_fail(m, SL_E_CONFIG, "%s", d.n ? d.v[0].text : "?");
    diags_free(&d);
    return good;
}

static void make_view(mock *m, mock_stage *st)
{
    const option_table table = { st->s->options, st->s->option_stride };
    for (const sl_field *f = st->s->fields; f && f->name; f++) {
        const char *dollar = strchr(f->name, '$'), *name = f->name;
        const char *v[MOCK_VIEW] = { name };
        const int n = dollar ? option_strings(table, st->cfg, dollar + 1, v, MOCK_VIEW) : 1;
        if (n < 1)
            st->view[st->n_view++] = (mock_place){ UINT32_MAX, f->flags };
        for (int i = 0; i < n && st->n_view < MOCK_VIEW; i++)
            st->view[st->n_view++] = (mock_place){ mock_column(m, v[i], f->type), f->flags };
    }
    for (uint32_t i = 0; st->s->metrics && st->s->metrics[i].name; i++)
        st->metric[i] = st->s->metrics[i].name;
}

mock_stage *mock_stage_load(mock *m, const char *plugin, const char *name, const char *cfg)
{
    const sl_stage *s = find_stage(m, plugin, name);
    return s ? mock_stage_of(m, s, cfg) : NULL;
}

mock_stage *mock_stage_of(mock *m, const sl_stage *s, const char *cfg)
{
    mock_stage *st = mock_alloc(m, sizeof *st);
    mock_run none = { .m = m, .st = st };
    mock_thread t;
    st->s = s;
    if (!read_options(m, st, cfg))
        return NULL;
    mock_thread_begin(&t, &none, 0, SL_APPLY);
    if (st->s->check && st->s->check(&t.ctx, st->cfg) < 0)
        return NULL;
    make_view(m, st);
    return st;
}

void mock_quiet(mock *m)
{
    *m->error = '\0';
    m->code = 0;
    m->n_rejects = 0;
    memset(m->count, 0, sizeof m->count);
}

/* ---- begin and end ---- */

/* What a callback answered; an answer that it may not give is a failure. */
static int answer(mock_run *r, int code, int most)
{
    mock *m = r->m;
    if (code > most)
        code = mock_fail(m, SL_E_INTERNAL, "the stage answered %d", code);
    pthread_mutex_lock(&mock_lock);
    if (code >= 0 && *m->error)
        code = m->code; /* it left a message: with reject in fit, or with SL_OK */
    r->failed |= code < 0;
    pthread_mutex_unlock(&mock_lock);
    return code;
}

int mock_begin(mock *m, mock_stage *st, mock_run *r)
{
    mock_thread t;
    *r = (mock_run){ .m = m, .st = st, .g = calloc(1, st->s->state_size + 1) };
    if (!r->g)
        abort();
    mock_thread_begin(&t, r, 0, st->s->fit ? SL_FIT : SL_APPLY);
    r->fits = st->s->fit && (!st->s->fits || st->s->fits(&t.ctx, st->cfg) || m->fault == F_FIT_UNWANTED);
    int ret = SL_OK;
    for (int i = 0; i <= (m->fault == F_OPEN_TWICE) && ret >= 0 && st->s->open; i++)
        ret = answer(r, st->s->open(&t.ctx, st->cfg, r->g), SL_OK);
    return ret;
}

void mock_end(mock_run *r)
{
    mock_thread t;
    mock_thread_begin(&t, r, 0, SL_APPLY);
    if (r->st->s->close)
        r->st->s->close(&t.ctx, r->g);
    free(r->g);
}

/* ---- passes ---- */

typedef struct pass {
    mock_run *r;
    uint32_t phase, port, workers;
    mock_thread t[MOCK_WORKERS];
    void *l[MOCK_WORKERS];
    mock_docs *out;
} pass;

static int open_locals(pass *p)
{
    mock_run *r = p->r;
    const sl_stage *s = r->st->s;
    const bool ordered = (s->flags & SL_F_ORDERED) != 0;
    p->workers = ordered && r->m->fault != F_TWO_LOCALS ? 1 : r->m->workers;
    for (uint32_t w = 0; w < p->workers; w++) {
        mock_thread_begin(&p->t[w], r, w, p->phase);
        p->t[w].ctx.round += r->m->fault == F_ROUND;
        p->l[w] = calloc(1, s->local_size + 1);
        if (!p->l[w])
            abort();
        if (r->m->fault == F_LOCAL_DIRTY && s->local_size)
            ((char *)p->l[w])[s->local_size - 1] = 1;
        const int ret = s->open_local ? answer(r, s->open_local(&p->t[w].ctx, r->g, p->l[w]), SL_OK) : SL_OK;
        if (ret < 0)
            return ret;
    }
    return SL_OK;
}

/* In turn, the last worker first: any order is allowed. */
static int close_locals(pass *p, int ret)
{
    mock_run *r = p->r;
    const sl_stage *s = r->st->s;
    const mock_fault fault = r->m->fault;
    for (uint32_t w = p->workers; w-- > 0;) {
        const int times = fault == F_COMBINE_TWICE ? 2 : fault == F_NO_COMBINE && w == 0 ? 0 : 1;
        for (int i = 0; i < times && s->combine && p->l[w] && (ret >= 0 || fault == F_COMBINE_AFTER_FAILURE); i++) {
            const int combined = answer(r, s->combine(&p->t[w].ctx, r->g, p->l[w]), SL_OK);
            ret = ret < 0 ? ret : combined;
        }
        if (fault == F_FINALIZE_EARLY && w == 0 && p->phase == SL_FIT && ret >= 0)
            ret = mock_finalize(r);
        if (s->close_local && p->l[w] && (fault != F_NO_CLOSE_LOCAL || w > 0))
            s->close_local(&p->t[w].ctx, r->g, p->l[w]);
        free(p->l[w]);
        p->l[w] = NULL;
    }
    return ret;
}

/* One callback over a batch, looked at from both sides. */
static int call(pass *p, mock_thread *t, void *l, mock_box *x)
{
    mock_run *r = p->r;
    const sl_stage *s = r->st->s;
    const uint64_t before = mock_hash(1, r->g, s->state_size);
    const bool fit = p->phase == SL_FIT;
    if (!x->b.n_sel)
        return SL_OK;
    t->split = x->pos[0] >> 32;
    t->ctx.seed += r->m->fault == F_SEED;
    box_seal(x);
    const int code = fit ? s->fit(&t->ctx, r->g, l, p->port, &x->b) : s->process(&t->ctx, r->g, l, &x->b);
    int ret = answer(r, code, !fit && (s->flags & SL_F_ORDERED) ? SL_END : SL_OK);
    if (ret == SL_MORE)
        ret = mock_fail(r->m, SL_E_INTERNAL, "the stage answered 1");
    if (ret >= 0 && r->m->frozen && mock_hash(1, r->g, s->state_size) != before)
        ret = mock_fail(r->m, SL_E_INTERNAL, "the stage wrote into its frozen state");
    if (ret >= 0)
        ret = box_open(x);
    if (ret >= 0 && !fit && p->out)
        box_take(x, p->out);
    return ret;
}

static int end_reshape(pass *p, mock_thread *t, void *l, mock_box *in)
{
    mock_run *r = p->r;
    for (int ret = SL_MORE; ret == SL_MORE;) {
        mock_box *out = box_new(r->m, r->st, r->m->rows, p->phase, false);
        out->fill = true;
        if (r->m->fault == F_OUT_USED)
            box_add(out, NULL, 0);
        t->in = in;
        const uint64_t before = mock_hash(1, r->g, r->st->s->state_size);
        ret = answer(r, r->st->s->reshape(&t->ctx, r->g, l, in ? &in->b : NULL, &out->b), SL_MORE);
        if (ret >= 0 && r->m->frozen && mock_hash(1, r->g, r->st->s->state_size) != before)
            ret = mock_fail(r->m, SL_E_INTERNAL, "the stage wrote into its frozen state");
        if (ret >= 0)
            ret = box_open(out) < 0 ? SL_E_INTERNAL : ret;
        if (ret == SL_MORE && !out->b.n_rows)
            ret = mock_fail(r->m, SL_E_INTERNAL, "the stage wants to go on, but added nothing");
        if (ret < 0)
            return ret;
        if (p->out)
            box_take(out, p->out);
        if (ret == SL_MORE && r->m->fault == F_OTHER_IN && in) {
            in->pos[0]++;
            in->pos[in->b.n_rows - 1]++;
        }
    }
    return SL_OK;
}

/* Batches that no engine may hand over. */
static void spoil(mock_box *x)
{
    const uint32_t last = x->b.n_rows - 1;
    switch (x->b.n_sel < 2 ? F_NONE : x->m->fault) {
    case F_SEL: x->sel[0] = x->sel[1]; break;
    case F_POS_TWICE: x->pos[1] = x->pos[0]; break;
    case F_MIXED_SPLITS: x->pos[last] += 1ull << 32; break;
    case F_SCATTERED:
        for (uint32_t i = 1; i < last; i++)
            if (x->parent[0] && x->parent[i] && x->parent[i] != x->parent[0])
                x->parent[last] = x->parent[0];
        break;
    default: break;
    }
}

static int hand(pass *p, uint32_t w, mock_box *x)
{
    if (!x || !x->b.n_sel)
        return SL_OK;
    spoil(x);
    if (p->phase == SL_APPLY && p->r->st->s->kind == SL_RESHAPE) {
        const uint64_t split = x->pos[0] >> 32;
        if (p->t[w].split != split)
            p->t[w].ordinal = 0;
        p->t[w].split = split;
        return end_reshape(p, &p->t[w], p->l[w], x);
    }
    return call(p, &p->t[w], p->l[w], x);
}

static bool same_family(const mock_doc *a, const mock_doc *b) { return a->parent && a->parent == b->parent; }

/* Documents of one split, in batches; families stay whole. */
static int run_split(pass *p, uint32_t w, mock_doc *v, size_t n)
{
    mock *m = p->r->m;
    const sl_stage *s = p->r->st->s;
    const bool families = (s->flags & SL_F_FAMILIES) && m->fault != F_TORN, in = s->kind == SL_RESHAPE;
    mock_box *x = NULL;
    int ret = SL_OK;
    for (size_t i = 0; i < n && ret >= 0; i++) {
        size_t family = 1;
        while (families && i + family < n && same_family(&v[i], &v[i + family]))
            family++;
        const bool begins = !families || i == 0 || !same_family(&v[i - 1], &v[i]);
        if (!x || (x->b.n_rows + (begins ? family : 0) > x->cap)) {
            ret = hand(p, w, x);
            x = box_new(m, p->r->st, family > m->rows ? (uint32_t)family : m->rows, p->phase, in);
        }
        if (ret >= 0)
            box_show(x, &v[i]);
    }
    return ret < 0 ? ret : hand(p, w, x);
}

static size_t split_end(const mock_docs *in, size_t from)
{
    size_t to = from + 1;
    while (to < in->n && in->v[to].pos >> 32 == in->v[from].pos >> 32)
        to++;
    return to;
}

/* Splits in turn: the first worker takes the first, the second the next. */
static int run_stream(pass *p, const mock_docs *in)
{
    const sl_stage *s = p->r->st->s;
    const mock_fault fault = p->r->m->fault;
    const bool ordered = s->flags & SL_F_ORDERED, reshape = p->phase == SL_APPLY && s->kind == SL_RESHAPE;
    int ret = SL_OK;
    uint32_t turn = 0;
    for (size_t from = 0, to; from < in->n && ret >= 0; from = to, turn++) {
        const uint32_t w = turn % p->workers;
        to = split_end(in, from);
        const size_t half = fault == F_SHARED_SPLIT || fault == F_INTERLEAVED ? (to - from) / 2 : to - from;
        ret = run_split(p, w, &in->v[from], half);
        if (ret >= 0 && fault == F_SHARED_SPLIT)
            ret = run_split(p, (w + 1) % p->workers, &in->v[from + half], to - from - half);
        if (ret >= 0 && fault == F_INTERLEAVED && to < in->n) {
            ret = run_split(p, w, &in->v[to], 1);
            ret = ret < 0 ? ret : run_split(p, w, &in->v[from + half], to - from - half);
        }
        for (int i = 0; i < (fault == F_NO_END      ? 0
                             : fault == F_END_TWICE ? 2
                                                    : 1) &&
                        reshape && !ordered && ret >= 0;
             i++)
            ret = end_reshape(p, &p->t[w], p->l[w], NULL);
    }
    for (int i = 0; i < (fault == F_NO_END ? 0 : fault == F_END_TWICE ? 2 : 1) && reshape && ordered && ret >= 0; i++)
        ret = end_reshape(p, &p->t[0], p->l[0], NULL);
    return ret;
}

typedef struct parallel {
    pass *p;
    const mock_docs *in;
    size_t *begin; /* of each split, and the end */
    size_t n;
} parallel;

static int run_one(void *u, uint32_t worker, size_t i)
{
    const parallel *a = u;
    const size_t at = a->p->phase == SL_APPLY && a->p->r->m->backwards ? a->n - 1 - i : i;
    return run_split(a->p, worker, &a->in->v[a->begin[at]], a->begin[at + 1] - a->begin[at]);
}

/* Every worker takes the next split. What leaves is not gathered: it would be in any order. */
static int run_parallel(pass *p, const mock_docs *in)
{
    parallel a = { .p = p, .in = in, .begin = calloc(in->n + 1, sizeof *a.begin) };
    if (!a.begin || p->out || p->r->st->s->kind == SL_RESHAPE || (p->r->st->s->flags & SL_F_ORDERED))
        abort();
    for (size_t from = 0; from < in->n; from = split_end(in, from))
        a.begin[a.n++] = from;
    a.begin[a.n] = in->n;
    const int ret = mock_parallel(p->r->m, a.n, run_one, &a);
    free(a.begin);
    return ret;
}

static int run_pass(mock_run *r, uint32_t phase, uint32_t port, const mock_docs *in, mock_docs *out)
{
    pass p = { .r = r, .phase = phase, .port = port, .out = out };
    int ret = open_locals(&p);
    if (ret >= 0 && r->m->fault == F_BACKWARDS && in->n > 1) { /* split by split, but from behind */
        for (size_t i = in->n; i-- > 0 && ret >= 0;)
            ret = run_split(&p, 0, &in->v[i], 1);
    } else if (ret >= 0) {
        ret = r->m->threads ? run_parallel(&p, in) : run_stream(&p, in);
    }
    if (ret >= 0 && r->m->fault == F_ONE_LOCAL) {
        p.port = !port;
        ret = run_stream(&p, in);
    }
    return close_locals(&p, ret);
}

/* ---- steps ---- */

int mock_fit(mock_run *r, uint32_t port, const mock_docs *in) { return run_pass(r, SL_FIT, port, in, NULL); }

int mock_finalize(mock_run *r)
{
    mock_thread t;
    mock_thread_begin(&t, r, 0, SL_FIT);
    const int ret = r->st->s->finalize ? answer(r, r->st->s->finalize(&t.ctx, r->g), SL_MORE) : SL_OK;
    r->round += ret == SL_MORE;
    return ret;
}

int mock_apply(mock_run *r, mock_docs *in, mock_docs *out)
{
    mock_docs other = *in;
    mock_doc saved = in->n ? in->v[in->n / 2] : (mock_doc){ 0 };
    mock_doc *victim = in->n ? &in->v[in->n / 2] : NULL;
    if (victim && r->m->fault == F_LOST)
        victim->dead = true;
    if (victim && r->m->fault == F_OTHER_KEY)
        victim->key ^= 1;
    if (victim && r->m->fault == F_OTHER_TEXT)
        victim->cell[1].v.s = mock_str(r->m, "another text");
    int ret = run_pass(r, SL_APPLY, 0, &other, out);
    if (ret >= 0 && r->m->fault == F_TWICE)
        ret = run_pass(r, SL_APPLY, 0, &other, out);
    if (victim) {
        victim->dead = saved.dead;
        victim->key = saved.key;
        victim->cell[1] = saved.cell[1];
    }
    return ret;
}

int mock_finish(mock_run *r)
{
    mock_thread t;
    mock_thread_begin(&t, r, 0, SL_APPLY);
    return r->st->s->finish ? answer(r, r->st->s->finish(&t.ctx, r->g), SL_OK) : SL_OK;
}

int mock_save(mock_run *r, uint32_t what, sbuf *out)
{
    mock_thread t;
    struct sl_io io = { .out = out };
    mock_thread_begin(&t, r, 0, what == SL_APPLIED ? SL_APPLY : SL_FIT);
    return answer(r, r->st->s->save(&t.ctx, r->g, what, &io), SL_OK);
}

int mock_load(mock_run *r, uint32_t what, const sbuf *in)
{
    mock_thread t;
    struct sl_io io = { .in = in };
    mock_thread_begin(&t, r, 0, what == SL_APPLIED ? SL_APPLY : SL_FIT);
    int ret = answer(r, r->st->s->load(&t.ctx, r->g, what, &io), SL_OK);
    if (ret >= 0 && io.at < in->n && r->m->fault == F_NONE)
        ret = answer(r, mock_fail(r->m, SL_E_STATE, "the stage left %zu bytes of its state unread", in->n - io.at),
                     SL_OK);
    return ret;
}

static int fit_all(mock_run *r, mock_docs *const ports[MOCK_PORTS], const mock_docs *in)
{
    const sl_stage *s = r->st->s;
    const mock_fault fault = r->m->fault;
    const bool main = !(s->flags & SL_F_PORTS_ONLY) || fault == F_MAIN_TOO;
    int ret = fault == F_MAIN_FIRST ? mock_fit(r, 0, in) : SL_OK;
    for (uint32_t i = 0; s->ports && i < MOCK_PORTS && s->ports[i].name && ret >= 0; i++)
        if (ports && ports[i])
            ret = mock_fit(r, i + 1, ports[i]);
    if (main && ret >= 0 && fault != F_MAIN_FIRST)
        ret = mock_fit(r, 0, in);
    while (ret >= 0 && fault != F_NO_FINALIZE && (ret = mock_finalize(r)) == SL_MORE) {
        if (fault == F_PORT_AGAIN)
            ret = mock_fit(r, 1, ports[0]);
        ret = ret < 0 ? ret : mock_fit(r, 0, in);
    }
    if (ret >= 0 && fault == F_FIT_AGAIN)
        ret = mock_fit(r, 0, in);
    return ret;
}

int mock_whole(mock *m, mock_stage *st, mock_docs *const ports[MOCK_PORTS], mock_docs *in, mock_docs *out)
{
    mock_run r;
    mock_quiet(m);
    int ret = mock_begin(m, st, &r);
    if (ret >= 0 && r.fits)
        ret = fit_all(&r, ports, in);
    if (ret >= 0)
        ret = mock_apply(&r, in, out);
    if (ret >= 0)
        ret = mock_finish(&r);
    mock_end(&r);
    return ret;
}
