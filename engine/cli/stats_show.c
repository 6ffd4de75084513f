#include <stdio.h>
#include <string.h>
#include "cli/stats.h"

static const double quantiles[] = { 0, 0.05, 0.25, 0.5, 0.75, 0.95, 1 };
static const char *const heads[] = { "min", "5 %", "25 %", "50 %", "75 %", "95 %", "max" };
enum { N_QUANTILES = sizeof quantiles / sizeof *quantiles, NUMBER = 10, NAME = 28 };

static bool is_measured(const stats_rule *r, const stats_stage *s)
{
    return r->value != STATS_NONE && s->values[r->value].n > 0;
}

static bool is_known(const stats_rule *r, const stats_stage *s) { return r->dropped || is_measured(r, s); }

static bool has_values(const stats_stage *s)
{
    bool has = false;
    for (size_t i = 0; i < s->n_values; i++)
        has |= s->values[i].n > 0;
    return has;
}

static bool has_rules(const stats_stage *s)
{
    bool has = false;
    for (size_t i = 0; i < s->n_rules; i++)
        has |= is_known(&s->rules[i], s);
    return has;
}

/* ---- for people ---- */

/* Four digits, and of a large number all in front of the point. */
static const char *number(char text[32], double v)
{
    snprintf(text, 32, v >= 9999.5 && v < 1e9 ? "%.0f" : "%.4g", v);
    return text;
}

static void values_text(const stats_stage *s, sbuf *out)
{
    char text[32];
    sbuf_printf(out, "  %-*s", NAME, "measured");
    for (size_t i = 0; i < N_QUANTILES; i++)
        sbuf_printf(out, "%*s", NUMBER, heads[i]);
    sbuf_putc(out, '\n');
    for (size_t i = 0; i < s->n_values; i++) {
        const stats_value *v = &s->values[i];
        if (!v->n)
            continue;
        sbuf_printf(out, "  %-*s", NAME, v->name);
        for (size_t k = 0; k < N_QUANTILES; k++)
            sbuf_printf(out, "%*s", NUMBER, number(text, stats_quantile(v, quantiles[k])));
        sbuf_putc(out, '\n');
    }
}

static void limits_text(const stats_stage *s, const stats_rule *r, const double *limits, unsigned n, sbuf *out)
{
    char text[32];
    sbuf_printf(out, "\n  %-*s", NAME, "");
    for (unsigned i = 0; i < n; i++)
        sbuf_printf(out, "%*s", NUMBER, number(text, limits[i]));
    sbuf_printf(out, "\n  %-*s", NAME, "");
    for (unsigned i = 0; i < n; i++)
        sbuf_printf(out, "%*s", NUMBER, human_count(text, stats_would_drop(s, r, limits[i])));
    sbuf_printf(out, "\n  %-*s", NAME, "");
    for (unsigned i = 0; i < n; i++)
        sbuf_printf(out, "%*.1f %%", NUMBER - 2, 100 * (double)stats_would_drop(s, r, limits[i]) / (double)s->rows);
    sbuf_putc(out, '\n');
}

static void rule_text(const stats_stage *s, const stats_rule *r, sbuf *out)
{
    double limits[STATS_STEPS];
    char text[32];
    sbuf_printf(out, "  %-*s%*s   ", NAME, r->reason, NUMBER, human_count(text, r->dropped));
    if (!is_measured(r, s)) {
        sbuf_puts(out, "by no single number\n");
        return;
    }
    const unsigned n = stats_limits(s, r, limits);
    const double loose = r->above ? limits[0] : limits[n - 1]; /* the limit that drops most */
    sbuf_printf(out, "%s %s ", s->values[r->value].name, r->above ? "above" : "below");
    if (r->option)
        sbuf_printf(out, "%s, ", r->option);
    sbuf_puts(out, number(text, r->limit));
    if (stats_would_drop(s, r, loose))
        limits_text(s, r, limits, n, out);
    else
        sbuf_printf(out, "; none %s %s\n", r->above ? "above" : "below", number(text, loose));
}

void stats_show(const stats_view *v, sbuf *out)
{
    const char *strong = v->color ? "\033[1m" : "", *plain = v->color ? "\033[0m" : "";
    char a[32], b[32];
    sbuf_printf(out, "%s %s document%s\n", v->all ? "all" : "the first", human_count(a, v->documents),
                v->documents == 1 ? "" : "s");
    for (size_t i = 0; i < v->plan->n_stages; i++) {
        const stats_stage *s = &v->stages[i];
        if (!has_values(s) && !has_rules(s))
            continue;
        sbuf_printf(out, "\n%s%s%s  %s in, %s dropped or marked\n", strong, v->plan->stages[i].name, plain,
                    human_count(a, s->rows), human_count(b, s->dropped));
        if (has_values(s))
            values_text(s, out);
        if (has_rules(s))
            sbuf_printf(out, "  %-*s%*s   below it: other limits, and how many each would drop alone\n", NAME, "reason",
                        NUMBER, "documents");
        for (size_t k = 0; k < s->n_rules; k++)
            if (is_known(&s->rules[k], s))
                rule_text(s, &s->rules[k], out);
    }
}

/* ---- JSON ---- */

static void value_json(const stats_value *v, json_writer *w)
{
    jw_object(w, NULL);
    jw_str(w, "name", v->name);
    jw_str(w, "unit", v->unit);
    jw_u64(w, "n", v->n);
    jw_object(w, "quantiles");
    for (size_t i = 0; i < N_QUANTILES; i++) {
        char name[32];
        snprintf(name, sizeof name, "%g", quantiles[i]);
        jw_double(w, name, stats_quantile(v, quantiles[i]));
    }
    jw_close(w);
    jw_close(w);
}

static void rule_json(const stats_stage *s, const stats_rule *r, json_writer *w)
{
    const bool measured = is_measured(r, s);
    double limits[STATS_STEPS];
    jw_object(w, NULL);
    jw_str(w, "reason", r->reason);
    jw_u64(w, "dropped", r->dropped);
    jw_str(w, "value", measured ? s->values[r->value].name : NULL);
    if (measured) {
        const unsigned n = stats_limits(s, r, limits);
        jw_str(w, "drops", r->above ? "above" : "below");
        jw_str(w, "option", r->option);
        jw_double(w, "limit", r->limit);
        jw_list(w, "would_drop");
        for (unsigned i = 0; i < n; i++) {
            jw_object(w, NULL);
            jw_double(w, "limit", limits[i]);
            jw_u64(w, "documents", stats_would_drop(s, r, limits[i]));
            jw_close(w);
        }
        jw_close(w);
    }
    jw_close(w);
}

void stats_json(const stats_view *v, sbuf *out)
{
    json_writer w = { .out = out };
    jw_object(&w, NULL);
    jw_u64(&w, "documents", v->documents);
    jw_bool(&w, "all", v->all);
    jw_list(&w, "stages");
    for (size_t i = 0; i < v->plan->n_stages; i++) {
        const stats_stage *s = &v->stages[i];
        if (!has_values(s) && !has_rules(s))
            continue;
        jw_object(&w, NULL);
        jw_str(&w, "stage", v->plan->stages[i].name);
        jw_u64(&w, "in", s->rows);
        jw_u64(&w, "dropped", s->dropped);
        jw_list(&w, "values");
        for (size_t k = 0; k < s->n_values; k++)
            if (s->values[k].n)
                value_json(&s->values[k], &w);
        jw_close(&w);
        jw_list(&w, "rules");
        for (size_t k = 0; k < s->n_rules; k++)
            if (is_known(&s->rules[k], s))
                rule_json(s, &s->rules[k], &w);
        jw_close(&w);
        jw_close(&w);
    }
    jw_close(&w);
    jw_close(&w);
    sbuf_putc(out, '\n');
}
