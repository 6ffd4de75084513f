#include "cli/cli.h"
#include "run/state_dir.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/peek_show.h"
#include "io/json.h"

static const arg own[] = {
    { "after", 'a', ARG_TEXT, "STAGE", offsetof(args, after),
      "look behind this stage; default: the last one above the sinks", NULL, 0, 0 },
    { "take", 'n', ARG_COUNT, "N", offsetof(args, take), "how many documents; default: 3", NULL, 1, 1e6 },
    { "columns", 'c', ARG_TEXT, "A,B", offsetof(args, columns), "show these columns instead of the text", NULL, 0, 0 },
    { "kept", 0, ARG_FLAG, NULL, offsetof(args, kept), "only documents that are kept up to there", NULL, 0, 0 },
    { "dropped", 0, ARG_FLAG, NULL, offsetof(args, dropped), "only documents that are dropped on the way", NULL, 0, 0 },
    { "json", 0, ARG_FLAG, NULL, offsetof(args, json), "print one JSON object a line", NULL, 0, 0 },
    { 0 },
};
static const arg *const groups[] = { own, args_pipeline, args_states, args_common, NULL };

typedef struct peek {
    cli *c;
    uint32_t target;
    bool *above; /* by stage: on the way to the target, which is */
    peek_view view;
    peek_doc doc;
    uint32_t shown;
    bool failed;  /* out of memory */
    uint64_t key; /* of the document at hand */
} peek;

/* ---- what to look at ---- */

static bool choose_stage(peek *k)
{
    const plan *p = &k->c->plan;
    k->target = 0;
    if (!k->c->a.after) {
        for (uint32_t i = 0; i < p->n_stages; i++)
            if (p->stages[i].def->s.kind != SL_SINK)
                k->target = i;
        return true;
    }
    return cli_stage(k->c, k->c->a.after, &k->target);
}

static void mark_above(peek *k, uint32_t s)
{
    const plan_stage *at = &k->c->plan.stages[s];
    if (k->above[s])
        return;
    k->above[s] = true;
    for (size_t i = 0; i < at->n_from; i++)
        mark_above(k, at->from[i]);
}

static bool check_column(peek *k, const char *name)
{
    const char *there[256];
    const size_t n = plan_columns_after(&k->c->plan, k->target, there, 256);
    sbuf all = { 0 };
    for (size_t i = 0; i < n; i++)
        if (!strcmp(there[i], name))
            return true;
    const char *guess = str_suggest(name, there, n);
    for (size_t i = 0; i < n; i++)
        sbuf_printf(&all, "%s%s", i ? ", " : "", there[i]);
    diag_error(&k->c->d, (diag_at){ 0 }, "behind %s there is no column '%s'%s%s%s", k->c->plan.stages[k->target].name,
               name, guess ? "; did you mean '" : "", guess ? guess : "", guess ? "'?" : "");
    diag_hint(&k->c->d, "columns here: %s; --json shows whole documents", sbuf_z(&all));
    sbuf_free(&all);
    return false;
}

static bool choose_columns(peek *k)
{
    const char *list = k->c->a.columns;
    bool good = true;
    if (!list)
        return true;
    const char **v = arena_zalloc(&k->c->mem, (strlen(list) / 2 + 2) * sizeof *v, _Alignof(char *));
    for (size_t n = 0; v && *list;) {
        const size_t size = strcspn(list, ",");
        if (size) {
            v[n] = arena_strndup(&k->c->mem, list, size);
            good &= v[n] && check_column(k, v[n]);
            k->view.n_columns = ++n;
        }
        list += size + (list[size] == ',');
    }
    k->view.columns = v;
    return good && v;
}

/* ---- what comes by ---- */

/* Prints the document that is complete now. false: enough were shown. */
static bool flush_doc(peek *k)
{
    peek_doc *d = &k->doc;
    sbuf out = { 0 };
    if (d->open && (d->reached || d->dropped) && !(k->c->a.kept && !d->reached) && !(k->c->a.dropped && d->reached)) {
        if (k->c->a.json) {
            peek_json(&k->view, d, &out);
        } else {
            sbuf_puts(&out, k->shown ? "\n" : "");
            peek_show(&k->view, d, &out);
        }
        k->failed |= out.failed;
        if (!k->failed)
            fputs(sbuf_z(&out), stdout);
        k->shown++;
        sbuf_free(&out);
    }
    d->open = d->reached = d->dropped = false;
    for (size_t i = 0; i < d->n_steps; i++)
        sbuf_clear(&d->steps[i].detail);
    d->n_steps = 0;
    return k->shown < k->c->a.take && !k->failed && !ferror(stdout);
}

/* The id is a column only where a stage reads it, so it is taken from the document. */
static void find_id(peek *k)
{
    static const json_field field = { "id", SL_T_JSON };
    enum { SLACK = 64 }; /* json_parse reads on behind the record */
    peek_doc *d = &k->doc;
    json_cell cell;
    arena mem;
    json_parser *parser = json_parser_new(&field, 1);
    arena_init(&mem, 0);
    json_error read = JSON_NOMEM;
    if (parser && sbuf_room(&d->json, SLACK))
        read = json_parse(parser, d->json.p, d->json.n, &mem, &cell);
    if (read == JSON_OK && cell.state == CELL_OK)
        sbuf_add(&d->id, cell.v.str.p, cell.v.str.n);
    k->failed |= read == JSON_NOMEM;
    arena_free(&mem);
    json_parser_free(parser);
}

static void look(peek *k, const exec_row *row)
{
    peek_doc *d = &k->doc;
    sbuf_clear(&d->id);
    sbuf_clear(&d->text);
    sbuf_clear(&d->json);
    exec_row_column(row, "text", &d->text);
    exec_row_json(row, false, &d->json);
    find_id(k);
    for (size_t i = 0; i < k->view.n_columns; i++) {
        sbuf_clear(&d->columns[i]);
        exec_row_column(row, k->view.columns[i], &d->columns[i]);
        k->failed |= d->columns[i].failed;
    }
    k->failed |= d->id.failed || d->text.failed || d->json.failed;
}

static bool tap(void *u, const exec_row *row)
{
    peek *k = u;
    peek_doc *d = &k->doc;
    const plan *p = &k->c->plan;
    if (row->first || row->key != k->key) { /* parts of a document, and what is put together, have keys of their own */
        if (!flush_doc(k))
            return false;
        d->open = true;
        k->key = row->key;
    }
    if (!k->above[row->stage] || d->n_steps >= p->n_stages)
        return true;
    peek_step *s = &d->steps[d->n_steps++];
    s->stage = row->stage;
    s->fate = (int)row->fate;
    s->reason = row->reason;
    s->error = row->is_error;
    s->value = row->why.value;
    s->limit = row->why.limit;
    sbuf_add(&s->detail, row->why.detail.p, row->why.detail.n);
    k->failed |= s->detail.failed;
    const bool rejected = row->fate == ROW_REJECTED;
    d->dropped |= rejected;
    d->reached |= !rejected && row->stage == k->target;
    if (rejected || row->stage == k->target)
        look(k, row);
    return !k->failed;
}

/* ---- the command ---- */

static int show_all(peek *k)
{
    int code = SL_OK;
    const exec_options o = { .open_code = &code,
                             .threads = cli_threads(k->c),
                             .memory = cli_memory(k->c),
                             .states = state_dir(k->c->a.state_dir),
                             .goal = k->c->plan.stages[k->target].def->s.kind == SL_SINK ? 0 : k->target + 1,
                             .tag = "peek",
                             .no_sinks = true,
                             .probe = true,
                             .explain = true,
                             .tap = tap,
                             .tap_u = k,
                             .cancel = k->c->cancel };
    exec *x = exec_open(&k->c->plan, &o, &k->c->d);
    if (!x)
        return cli_refuse(k->c, code);
    const exec_end end = exec_run(x);
    if (k->shown < k->c->a.take && !k->failed)
        flush_doc(k); /* the last one */
    fflush(stdout);
    if (end == EXEC_FAILED) {
        cli_error(k->c, exec_error(x));
        code = run_exit_code(exec_error_code(x));
    } else if (end == EXEC_CANCELLED) {
        code = EXIT_AGAIN;
    } else if (k->failed) {
        diag_nomem(&k->c->d);
        code = EXIT_INTERNAL;
    } else if (!k->shown && !k->c->a.quiet) {
        fprintf(stderr, "no such document%s\n", k->c->a.kept ? " is kept" : k->c->a.dropped ? " is dropped" : "");
    }
    exec_free(x);
    return code;
}

static bool make_room(peek *k)
{
    const size_t n = k->c->plan.n_stages;
    k->above = arena_zalloc(&k->c->mem, n + 1, 1);
    k->doc.steps = arena_zalloc(&k->c->mem, (n + 1) * sizeof *k->doc.steps, _Alignof(peek_step));
    k->doc.columns = arena_zalloc(&k->c->mem, (k->view.n_columns + 1) * sizeof *k->doc.columns, _Alignof(sbuf));
    if (k->above && k->doc.steps && k->doc.columns)
        return true;
    diag_nomem(&k->c->d);
    return false;
}

static void free_doc(peek *k)
{
    for (size_t i = 0; k->doc.steps && i < k->c->plan.n_stages; i++)
        sbuf_free(&k->doc.steps[i].detail);
    for (size_t i = 0; k->doc.columns && i < k->view.n_columns; i++)
        sbuf_free(&k->doc.columns[i]);
    sbuf_free(&k->doc.id);
    sbuf_free(&k->doc.text);
    sbuf_free(&k->doc.json);
}

static int peek_command(cli *c)
{
    peek k = { .c = c };
    if (c->a.kept && c->a.dropped) {
        diag_error(&c->d, (diag_at){ 0 }, "--kept and --dropped exclude one another");
        return EXIT_USAGE;
    }
    if (!cli_plan(c, 0))
        return cli_refuse(c, SL_OK);
    if (!choose_stage(&k) || !choose_columns(&k))
        return EXIT_USAGE;
    if (!make_room(&k))
        return EXIT_INTERNAL;
    mark_above(&k, k.target);
    k.view.plan = &c->plan;
    k.view.width = cli_width(STDOUT_FILENO);
    k.view.color = c->color_out;
    const int code = show_all(&k);
    free_doc(&k);
    return code;
}

const command cmd_peek = {
    .name = "peek",
    .operands = "PIPELINE",
    .min_operands = 1,
    .max_operands = 1,
    .text =
        "What stages above must see of the whole stream first they see, or the states of an earlier run stand in.\n",
    .summary = "Show the first documents after any stage, and what each stage did to them",
    .groups = groups,
    .run = peek_command,
};
