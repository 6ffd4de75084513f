/* What is left of a run: counts, the manifest, the error; and what a tap may ask. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exec/engine.h"

static bool collect_manifest(exec *x)
{
    x->manifest = malloc((x->n_splits + 1) * sizeof *x->manifest);
    for (size_t i = 0; x->manifest && i < x->n_splits; i++) {
        const work_split *sp = &x->splits[i];
        const uint32_t file = x->st[sp->source].uses_input ? x->st[sp->source].first_file + sp->file : PLAN_NONE;
        x->manifest[x->n_manifest++] = (exec_split){ .source = sp->source,
                                                     .file = file,
                                                     .first = sp->first,
                                                     .chunks = sp->chunks,
                                                     .begin = sp->s.begin,
                                                     .end = sp->s.end,
                                                     .records = sp->records,
                                                     .kept = sp->kept };
        if (file != PLAN_NONE)
            x->files[file].records += sp->records;
    }
    return x->manifest != NULL;
}

static int by_place(const void *a, const void *b)
{
    const damage *x = a, *y = b;
    if (x->at.split != y->at.split || x->at.chunk != y->at.chunk)
        return item_before(x->at, y->at) ? -1 : 1;
    return x->nth < y->nth ? -1 : x->nth > y->nth;
}

/* In the order of the stream, whoever met it first. */
static bool collect_damage(exec *x)
{
    if (x->n_damages)
        qsort(x->damages, x->n_damages, sizeof *x->damages, by_place);
    for (size_t i = 0; i < x->n_damages; i++) {
        if (x->damages[i].file == PLAN_NONE) {
            sbuf_printf(&x->notes, "%s\n", x->damages[i].text);
            continue;
        }
        exec_file *file = &x->files[x->damages[i].file];
        const char **list = arena_grow(&x->mem, file->damage, file->n_damage, sizeof *list);
        if (!list)
            return false;
        file->damage = list;
        list[file->n_damage++] = x->damages[i].text;
    }
    return !x->notes.failed;
}

static bool is_of_pass(const exec *x, const damage *d, const item *end)
{
    return item_before(d->at, *end) && (!d->pass || d->pass == x->now.number);
}

static void save_damage(exec *x, const item *end, sbuf *out)
{
    sbuf texts = { 0 };
    pthread_mutex_lock(&x->lock);
    sbuf_puts(out, ",\"damage\":[");
    for (size_t i = 0, n = 0; i < x->n_damages; i++) {
        const damage *d = &x->damages[i];
        if (end ? !is_of_pass(x, d, end) : !d->pass)
            continue;
        sbuf_printf(out, "%s%u,%llu,%u,%u", n ? "," : "", d->at.split, (unsigned long long)d->at.chunk, d->nth,
                    d->file);
        sbuf_puts(&texts, n++ ? "," : "");
        sbuf_json_z(&texts, d->text);
    }
    pthread_mutex_unlock(&x->lock);
    sbuf_printf(out, "],\"damage_text\":[%s]", sbuf_z(&texts));
    out->failed |= texts.failed;
    sbuf_free(&texts);
}

void damage_save(exec *x, item end, sbuf *out) { save_damage(x, &end, out); }
void damage_save_all(exec *x, sbuf *out) { save_damage(x, NULL, out); }

bool damage_load(exec *x, unsigned which_pass, const uint64_t *numbers, size_t n_numbers, const sl_str *texts,
                 size_t n_texts)
{
    if (n_numbers != 4 * n_texts)
        return false;
    for (size_t i = 0; i < n_texts; i++) {
        const uint64_t *v = numbers + 4 * i;
        damage *list = arena_grow(&x->mem, x->damages, x->n_damages, sizeof *list);
        const char *text = arena_strndup(&x->mem, texts[i].p, texts[i].n);
        if (!list || !text || v[0] > UINT32_MAX || v[2] > UINT32_MAX || (v[3] >= x->n_files && v[3] != PLAN_NONE))
            return false;
        x->damages = list;
        list[x->n_damages++] = (damage){ { (uint32_t)v[0], v[1] }, (uint32_t)v[2], (uint32_t)v[3], which_pass, text };
    }
    return true;
}

bool result_make(exec *x)
{
    const size_t n = x->p->n_stages;
    x->result = arena_zalloc(&x->mem, (n + 1) * sizeof *x->result, 8);
    x->seen = arena_zalloc(&x->mem, (n + 1) * sizeof *x->seen, 8);
    for (size_t i = 0; x->result && x->seen && i < n; i++) {
        const stage_state *s = &x->st[i];
        exec_stage *v[2] = { &x->result[i], &x->seen[i] };
        for (int k = 0; k < 2; k++) {
            if (!(v[k]->metrics = arena_zalloc(&x->mem, (s->n_metrics + 1) * sizeof *v[k]->metrics, 8)))
                return x->result = NULL, false;
            v[k]->n_metrics = s->n_metrics;
            for (size_t m = 0; m < s->n_metrics; m++) {
                v[k]->metrics[m].name = s->metric_names[m];
                v[k]->metrics[m].kind = s->metric_kinds[m];
            }
        }
    }
    return x->result && x->seen;
}

void result_free(exec *x)
{
    exec_stage *both[2] = { x->result, x->seen };
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; both[k] && i < x->p->n_stages; i++)
            for (size_t m = 0; m < both[k][i].n_metrics; m++)
                histogram_free(both[k][i].metrics[m].values);
}

static void collect_metric(exec *x, uint32_t stage, size_t m, exec_stage *to)
{
    exec_metric *out = &to->metrics[m];
    for (unsigned i = 0; i < x->threads; i++) {
        const stage_thread *st = &x->workers[i].st[stage];
        out->n += st->counts[m];
        if (!st->hist[m])
            continue;
        if (!out->values && !(out->values = histogram_new()))
            sched_fail(x, (item){ UINT32_MAX, 0 }, SL_E_NOMEM, "out of memory");
        else
            histogram_merge(out->values, st->hist[m]);
    }
    to->rejected += out->kind == SL_M_REJECT ? out->n : 0;
    to->errors += out->kind == SL_M_ERROR ? out->n : 0;
}

static void sum_stage(exec *x, uint32_t stage, exec_stage *to)
{
    to->ran = true;
    for (unsigned i = 0; i < x->threads; i++) {
        const stage_thread *st = &x->workers[i].st[stage];
        to->in += st->in;
        to->kept += st->kept;
        to->out += st->out;
        to->absorbed += st->absorbed;
        to->annotated += st->annotated;
        to->batches += st->batches;
    }
    for (size_t m = 0; m < to->n_metrics; m++)
        collect_metric(x, stage, m, to);
}

static void add_time(exec *x, uint32_t stage)
{
    for (unsigned i = 0; i < x->threads; i++)
        x->result[stage].ns += x->workers[i].st[stage].ns;
}

/* What a stage decided in an earlier pass, in which it only ran for those below it, it must decide again: what was
 * fitted below was fitted on that. */
static void compare(exec *x, uint32_t stage, const exec_stage *now)
{
    const exec_stage *then = &x->seen[stage];
    const char *name = x->p->stages[stage].name;
    sbuf why = { 0 };
    if (!then->ran || x->o.pick) /* then all documents came by, now only some */
        return;
    if (then->in != now->in || then->out != now->out)
        sbuf_printf(&why,
                    "%s decided otherwise in a later pass: first %llu of %llu documents went on, then %llu of %llu",
                    name, (unsigned long long)then->out, (unsigned long long)then->in, (unsigned long long)now->out,
                    (unsigned long long)now->in);
    for (size_t m = 0; m < now->n_metrics && !why.n; m++)
        if (now->metrics[m].kind <= SL_M_ERROR && now->metrics[m].n != then->metrics[m].n)
            sbuf_printf(&why, "%s decided otherwise in a later pass: first it rejected %llu as %s, then %llu", name,
                        (unsigned long long)then->metrics[m].n, now->metrics[m].name,
                        (unsigned long long)now->metrics[m].n);
    if (why.n)
        sched_fail(x, (item){ UINT32_MAX, 0 }, SL_E_INTERNAL, sbuf_z(&why));
    sbuf_free(&why);
}

void result_add_pass(exec *x, bool partial)
{
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        stage_state *s = &x->st[i];
        const pass_stage *now = pass_of(x, i);
        add_time(x, i);
        if (now->role == ROLE_FIT && !s->round) /* further rounds look at the same documents again */
            for (unsigned t = 0; t < x->threads; t++)
                for (size_t m = 0; m < s->n_metrics; m++)
                    s->fit_counts[m] += x->workers[t].st[i].counts[m];
        if (now->role != ROLE_RUN)
            continue;
        if (now->official || partial) {
            sum_stage(x, i, &x->result[i]);
            if (!partial)
                compare(x, i, &x->result[i]);
        } else if (!x->seen[i].ran) {
            sum_stage(x, i, &x->seen[i]);
        }
    }
}

static void collect_stage(exec *x, uint32_t stage)
{
    const stage_state *s = &x->st[stage];
    exec_stage *to = &x->result[stage];
    to->tables = s->tables;
    to->n_tables = s->n_tables;
    to->ns += s->fit_ns;
    for (size_t i = 0; i < x->n_outs; i++)
        to->ns += x->out_stage[i] == stage ? output_ns(x->out_list[i]) : 0;
    for (size_t m = 0; m < to->n_metrics; m++)
        if (to->metrics[m].kind == SL_M_COUNT)
            to->metrics[m].n += s->fit_counts[m];
}

/* Damage that ended the run: how much was read before it, and what to set to go on. */
static void explain_damage(exec *x)
{
    const uint32_t input = x->fail_at.split < x->now.n ? x->now.v[x->fail_at.split].input : PLAN_NONE;
    const work_split *sp = input != PLAN_NONE ? &x->splits[input] : NULL;
    uint64_t records = 0;
    char number[32];
    if (x->fail_code != SL_E_DATA || !sp || !x->st[sp->source].uses_input)
        return;
    for (size_t i = 0; i <= input; i++) /* with on_error: fail nothing behind the damage of a split was read */
        if (x->splits[i].source == sp->source && x->splits[i].file == sp->file)
            records += x->splits[i].records;
    sbuf_printf(&x->fail_text,
                "\n%s documents before it were read. Set 'on_error: skip_file' to go on past damaged files%s.",
                human_count(number, records), ", or 'skip_record' past damaged places");
}

void exec_collect(exec *x)
{
    for (uint32_t i = 0; x->result && i < x->p->n_stages; i++)
        collect_stage(x, i);
    if ((!collect_manifest(x) || !collect_damage(x)) && !x->failed) /* a report that says less would be wrong */
        sched_fail(x, (item){ UINT32_MAX, 0 }, SL_E_NOMEM, "out of memory");
    const worker *first = &x->workers[0];
    for (unsigned i = 1; i < x->threads; i++)
        first = x->workers[i].first_error < first->first_error ? &x->workers[i] : first;
    sbuf_puts(&x->first_error, sbuf_z(&first->first_text));
    if (x->failed)
        explain_damage(x);
}

const exec_stage *exec_stages(const exec *x) { return x->result; }
const char *exec_first_error(const exec *x) { return sbuf_z(&x->first_error); }
const char *exec_error(const exec *x) { return sbuf_z(&x->fail_text); }
int exec_error_code(const exec *x) { return x->failed ? x->fail_code : SL_OK; }
const char *exec_notes(const exec *x) { return sbuf_z(&x->notes); }

size_t exec_files(const exec *x, const exec_file **out)
{
    *out = x->files;
    return x->n_files;
}

size_t exec_splits(const exec *x, const exec_split **out)
{
    *out = x->manifest;
    return x->n_manifest;
}

size_t exec_outputs(const exec *x, output *const **out, const uint32_t **stage)
{
    *out = x->out_list;
    *stage = x->out_stage;
    return x->n_outs;
}

void exec_progress_now(const exec *x, exec_progress *out)
{
    *out = (exec_progress){ .bytes_done = atomic_load(&x->bytes_done),
                            .bytes_total = atomic_load(&x->bytes_total),
                            .documents = atomic_load(&x->documents),
                            .kept = atomic_load(&x->kept),
                            .errors = atomic_load(&x->errors),
                            .pass = atomic_load(&x->pass_number),
                            .what = atomic_load(&x->pass_what) };
}

void exec_row_json(const exec_row *row, bool hidden, sbuf *out)
{
    void *const *inside = row->engine;
    const sl_json_write_spec all = { .size = sizeof all };
    const flow *f = inside[1];
    const sl_str raw = f->r->raw[row->row];
    if (row->is_error && row->fate == ROW_REJECTED) /* it may be no JSON at all */
        sbuf_json(out, raw.p ? raw.p : "", raw.n);
    else
        row_format(inside[0], f, row->row, &all, hidden, out);
}

void exec_row_column(const exec_row *row, const char *name, sbuf *out)
{
    void *const *inside = row->engine;
    const stage_thread *st = inside[0];
    const flow *f = inside[1];
    const plan *p = st->w->x->p;
    for (size_t i = 0; i < p->n_columns; i++)
        if (!strcmp(p->columns[i].name, name) && f->slot[i])
            json_column_value(&f->slot[i]->c, row->row, out);
}

bool exec_row_measured(const exec_row *row, size_t i, exec_measure *out)
{
    void *const *inside = row->engine;
    const stage_thread *st = inside[0];
    const worker *w = st->w;
    for (size_t k = 0; k < w->n_seen; k++) {
        const measured *m = &w->seen[k];
        sl_metric metric;
        if (m->f != inside[1] || m->row != row->row || i-- > 0)
            continue;
        if (!stage_metric(w->x->p->stages[st->stage].def, m->metric, &metric))
            return false;
        *out = (exec_measure){ metric.name, metric.unit, m->value };
        return true;
    }
    return false;
}
