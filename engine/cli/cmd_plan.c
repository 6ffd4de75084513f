#include "cli/cli.h"
#include <stdlib.h>
#include <string.h>

static const arg own[] = {
    { "json", 0, ARG_FLAG, NULL, offsetof(args, json), "print the plan as JSON, as plan.json of a run holds it", NULL,
      0, 0 },
    { 0 },
};
static const arg *const groups[] = { own, args_pipeline, args_machine, args_states, args_common, NULL };

/* ---- stages ---- */

static void add_name(sbuf *out, const char *name) { sbuf_printf(out, "%s%s", out->n ? ", " : "", name); }

static void touched(const plan *p, const plan_stage *s, uint32_t flag, sbuf *out)
{
    for (size_t i = 0; i < s->n_view; i++)
        if (s->view[i].slot != PLAN_NONE && (s->view[i].flags & flag))
            add_name(out, p->columns[s->view[i].slot].name);
    for (size_t i = 0; flag == SL_WRITE && i < s->n_wanted; i++)
        add_name(out, p->columns[s->wanted[i]].name);
    if (flag == SL_WRITE && s->as_slot != PLAN_NONE)
        add_name(out, p->columns[s->as_slot].name);
    if (flag == SL_WRITE && s->as_value_slot != PLAN_NONE)
        add_name(out, p->columns[s->as_value_slot].name);
    if (flag == SL_READ && s->whole_row && s->def->s.kind != SL_SOURCE)
        add_name(out, "the whole document");
}

/* Files and bytes that a source reads. */
static void inputs_of(const exec *x, uint32_t stage, sbuf *out)
{
    const exec_file *v;
    size_t n = 0;
    uint64_t bytes = 0, splits = 0;
    char text[32];
    for (size_t i = 0, all = exec_files(x, &v); i < all; i++)
        if (v[i].source == stage) {
            n++;
            bytes += v[i].size;
            splits += v[i].splits;
        }
    if (!n)
        return;
    sbuf_printf(out, "%zu file%s, %s", n, n == 1 ? "" : "s", human_bytes(text, (double)bytes));
    if (splits)
        sbuf_printf(out, ", %llu split%s", (unsigned long long)splits, splits == 1 ? "" : "s");
}

typedef struct row {
    sbuf use, cell[3];
} row; /* reads, writes, files */

static void fill(const plan *p, const exec *x, row *v, size_t *name_width, size_t *use_width)
{
    *name_width = *use_width = 0;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        const plan_stage *s = &p->stages[i];
        const char *path;
        const size_t n = str_columns(s->name);
        sbuf names = { 0 };
        if (strcmp(s->name, s->common.use))
            sbuf_puts(&v[i].use, s->common.use);
        touched(p, s, SL_READ, &names);
        if (names.n)
            sbuf_printf(&v[i].cell[0], "reads %s", sbuf_z(&names));
        v[i].use.failed |= names.failed;
        sbuf_clear(&names);
        touched(p, s, SL_WRITE, &names);
        if (names.n)
            sbuf_printf(&v[i].cell[1], "makes %s", sbuf_z(&names));
        v[i].use.failed |= names.failed;
        sbuf_free(&names);
        if (s->def->s.kind == SL_SOURCE)
            inputs_of(x, i, &v[i].cell[2]);
        else if (s->def->s.kind == SL_SINK && option_strings(s->def->options, s->cfg, "path", &path, 1) == 1)
            sbuf_printf(&v[i].cell[2], "to %s", strcmp(path, "-") ? path : "standard output");
        *name_width = n > *name_width ? n : *name_width;
        *use_width = v[i].use.n > *use_width ? v[i].use.n : *use_width;
    }
}

static size_t trimmed(const sbuf *line)
{
    size_t n = line->n;
    while (n && line->p[n - 1] == ' ')
        n--;
    return n;
}

static void print_stages(const plan *p, const row *v, size_t name_width, size_t use_width, sbuf *out)
{
    for (uint32_t i = 0; i < p->n_stages; i++) {
        const plan_stage *s = &p->stages[i];
        const char *gap = "   ";
        sbuf line = { 0 };
        sbuf_printf(&line, "  %s%*s", s->name, (int)(name_width - str_columns(s->name)), "");
        if (use_width)
            sbuf_printf(&line, "   %-*s", (int)use_width, sbuf_z(&v[i].use));
        for (int k = 0; k < 3; k++)
            if (v[i].cell[k].n) {
                sbuf_printf(&line, "%s%s", gap, sbuf_z(&v[i].cell[k]));
                gap = "; ";
            }
        if (s->mode == MODE_ANNOTATE)
            sbuf_printf(&line, "%sannotates instead of dropping", gap);
        sbuf_printf(out, "%.*s\n", (int)trimmed(&line), sbuf_z(&line));
        out->failed |= line.failed;
        sbuf_free(&line);
    }
}

static void stages(const plan *p, const exec *x, sbuf *out)
{
    row *v = calloc(p->n_stages + 1, sizeof *v);
    size_t name_width, use_width;
    if (v) {
        fill(p, x, v, &name_width, &use_width);
        print_stages(p, v, name_width, use_width, out);
    }
    out->failed |= !v;
    for (size_t i = 0; v && i < p->n_stages; i++) {
        out->failed |= v[i].use.failed;
        sbuf_free(&v[i].use);
        for (int k = 0; k < 3; k++) {
            out->failed |= v[i].cell[k].failed;
            sbuf_free(&v[i].cell[k]);
        }
    }
    free(v);
}

/* ---- the whole ---- */

/* What a streaming run holds at most, beside the largest records: for each thread a chunk as read and decompressed,
 * what its sinks gather of it, and a batch with its columns; and a window of 16 MiB a thread in which splits wait for
 * their turn. */
static uint64_t memory_about(const cli *c)
{
    const pipeline_head *h = &c->file.head;
    const uint64_t threads = cli_threads(c), rest = 16u << 20, window = 16u << 20;
    return rest + threads * (3 * h->split_bytes + 2 * h->batch_bytes + window);
}

/* A line a step, numbered by pass; notes in a column of their own. */
static void print_passes(const exec_step *v, size_t n, sbuf *out)
{
    size_t width = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t w = str_columns(v[i].text);
        width = w > width && w < 80 ? w : width;
    }
    for (size_t i = 0; i < n; i++) {
        const size_t w = str_columns(v[i].text);
        if (v[i].found)
            sbuf_printf(out, "  -  ");
        else if (i && v[i - 1].pass == v[i].pass)
            sbuf_printf(out, "     ");
        else
            sbuf_printf(out, " %2u  ", v[i].pass);
        sbuf_printf(out, "%s", v[i].text);
        if (*v[i].note)
            sbuf_printf(out, "%*s   %s", w < width ? (int)(width - w) : 0, "", v[i].note);
        sbuf_putc(out, '\n');
    }
}

/* What is gathered may take the budget, whatever it is; on disk it takes about what it takes in compressed input. */
static void print_needs(const cli *c, const exec_step *v, size_t n, uint64_t bytes, sbuf *out)
{
    const plan *p = &c->plan;
    char text[32];
    bool gathers = false;
    size_t copies = 0;
    for (size_t i = 0; i < n; i++)
        copies += strstr(v[i].note, "on disk above") || strstr(v[i].note, "kept for the next");
    for (size_t i = 0; i < p->n_stages; i++)
        gathers |= p->stages[i].fits || p->stages[i].sorts;
    sbuf_printf(out, "\nmemory   about %s with %u thread%s", human_bytes(text, (double)memory_about(c)), cli_threads(c),
                cli_threads(c) == 1 ? "" : "s");
    if (gathers)
        sbuf_printf(out, ", and up to %s in all for what is gathered; more goes to disk",
                    human_bytes(text, (double)cli_memory(c)));
    sbuf_putc(out, '\n');
    if (copies)
        sbuf_printf(out, "disk     about %s beside the output while it runs\n",
                    human_bytes(text, (double)(bytes * copies)));
}

static void print_plan(const cli *c, exec *x, sbuf *out)
{
    const exec_file *files;
    const size_t n = exec_files(x, &files);
    uint64_t bytes = 0;
    char text[32];
    for (size_t i = 0; i < n; i++)
        bytes += files[i].size;
    const exec_step *steps;
    const size_t n_steps = exec_outline(x, &steps);
    out->failed |= !n_steps;
    const unsigned passes = n_steps ? steps[n_steps - 1].pass : 0;
    sbuf_printf(out, "%s: %u pass%s over %zu file%s, %s; plan %s\n\n", c->file.head.name, passes,
                passes == 1 ? "" : "es", n, n == 1 ? "" : "s", human_bytes(text, (double)bytes), c->plan.hash);
    print_passes(steps, n_steps, out);
    sbuf_putc(out, '\n');
    stages(&c->plan, x, out);
    print_needs(c, steps, n_steps, bytes, out);
}

static int plan_command(cli *c)
{
    int open_code = SL_OK;
    exec *x = cli_plan(c, 0) ? cli_look(c, &open_code) : NULL;
    sbuf out = { 0 };
    int code = 0;
    if (x) {
        if (c->a.json) {
            plan_json(&c->plan, &out);
            sbuf_putc(&out, '\n');
        } else {
            print_plan(c, x, &out);
        }
        code = cli_print(c, &out);
    } else {
        code = cli_refuse(c, open_code);
    }
    exec_free(x);
    return code;
}

const command cmd_plan = {
    .name = "plan",
    .operands = "PIPELINE",
    .min_operands = 1,
    .max_operands = 1,
    .summary = "Show what a run would do: passes, stages, columns, files, memory",
    .groups = groups,
    .run = plan_command,
};
