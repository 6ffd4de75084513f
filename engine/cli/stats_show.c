#include <math.h>
#include <stdio.h>
#include <string.h>
#include "cli/stats.h"

static const double quantiles[] = { 0, 0.05, 0.25, 0.5, 0.75, 0.95, 1 };
static const char *const heads[] = { "min", "5 %", "25 %", "50 %", "75 %", "95 %", "max" };
enum { N_QUANTILES = sizeof quantiles / sizeof *quantiles, NUMBER = 10, NAME = 28 };

static bool is_shown(const stats_stage *s) { return s->rows && (s->n_values || s->n_rules); }

/* ---- for people ---- */

static void put_number(double x, sbuf *out)
{
    if (fabs(x) >= 1000 && fabs(x) < 1e9) /* %g would write 12345 as 1.234e+04 */
        sbuf_printf(out, "%*.0f", NUMBER, x);
    else
        sbuf_printf(out, "%*.4g", NUMBER, x);
}

static void put_count(uint64_t n, sbuf *out)
{
    char text[32];
    sbuf_printf(out, "%*s", NUMBER, human_count(text, n));
}

static void values_text(const stats_stage *s, sbuf *out)
{
    sbuf_printf(out, "  %-*s", NAME, "measured");
    for (size_t i = 0; i < N_QUANTILES; i++)
        sbuf_printf(out, "%*s", NUMBER, heads[i]);
    sbuf_putc(out, '\n');
    for (size_t i = 0; i < s->n_values; i++) {
        const stats_value *v = &s->values[i];
        sbuf_printf(out, "  %-*s", NAME, v->name);
        for (size_t k = 0; k < N_QUANTILES && v->n; k++)
            put_number(stats_quantile(v, quantiles[k]), out);
        sbuf_putc(out, '\n');
    }
}

static void rule_text(const stats_stage *s, const stats_rule *r, sbuf *out)
{
    sbuf_printf(out, "  %-*s", NAME, r->reason);
    put_count(r->dropped, out);
    if (r->value == STATS_NONE) {
        sbuf_puts(out, "   by no single number\n");
        return;
    }
    sbuf_printf(out, "   %s %s\n  %-*s", s->values[r->value].name, r->above ? "above" : "below", NAME, "");
    for (unsigned i = 0; i < STATS_STEPS; i++)
        put_number(stats_threshold(r, i), out);
    sbuf_printf(out, "\n  %-*s", NAME, "");
    for (unsigned i = 0; i < STATS_STEPS; i++)
        put_count(stats_would_drop(s, r, stats_threshold(r, i)), out);
    sbuf_putc(out, '\n');
}

void stats_show(const stats_view *v, sbuf *out)
{
    const char *strong = v->color ? "\033[1m" : "", *plain = v->color ? "\033[0m" : "";
    char a[32], b[32];
    sbuf_printf(out, "%s %s document%s\n", v->all ? "all" : "the first", human_count(a, v->documents),
                v->documents == 1 ? "" : "s");
    for (size_t i = 0; i < v->plan->n_stages; i++) {
        const stats_stage *s = &v->stages[i];
        if (!is_shown(s))
            continue;
        sbuf_printf(out, "\n%s%s%s  %s in, %s dropped or marked\n", strong, v->plan->stages[i].name, plain,
                    human_count(a, s->rows), human_count(b, s->dropped));
        if (s->n_values)
            values_text(s, out);
        if (s->n_rules)
            sbuf_printf(out, "  %-*s%*s   below it: other limits, and how many each would drop alone\n", NAME, "reason",
                        NUMBER, "documents");
        for (size_t k = 0; k < s->n_rules; k++)
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
    for (size_t i = 0; i < N_QUANTILES && v->n; i++) {
        char name[32];
        snprintf(name, sizeof name, "%g", quantiles[i]);
        jw_double(w, name, stats_quantile(v, quantiles[i]));
    }
    jw_close(w);
    jw_close(w);
}

static void rule_json(const stats_stage *s, const stats_rule *r, json_writer *w)
{
    const bool known = r->value != STATS_NONE;
    jw_object(w, NULL);
    jw_str(w, "reason", r->reason);
    jw_u64(w, "dropped", r->dropped);
    jw_str(w, "value", known ? s->values[r->value].name : NULL);
    if (known) {
        jw_str(w, "drops", r->above ? "above" : "below");
        jw_double(w, "limit", r->limit);
        jw_list(w, "would_drop");
        for (unsigned i = 0; i < STATS_STEPS; i++) {
            jw_object(w, NULL);
            jw_double(w, "limit", stats_threshold(r, i));
            jw_u64(w, "documents", stats_would_drop(s, r, stats_threshold(r, i)));
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
        if (!is_shown(s))
            continue;
        jw_object(&w, NULL);
        jw_str(&w, "stage", v->plan->stages[i].name);
        jw_u64(&w, "in", s->rows);
        jw_u64(&w, "dropped", s->dropped);
        jw_list(&w, "values");
        for (size_t k = 0; k < s->n_values; k++)
            value_json(&s->values[k], &w);
        jw_close(&w);
        jw_list(&w, "rules");
        for (size_t k = 0; k < s->n_rules; k++)
            rule_json(s, &s->rules[k], &w);
        jw_close(&w);
        jw_close(&w);
    }
    jw_close(&w);
    jw_close(&w);
    sbuf_putc(out, '\n');
}
