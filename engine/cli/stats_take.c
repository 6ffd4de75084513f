#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "cli/stats.h"

/* ---- a row ---- */

static stats_value *value_named(stats_stage *s, const char *name)
{
    for (size_t i = 0; i < s->n_values; i++)
        if (!strcmp(s->values[i].name, name))
            return &s->values[i];
    return NULL;
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

static void put_rule(stats_stage *s, const exec_row *row)
{
    const sl_why *why = &row->why;
    uint64_t may = 0;
    size_t i = 0;
    while (i < s->n_rules && strcmp(s->rules[i].reason, row->reason) != 0)
        i++;
    if (i == s->n_rules)
        return; /* of the engine: no rule of the stage */
    stats_rule *r = &s->rules[i];
    if (!r->dropped) {
        r->limit = why->limit;
        r->above = why->value > why->limit;
    }
    for (size_t k = 0; k < s->n_values; k++)
        if (s->rows < s->values[k].room && s->values[k].v[s->rows] == why->value)
            may |= (uint64_t)1 << k;
    r->dropped++;
    r->may &= may;
    r->unclear |= why->value == why->limit || (why->value > why->limit) != r->above || why->limit != r->limit;
}

bool stats_take(stats_stage *s, const exec_row *row)
{
    const bool gone = row->fate != ROW_KEPT;
    exec_measure m;
    for (size_t i = 0; exec_row_measured(row, i, &m); i++) {
        stats_value *v = value_named(s, m.name);
        if (v && !put_value(v, s->rows, m.value))
            return false;
    }
    if (!put_fate(s, gone))
        return false;
    if (gone && row->reason)
        put_rule(s, row);
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
    if (!r->dropped) { /* nothing but the tables can tell */
        r->value = isnan(r->limit) ? STATS_NONE : r->told;
        return;
    }
    for (uint32_t i = 0; i < s->n_values && !r->unclear; i++)
        if (r->may >> i & 1 && (r->value == STATS_NONE || r->told == i) && fits(s, r, &s->values[i]))
            r->value = i;
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

uint64_t stats_would_drop(const stats_stage *s, const stats_rule *r, double limit)
{
    const stats_value *v = &s->values[r->value];
    uint64_t n = 0;
    for (size_t i = 0; i < v->n; i++)
        n += is_beyond(r, v->sorted[i], limit);
    return n;
}
