/* The way of a document as JSON. */
#include <string.h>
#include "cli/why.h"

static void put_doc(json_writer *w, const why_doc *d)
{
    char key[17];
    snprintf(key, sizeof key, "%016llx", (unsigned long long)d->key);
    jw_raw(w, "id", d->id ? d->id : "null");
    jw_str(w, "file", d->file);
    if (d->record)
        jw_u64(w, "record", d->record);
    else
        jw_str(w, "record", NULL);
    jw_str(w, "key", key);
    jw_u64(w, "pos", d->pos);
}

static void put_reason(const why *y, const why_step *s, json_writer *w)
{
    const plan_stage *stage = &y->c->plan.stages[s->stage];
    jw_str(w, "reason", s->reason);
    jw_bool(w, "error", s->error);
    jw_double(w, "value", s->value);
    jw_double(w, "limit", s->limit);
    jw_str(w, "unit", s->unit);
    jw_text(w, "detail", s->detail ? s->detail : "", s->detail_n);
    if (!s->partner)
        return;
    jw_object(w, "partner");
    jw_str(w, "port", s->port && s->port <= stage->n_ports ? stage->ports[s->port - 1].name : NULL);
    if (s->found) {
        jw_bool(w, "part", s->found->part);
        put_doc(w, s->found);
    } else {
        jw_u64(w, "pos", s->partner);
    }
    jw_close(w);
}

static void put_seen(const why_step *s, json_writer *w)
{
    if (s->n_measures) {
        jw_list(w, "measured");
        for (size_t i = 0; i < s->n_measures; i++) {
            jw_object(w, NULL);
            jw_str(w, "name", s->measures[i].name);
            jw_double(w, "value", s->measures[i].value);
            jw_str(w, "unit", s->measures[i].unit);
            jw_close(w);
        }
        jw_close(w);
    }
    if (s->n_changes) {
        jw_list(w, "changes");
        for (size_t i = 0; i < s->n_changes; i++) {
            jw_object(w, NULL);
            jw_str(w, "column", s->changes[i].column);
            jw_raw(w, "before", s->changes[i].before ? s->changes[i].before : "null");
            jw_raw(w, "after", s->changes[i].after ? s->changes[i].after : "null");
            jw_close(w);
        }
        jw_close(w);
    }
    if (s->place) {
        jw_u64(w, "place", s->place);
        jw_u64(w, "of", s->of);
    }
}

static void put_step(const why *y, const why_step *s, json_writer *w)
{
    static const char *const fate[] = { [ROW_KEPT] = "kept", [ROW_REJECTED] = "dropped", [ROW_ANNOTATED] = "marked" };
    static const char *const sure[] = { [UNSURE_NONE] = "yes", [UNSURE_ALONE] = "alone", [UNSURE_PLACE] = "no" };
    const plan_stage *stage = &y->c->plan.stages[s->stage];
    jw_object(w, NULL);
    jw_str(w, "stage", stage->name);
    jw_str(w, "use", stage->common.use);
    jw_str(w, "fate", s->unsure == UNSURE_PLACE ? NULL : fate[s->fate]);
    jw_str(w, "sure", sure[s->unsure]);
    if (s->reason && s->unsure != UNSURE_PLACE)
        put_reason(y, s, w);
    if (s->unsure != UNSURE_PLACE)
        put_seen(s, w);
    if (stage->def->s.kind == SL_SINK) {
        const char *first, *last;
        const json_tree *shard;
        jw_list(w, "written_to");
        if (why_shards(y, s->stage, &first, &last))
            for (size_t i = 0; (shard = report_item(&y->run.root, "outputs", i)); i++)
                if (!strcmp(report_str(shard, "stage"), stage->name))
                    jw_str(w, NULL, report_str(shard, "path"));
        jw_close(w);
    }
    jw_close(w);
}

static void put_row(const why *y, uint32_t row, json_writer *w)
{
    static const char *const fate[] = {
        [FATE_WRITTEN] = "written", [FATE_DROPPED] = "dropped", [FATE_TAKEN] = "taken", [FATE_UNKNOWN] = "unknown"
    };
    const why_row *r = &y->rows[row];
    const uint32_t by = why_taken_by(y, row);
    jw_str(w, "fate", fate[why_fate(y, row)]);
    if (by != PLAN_NONE)
        jw_str(w, "taken_by", y->c->plan.stages[by].name);
    if (r->asked && y->n_columns) {
        jw_object(w, "columns");
        for (size_t i = 0; i < y->n_columns; i++)
            jw_raw(w, y->columns[i], r->asked[i] ? r->asked[i] : "null");
        jw_close(w);
    }
    jw_list(w, "stages");
    for (size_t i = 0; i < r->n_steps; i++)
        put_step(y, &r->steps[i], w);
    jw_close(w);
    jw_list(w, "parts");
    for (uint32_t i = r->first_part; i != PLAN_NONE && w->depth < 48; i = y->rows[i].next_part) {
        jw_object(w, NULL);
        jw_raw(w, "id", y->rows[i].id ? y->rows[i].id : "null");
        jw_str(w, "made_by", y->c->plan.stages[y->rows[i].made_by].name);
        put_row(y, i, w);
        jw_close(w);
    }
    jw_close(w);
}

void why_json(const why *y, sbuf *out)
{
    json_writer w = { .out = out };
    jw_object(&w, NULL);
    jw_str(&w, "run", y->run.label);
    jw_bool(&w, "same_plan", y->same_plan);
    jw_bool(&w, "same_inputs", y->same_inputs);
    jw_list(&w, "warnings");
    for (size_t i = 0; i < y->n_said; i++)
        jw_str(&w, NULL, y->said[i]);
    jw_close(&w);
    jw_u64(&w, "found", y->n_found);
    jw_u64(&w, "looked_through", y->n_looked);
    jw_list(&w, "documents");
    for (uint32_t i = 0; i < y->n_docs; i++) {
        jw_object(&w, NULL);
        put_doc(&w, &y->docs[i]);
        put_row(y, i, &w);
        jw_close(&w);
    }
    jw_close(&w);
    jw_close(&w);
    sbuf_putc(out, '\n');
}
