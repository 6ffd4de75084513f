/* What is left of a run: counts, the manifest, the error; and what a tap may ask. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exec/engine.h"

static void collect_manifest(exec *x)
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
}

static int by_place(const void *a, const void *b)
{
    const damage *x = a, *y = b;
    if (x->at.split != y->at.split || x->at.chunk != y->at.chunk)
        return item_before(x->at, y->at) ? -1 : 1;
    return x->nth < y->nth ? -1 : x->nth > y->nth;
}

/* In the order of the stream, whoever met it first. */
static void collect_damage(exec *x)
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
            return;
        file->damage = list;
        list[file->n_damage++] = x->damages[i].text;
    }
}

static void collect_metric(exec *x, uint32_t stage, size_t m, exec_stage *to)
{
    const stage_state *s = &x->st[stage];
    exec_metric *out = &to->metrics[m];
    histogram *all = s->metric_kinds[m] == SL_M_VALUE ? histogram_new() : NULL;
    *out = (exec_metric){ .name = s->metric_names[m], .kind = s->metric_kinds[m] };
    for (unsigned i = 0; i < x->threads; i++) {
        const stage_thread *st = &x->workers[i].st[stage];
        out->n += st->counts[m];
        if (all && st->hist[m])
            histogram_merge(all, st->hist[m]);
    }
    if (all) {
        out->min = histogram_min(all);
        out->max = histogram_max(all);
        out->p50 = histogram_quantile(all, 0.5);
        out->p95 = histogram_quantile(all, 0.95);
        out->mean = histogram_mean(all);
    }
    histogram_free(all);
    to->rejected += out->kind == SL_M_REJECT ? out->n : 0;
    to->errors += out->kind == SL_M_ERROR ? out->n : 0;
}

static void collect_stage(exec *x, uint32_t stage)
{
    const stage_state *s = &x->st[stage];
    exec_stage *to = &x->result[stage];
    to->metrics = arena_zalloc(&x->mem, (s->n_metrics + 1) * sizeof *to->metrics, 8);
    to->n_metrics = to->metrics ? s->n_metrics : 0;
    to->tables = s->tables;
    to->n_tables = s->n_tables;
    for (unsigned i = 0; i < x->threads; i++) {
        const stage_thread *st = &x->workers[i].st[stage];
        to->in += st->in;
        to->kept += st->kept;
        to->annotated += st->annotated;
        to->batches += st->batches;
        to->ns += st->ns;
    }
    for (size_t i = 0; i < x->n_outs; i++)
        to->ns += x->out_stage[i] == stage ? output_ns(x->out_list[i]) : 0;
    for (size_t m = 0; m < to->n_metrics; m++)
        collect_metric(x, stage, m, to);
}

/* Damage that ended the run: how much was read before it, and what to set to go on. */
static void explain_damage(exec *x)
{
    const work_split *sp = x->fail_at.split < x->n_splits ? &x->splits[x->fail_at.split] : NULL;
    uint64_t records = 0;
    char number[32];
    if (x->fail_code != SL_E_DATA || !sp || !x->st[sp->source].uses_input)
        return;
    for (size_t i = 0; i <= x->fail_at.split;
         i++) /* with on_error: fail nothing behind the damage of a split was read */
        if (x->splits[i].source == sp->source && x->splits[i].file == sp->file)
            records += x->splits[i].records;
    sbuf_printf(&x->fail_text,
                "\n%s documents before it were read. Set 'on_error: skip_file' to go on past damaged files%s.",
                human_count(number, records), ", or 'skip_record' past damaged places");
}

void exec_collect(exec *x)
{
    x->result = arena_zalloc(&x->mem, (x->p->n_stages + 1) * sizeof *x->result, 8);
    for (uint32_t i = 0; x->result && i < x->p->n_stages; i++)
        collect_stage(x, i);
    collect_manifest(x);
    collect_damage(x);
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
                            .bytes_total = x->bytes_total,
                            .documents = atomic_load(&x->documents),
                            .kept = atomic_load(&x->kept),
                            .errors = atomic_load(&x->errors) };
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
