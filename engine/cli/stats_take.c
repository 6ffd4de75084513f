#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/stats.h"

enum { MOST_VALUES = 64 };

/* ---- a row ---- */

static stats_value *value_named(stats_stage *s, arena *mem, const exec_measure *m)
{
    for (size_t i = 0; i < s->n_values; i++)
        if (!strcmp(s->values[i].name, m->name))
            return &s->values[i];
    if (s->n_values == MOST_VALUES)
        return NULL;
    stats_value *v = arena_grow(mem, s->values, s->n_values, sizeof *v);
    if (!v)
        return NULL;
    s->values = v;
    v[s->n_values] = (stats_value){ .name = arena_strdup(mem, m->name),
                                    .unit = m->unit && *m->unit ? arena_strdup(mem, m->unit) : NULL };
    return v[s->n_values].name ? &v[s->n_values++] : NULL;
}

static bool put_value(stats_value *v, uint64_t row, double value)
{
    if (row >= v->room) {
        const size_t room = (size_t)row * 2 + 1024;
        double *more = realloc(v->v, room * sizeof *more);
        if (!more)
            return false;
        for (size_t i = v->room; i < room; i++)
            more[i] = NAN;
        v->v = more;
        v->room = room;
    }
    v->v[row] = value;
    return true;
}

static bool put_fate(stats_stage *s, bool gone)
{
    if (s->rows >= s->room) {
        const size_t room = s->room * 2 + 1024;
        uint8_t *more = realloc(s->gone, room);
        if (!more)
            return false;
        s->gone = more;
        s->room = room;
    }
    s->gone[s->rows] = gone;
    return true;
}

static bool put_rule(stats_stage *s, arena *mem, const exec_row *row)
{
    const sl_why *why = &row->why;
    uint64_t may = 0;
    size_t i = 0;
    for (; i < s->n_rules && strcmp(s->rules[i].reason, row->reason); i++)
        ;
    if (i == s->n_rules) {
        stats_rule *r = arena_grow(mem, s->rules, i, sizeof *r);
        const char *reason = r ? arena_strdup(mem, row->reason) : NULL;
        if (!reason)
            return false;
        s->rules = r;
        r[s->n_rules++] = (stats_rule){ .reason = reason,
                                        .limit = why->limit,
                                        .above = why->value > why->limit,
                                        .may = UINT64_MAX,
                                        .value = STATS_NONE };
    }
    stats_rule *r = &s->rules[i];
    for (size_t k = 0; k < s->n_values; k++)
        if (s->rows < s->values[k].room && s->values[k].v[s->rows] == why->value)
            may |= (uint64_t)1 << k;
    r->dropped++;
    r->may &= may;
    r->unclear |= why->value == why->limit || (why->value > why->limit) != r->above || why->limit != r->limit;
    return true;
}

bool stats_take(stats_stage *s, arena *mem, const exec_row *row)
{
    const bool gone = row->fate != ROW_KEPT;
    exec_measure m;
    for (size_t i = 0; exec_row_measured(row, i, &m); i++) {
        stats_value *v = value_named(s, mem, &m);
        if (v ? !put_value(v, s->rows, m.value) : s->n_values < MOST_VALUES)
            return false;
    }
    if (!put_fate(s, gone) || (gone && row->reason && !put_rule(s, mem, row)))
        return false;
    s->dropped += gone;
    s->rows++;
    return true;
}

/* ---- behind the last ---- */

static bool is_beyond(const stats_rule *r, double v, double limit) { return r->above ? v > limit : v < limit; }

/* No document that is kept may lie beyond the limit. */
static bool fits(const stats_stage *s, const stats_rule *r, const stats_value *v)
{
    for (uint64_t i = 0; i < s->rows && i < v->room; i++)
        if (!s->gone[i] && is_beyond(r, v->v[i], r->limit))
            return false;
    return true;
}

static void find_value(const stats_stage *s, stats_rule *r)
{
    bool named = false;
    for (uint32_t i = 0; i < s->n_values && !r->unclear; i++) {
        const stats_value *v = &s->values[i];
        const bool same_name = !strncmp(v->name, r->reason, strlen(r->reason)); /* reason "x", value "x_value" */
        if (r->may >> i & 1 && (r->value == STATS_NONE || (same_name && !named)) && fits(s, r, v)) {
            r->value = i;
            named = same_name;
        }
    }
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bool stats_finish(stats_stage *s)
{
    for (size_t i = 0; i < s->n_values; i++) {
        stats_value *v = &s->values[i];
        v->sorted = malloc(((size_t)s->rows + 1) * sizeof *v->sorted);
        if (!v->sorted)
            return false;
        for (uint64_t row = 0; row < s->rows && row < v->room; row++)
            if (!isnan(v->v[row]))
                v->sorted[v->n++] = v->v[row];
        qsort(v->sorted, v->n, sizeof *v->sorted, by_size);
    }
    for (size_t i = 0; i < s->n_rules; i++)
        find_value(s, &s->rules[i]);
    return true;
}

void stats_free(stats_stage *s)
{
    for (size_t i = 0; i < s->n_values; i++) {
        free(s->values[i].v);
        free(s->values[i].sorted);
    }
    free(s->gone);
}

double stats_quantile(const stats_value *v, double q)
{
    const size_t at = (size_t)ceil(q * (double)v->n);
    return v->sorted[at ? at - 1 : 0];
}

double stats_threshold(const stats_rule *r, unsigned i)
{
    static const double part[STATS_STEPS] = { 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5 };
    char text[32];
    snprintf(text, sizeof text, "%.12g", r->limit * part[i]); /* 3.3, and not 3.3000000000000003 */
    return part[i] == 1 ? r->limit : strtod(text, NULL);
}

uint64_t stats_would_drop(const stats_stage *s, const stats_rule *r, double limit)
{
    const stats_value *v = &s->values[r->value];
    uint64_t n = 0;
    for (size_t i = 0; i < v->n; i++)
        n += is_beyond(r, v->sorted[i], limit);
    return n;
}
