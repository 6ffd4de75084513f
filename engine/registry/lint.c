/* Is a stage's description sound? What `inspect` and the tests ask of every plugin, ours and others'. */
#include <math.h>
#include <string.h>
#include "registry/registry.h"

static const diag_at nowhere;

static bool good_name(const char *s, const char *extra)
{
    if (!s || !*s || strlen(s) > 60)
        return false;
    for (const char *p = s; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || strchr(extra, *p)))
            return false;
    return true;
}

enum { MAX_TABLES = 8 }; /* a table may hold itself: conditions of conditions */

static void lint_options(const char *stage, option_table t, unsigned depth, diags *d)
{
    sl_option o;
    for (size_t i = 0; option_row(t, i, &o); i++) {
        const uint32_t type = o.type & ~(uint32_t)SL_OPT_MANY;
        if (!good_name(o.name, "_"))
            diag_error(d, nowhere, "%s: option '%s' is not named in lower case with underscores", stage, o.name);
        if (!o.help || !*o.help)
            diag_error(d, nowhere, "%s: option '%s' has no help", stage, o.name);
        if (type < SL_OPT_BOOL || type > SL_OPT_TABLE)
            diag_error(d, nowhere, "%s: option '%s' has an unknown type", stage, o.name);
        if (type == SL_OPT_ENUM && (!o.choices || !o.choices[0]))
            diag_error(d, nowhere, "%s: option '%s' has no choices", stage, o.name);
        if (type == SL_OPT_TABLE && (!o.table || !o.table_size))
            diag_error(d, nowhere, "%s: option '%s' has no table", stage, o.name);
        if (o.def && type != SL_OPT_TABLE && !(o.type & SL_OPT_MANY)) {
            union {
                uint64_t u;
                double f;
                sl_amount a;
                const char *s;
            } value = { 0 };
            arena mem;
            arena_init(&mem, 256);
            option_value(d, &mem, &o, nowhere, o.def, &value);
            arena_free(&mem);
        }
        if (type == SL_OPT_TABLE && o.table && depth < MAX_TABLES)
            lint_options(stage, (option_table){ o.table, t.stride }, depth + 1, d);
    }
}

void stage_lint(const stage_def *def, diags *d)
{
    const char *name = def->s.name;
    sl_metric m;
    sl_field f;
    if (!good_name(name, "._"))
        diag_error(d, nowhere, "stage '%s' is not named in lower case, family.verb or one word", name);
    if (!def->s.summary || !*def->s.summary)
        diag_error(d, nowhere, "%s has no summary", name);
    lint_options(name, def->options, 0, d);
    for (size_t i = 0; stage_metric(def, i, &m); i++) {
        if (!good_name(m.name, "_"))
            diag_error(d, nowhere, "%s: metric '%s' is not named in lower case with underscores", name, m.name);
        if (m.kind < SL_M_REJECT || m.kind > SL_M_VALUE)
            diag_error(d, nowhere, "%s: metric '%s' has an unknown kind", name, m.name);
    }
    bool several = false;
    for (size_t i = 0; stage_field(def, i, &f); i++) {
        const char *dollar = strchr(f.name, '$');
        if (!(f.flags & (SL_READ | SL_WRITE | SL_REMOVE)))
            diag_error(d, nowhere, "%s: column '%s' is neither read nor written nor removed", name, f.name);
        if (dollar && *f.name == '$' && !strchr(f.name, '.')) {
            sl_option o;
            bool found = false;
            for (size_t k = 0; option_row(def->options, k, &o) && !found; k++)
                found = !strcmp(o.name, f.name + 1);
            if (!found && strcmp(f.name, "$as"))
                diag_error(d, nowhere, "%s: column '%s' names an option that is not there", name, f.name);
            several |= found && (o.type & SL_OPT_MANY);
        } else if (*f.name == '*' || dollar) {
            several |= *f.name == '*' || *f.name == '$';
        } else if (several) {
            diag_error(d, nowhere, "%s: column '%s' stands behind a field that names several columns", name, f.name);
        }
    }
}
