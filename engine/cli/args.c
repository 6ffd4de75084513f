#include "cli/args.h"
#include <math.h>
#include <string.h>
#include "base/log.h"

static const char *const colors[] = { "auto", "always", "never", NULL };
static const char *const levels[] = { "error", "warn", "info", "debug", NULL };

static const char *const spills[] = { "auto", "always", NULL };

#define AT(f) offsetof(args, f)

const arg args_common[] = {
    { "plugin-path", 0, ARG_TEXT, "DIRS", AT(plugin_path),
      "folders of plugins, with ':' between; before SLUICE_PLUGIN_PATH and our own", NULL, 0, 0 },
    { "log-level", 0, ARG_CHOICE, "LEVEL", AT(log_level), "what to say on standard error", levels, 0, 0 },
    { "color", 0, ARG_CHOICE, "WHEN", AT(color), "colour; auto: on a terminal, unless NO_COLOR is set", colors, 0, 0 },
    { "quiet", 'q', ARG_FLAG, NULL, AT(quiet), "say nothing but errors", NULL, 0, 0 },
    { "help", 'h', ARG_FLAG, NULL, AT(help), "this text", NULL, 0, 0 },
    { 0 },
};

const arg args_pipeline[] = {
    { "set", 's', ARG_VAR, "NAME=VALUE", AT(sets), "sets ${NAME} of the pipeline file; may be given again", NULL, 0,
      0 },
    { "seed", 0, ARG_SEED, "N", AT(seed), "instead of the seed in the pipeline file", NULL, 0, 0 },
    { 0 },
};

const arg args_machine[] = {
    { "threads", 'j', ARG_COUNT, "N", AT(threads), "threads in all; default: the cores that this process may use", NULL,
      1, 1024 },
    { "memory", 'm', ARG_SIZE, "SIZE", AT(memory),
      "for all that is gathered, such as 4G; what is more goes to disk. Default: half of the machine's", NULL, 0, 0 },
    { "fresh", 0, ARG_FLAG, NULL, AT(fresh), "fit everything anew, whatever states are there", NULL, 0, 0 },
    { "spill", 0, ARG_CHOICE, "WHEN", AT(spill), "to disk: when memory is full, or always (to test that)", spills, 0,
      0 },
    { 0 },
};

const arg args_states[] = {
    { "state-dir", 0, ARG_TEXT, "DIR", AT(state_dir),
      "the folder of saved states; default: SLUICE_STATE_DIR, else runs/states", NULL, 0, 0 },
    { 0 },
};

/* ---- finding ---- */

static const arg *find(const command *c, const char *name, size_t n, char letter)
{
    for (const arg *const *g = c->groups; *g; g++)
        for (const arg *a = *g; a->name; a++)
            if (letter ? a->letter == letter : strlen(a->name) == n && !memcmp(a->name, name, n))
                return a;
    return NULL;
}

static const char *nearest(const command *c, const char *word)
{
    const char *names[64];
    size_t n = 0;
    for (const arg *const *g = c->groups; *g; g++)
        for (const arg *a = *g; a->name && n < sizeof names / sizeof *names; a++)
            names[n++] = a->name;
    return str_suggest(word, names, n);
}

static void unknown(diags *d, arena *mem, const command *c, const char *given)
{
    const size_t dashes = strspn(given, "-");
    const char *word = arena_strndup(mem, given + dashes, strcspn(given + dashes, "="));
    const char *guess = word ? nearest(c, word) : NULL;
    if (guess)
        diag_error(d, (diag_at){ 0 }, "sluice %s has no flag '%.*s%s'; did you mean '--%s'?", c->name, (int)dashes,
                   given, word, guess);
    else
        diag_error(d, (diag_at){ 0 }, "sluice %s has no flag '%.*s%s'", c->name, (int)dashes, given, word ? word : "");
}

/* ---- values ---- */

static bool set_choice(diags *d, const arg *a, const char *text, uint32_t *out)
{
    sbuf all = { 0 };
    for (uint32_t i = 0; a->choices[i]; i++) {
        if (!strcmp(a->choices[i], text)) {
            *out = i;
            sbuf_free(&all);
            return true;
        }
        sbuf_printf(&all, "%s%s", i ? ", " : "", a->choices[i]);
    }
    diag_error(d, (diag_at){ 0 }, "--%s = '%s' is none of: %s", a->name, text, sbuf_z(&all));
    sbuf_free(&all);
    return false;
}

static bool set_var(args *a, arena *mem, diags *d, const char *text)
{
    const char *eq = strchr(text, '=');
    if (!eq || eq == text) {
        diag_error(d, (diag_at){ 0 }, "--set wants NAME=VALUE, not '%s'", text);
        return false;
    }
    pipeline_var *v = arena_alloc(mem, (a->n_sets + 1) * sizeof *v, _Alignof(pipeline_var));
    const char *name = arena_strndup(mem, text, (size_t)(eq - text));
    if (!v || !name) {
        diag_nomem(d);
        return false;
    }
    if (a->n_sets)
        memcpy(v, a->sets, a->n_sets * sizeof *v);
    v[a->n_sets++] = (pipeline_var){ name, eq + 1 };
    a->sets = v;
    return true;
}

/* Numbers and sizes are read as in a pipeline file. */
static bool set_number(diags *d, arena *mem, const arg *a, const char *text, void *out)
{
    const char *name = arena_printf(mem, "--%s", a->name);
    const sl_option row = { .name = name ? name : a->name,
                            .type = a->type == ARG_SIZE       ? SL_OPT_SIZE
                                    : a->type == ARG_DURATION ? SL_OPT_DURATION
                                                              : SL_OPT_I64,
                            .min = a->type == ARG_SEED   ? -(double)INFINITY
                                   : a->type == ARG_SIZE ? 1 << 20
                                                         : a->min,
                            .max = a->type == ARG_COUNT ? a->max : (double)INFINITY };
    int64_t n;
    if (a->type == ARG_SIZE || a->type == ARG_SEED || a->type == ARG_DURATION)
        return option_value(d, mem, &row, (diag_at){ 0 }, text, out);
    if (!option_value(d, mem, &row, (diag_at){ 0 }, text, &n))
        return false;
    *(uint32_t *)out = (uint32_t)n;
    return true;
}

static bool set(args *a, arena *mem, diags *d, const arg *row, const char *text)
{
    void *to = (char *)a + row->offset;
    switch (row->type) {
    case ARG_FLAG: *(uint8_t *)to = 1; return true;
    case ARG_TEXT:
        if (!*text) {
            diag_error(d, (diag_at){ 0 }, "--%s is empty", row->name);
            return false;
        }
        *(const char **)to = text;
        return true;
    case ARG_CHOICE: return set_choice(d, row, text, to);
    case ARG_VAR: return set_var(a, mem, d, text);
    default: return set_number(d, mem, row, text, to);
    }
}

/* ---- parsing ---- */

/* One flag at argv[i]; returns how many words it took. */
static int parse_flag(args *a, arena *mem, diags *d, const command *c, int left, char *const *argv)
{
    const char *given = argv[0], *value = NULL;
    const arg *row;
    if (given[1] == '-') {
        const size_t n = strcspn(given + 2, "=");
        row = find(c, given + 2, n, 0);
        value = given[2 + n] ? given + 3 + n : NULL;
    } else {
        row = find(c, NULL, 0, given[1]);
        value = given[2] ? given + 2 + (given[2] == '=') : NULL;
    }
    if (!row) {
        unknown(d, mem, c, given);
        return 1;
    }
    if (row->type == ARG_FLAG) {
        if (value)
            diag_error(d, (diag_at){ 0 }, "--%s takes no value", row->name);
        else
            set(a, mem, d, row, NULL);
        return 1;
    }
    if (!value && left < 2) {
        diag_error(d, (diag_at){ 0 }, "--%s wants a value: --%s %s", row->name, row->name, row->value);
        return 1;
    }
    set(a, mem, d, row, value ? value : argv[1]);
    return value ? 1 : 2;
}

static void count_operands(const args *a, diags *d, const command *c)
{
    if (a->help)
        return;
    if (a->n_operands < c->min_operands)
        diag_error(d, (diag_at){ 0 }, "sluice %s wants %s", c->name, c->operands);
    else if (a->n_operands > c->max_operands)
        diag_error(d, (diag_at){ 0 }, "sluice %s takes %s, and there is also '%s'", c->name,
                   c->max_operands ? c->operands : "no operand", a->operands[c->max_operands]);
}

bool args_parse(args *a, arena *mem, diags *d, const command *c, int argc, char *const *argv)
{
    const size_t before = d->errors;
    bool flags = true;
    *a = (args){ .seed = INT64_MIN, .take = 3, .log_level = LOG_INFO, .older = -1 };
    a->operands = arena_zalloc(mem, ((size_t)argc + 1) * sizeof *a->operands, _Alignof(const char *));
    if (!a->operands) {
        diag_nomem(d);
        return false;
    }
    for (int i = 0; i < argc;) {
        const char *w = argv[i];
        if (flags && !strcmp(w, "--")) {
            flags = false;
            i++;
        } else if (flags && w[0] == '-' && w[1]) {
            i += parse_flag(a, mem, d, c, argc - i, argv + i);
        } else {
            a->operands[a->n_operands++] = w;
            i++;
        }
    }
    if (d->errors == before)
        count_operands(a, d, c);
    return d->errors == before;
}

/* ---- help ---- */

static void flag_text(const arg *a, sbuf *out)
{
    sbuf_clear(out);
    if (a->letter)
        sbuf_printf(out, "-%c, --%s", a->letter, a->name);
    else
        sbuf_printf(out, "    --%s", a->name);
    if (a->type != ARG_FLAG)
        sbuf_printf(out, " %s", a->value);
}

void args_help(const command *c, sbuf *out)
{
    sbuf flag = { 0 };
    size_t width = 0;
    sbuf_printf(out, "sluice %s%s%s [flags]\n\n%s.\n", c->name, *c->operands ? " " : "", c->operands, c->summary);
    if (c->text)
        sbuf_printf(out, "\n%s", c->text);
    sbuf_puts(out, "\nflags\n");
    for (const arg *const *g = c->groups; *g; g++)
        for (const arg *a = *g; a->name; a++) {
            flag_text(a, &flag);
            width = flag.n > width ? flag.n : width;
        }
    for (const arg *const *g = c->groups; *g; g++)
        for (const arg *a = *g; a->name; a++) {
            flag_text(a, &flag);
            sbuf_printf(out, "  %-*s   %s", (int)width, sbuf_z(&flag), a->help);
            for (size_t i = 0; a->choices && a->choices[i]; i++)
                sbuf_printf(out, "%s%s", i ? ", " : ": ", a->choices[i]);
            sbuf_putc(out, '\n');
        }
    sbuf_free(&flag);
}
