/* What the tables of a stage tell of its rules, so that those that dropped nothing can be shown too: a reason whose
 * help begins "above OPTION" or "below OPTION" compares the value that is called as the option, without min_ or max_ in
 * front or with _value behind. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/stats.h"

static const char *option_in(const char *help, arena *mem)
{
    const size_t n = strspn(help, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return n ? arena_strndup(mem, help, n) : NULL;
}

/* NaN: there is no such option, or it is not given, or 0, which switches a rule off. */
static double limit_of(const plan_stage *p, const char *option)
{
    sl_option row;
    for (size_t i = 0; option_row(p->def->options, i, &row); i++) {
        const char *at = (const char *)p->cfg + row.offset;
        double f = NAN;
        int64_t n = INT64_MIN;
        if (strcmp(row.name, option) != 0)
            continue;
        if (row.type == SL_OPT_F64)
            memcpy(&f, at, sizeof f);
        else if (row.type == SL_OPT_I64)
            memcpy(&n, at, sizeof n);
        if (n != INT64_MIN)
            f = (double)n;
        return f == 0 ? NAN : f;
    }
    return NAN;
}

static uint32_t value_of(const stats_stage *s, const char *option)
{
    const char *bare = !strncmp(option, "min_", 4) || !strncmp(option, "max_", 4) ? option + 4 : option;
    const size_t n = strlen(option);
    for (uint32_t i = 0; i < s->n_values; i++) {
        const char *name = s->values[i].name;
        if (!strcmp(name, bare) || (!strncmp(name, option, n) && !strcmp(name + n, "_value")))
            return i;
    }
    return STATS_NONE;
}

static bool declare_value(stats_stage *s, arena *mem, const sl_metric *m)
{
    stats_value *v = s->n_values < STATS_VALUES ? arena_grow(mem, s->values, s->n_values, sizeof *v) : NULL;
    if (!v)
        return s->n_values == STATS_VALUES;
    s->values = v;
    v[s->n_values++] = (stats_value){ .name = m->name, .unit = m->unit && *m->unit ? m->unit : NULL };
    return true;
}

static bool declare_rule(stats_stage *s, arena *mem, const plan_stage *p, const sl_metric *m)
{
    const bool above = !strncmp(m->help, "above ", 6);
    stats_rule *r = arena_grow(mem, s->rules, s->n_rules, sizeof *r);
    if (!r)
        return false;
    s->rules = r;
    r[s->n_rules] = (stats_rule){
        .reason = m->name, .limit = NAN, .above = above, .may = UINT64_MAX, .value = STATS_NONE, .told = STATS_NONE
    };
    const char *option = above || !strncmp(m->help, "below ", 6) ? option_in(m->help + 6, mem) : NULL;
    if (option) {
        r[s->n_rules].limit = limit_of(p, option);
        r[s->n_rules].told = value_of(s, option);
        r[s->n_rules].option = option;
    }
    s->n_rules++;
    return true;
}

bool stats_declare(stats_stage *s, arena *mem, const plan_stage *p)
{
    sl_metric m;
    for (size_t i = 0; stage_metric(p->def, i, &m); i++)
        if (m.kind == SL_M_VALUE && !declare_value(s, mem, &m))
            return false;
    for (size_t i = 0; stage_metric(p->def, i, &m); i++)
        if ((m.kind == SL_M_REJECT || m.kind == SL_M_ERROR) && !declare_rule(s, mem, p, &m))
            return false;
    return true;
}

/* ---- limits to look at ---- */

static bool is_whole(const stats_value *v)
{
    bool whole = true;
    for (size_t i = 0; i < v->n && whole; i++)
        whole = v->sorted[i] == floor(v->sorted[i]);
    return whole;
}

unsigned stats_limits(const stats_stage *s, const stats_rule *r, double out[STATS_STEPS])
{
    static const double part[STATS_STEPS] = { 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5 };
    const stats_value *v = &s->values[r->value];
    const bool whole = is_whole(v) && r->limit == floor(r->limit);
    const bool share = !whole && r->limit <= 1 && v->sorted[v->n - 1] <= 1;
    unsigned n = 0;
    for (unsigned i = 0; i < STATS_STEPS; i++) {
        char text[32];
        snprintf(text, sizeof text, "%.12g", r->limit * part[i]); /* 3.3, and not 3.3000000000000003 */
        double limit = part[i] == 1 ? r->limit : strtod(text, NULL);
        limit = whole ? round(limit) : share && limit > 1 ? 1 : limit;
        if (!n || limit > out[n - 1])
            out[n++] = limit;
    }
    return n;
}
