#include <string.h>
#include <unistd.h>
#include "base/fs.h"
#include "cli/peek_show.h"
#include "cli/why.h"

enum { EXIT_NOT_FOUND = 1 };

static const arg own[] = {
    { "columns", 'c', ARG_TEXT, "A,B", offsetof(args, columns), "show these columns, and changes of no others", NULL, 0,
      0 },
    { "whole", 'w', ARG_FLAG, NULL, offsetof(args, whole),
      "replay the whole stream, not only this document: tells its place in a sort, and what goes by that", NULL, 0, 0 },
    { "fit", 0, ARG_FLAG, NULL, offsetof(args, fit), "fit what has no saved state, which reads everything", NULL, 0,
      0 },
    { "json", 0, ARG_FLAG, NULL, offsetof(args, json), "print one JSON object", NULL, 0, 0 },
    { "threads", 'j', ARG_COUNT, "N", offsetof(args, threads),
      "threads in all; default: the cores that this process may use", NULL, 1, 1024 },
    { "memory", 'm', ARG_SIZE, "SIZE", offsetof(args, memory),
      "for all that is gathered, such as 4G. Default: half of the machine's", NULL, 0, 0 },
    { 0 },
};
static const arg *const groups[] = { own, args_states, args_common, NULL };

exec_options why_options(const why *w)
{
    return (exec_options){ .threads = cli_threads(w->c),
                           .memory = cli_memory(w->c),
                           .states = w->states,
                           .tag = "why",
                           .no_sinks = true,
                           .explain = true,
                           .cancel = w->c->cancel };
}

int why_no_memory(why *w)
{
    diag_nomem(&w->c->d);
    return EXIT_INTERNAL;
}

int why_ended(why *w, const exec *x, exec_end end)
{
    if (end == EXEC_CANCELLED)
        return EXIT_AGAIN;
    if (end != EXEC_FAILED)
        return 0;
    diag_error(&w->c->d, (diag_at){ 0 }, "%s", exec_error(x));
    return run_exit_code(exec_error_code(x));
}

/* FILE:RECORD, as far as it looks like one; whether there is such a file is seen when the inputs are known. */
static void read_place(why *w)
{
    const char *colon = strrchr(w->what, ':');
    if (colon && colon > w->what && str_to_u64(colon + 1, strlen(colon + 1), &w->record) && w->record)
        w->failed = !(w->file = arena_strndup(&w->c->mem, w->what, (size_t)(colon - w->what)));
}

static bool read_columns(why *w)
{
    const char *list = w->c->a.columns;
    const char **v = list ? arena_zalloc(&w->c->mem, (strlen(list) / 2 + 2) * sizeof *v, _Alignof(char *)) : NULL;
    while (v && *list) {
        const size_t n = strcspn(list, ",");
        if (n && !(v[w->n_columns++] = arena_strndup(&w->c->mem, list, n)))
            return false;
        list += n + (list[n] == ',');
    }
    w->columns = v;
    return v || !list;
}

static bool is_run(const char *name)
{
    sbuf path = { 0 };
    sbuf_printf(&path, "runs/%s/run.json", name);
    const bool there = fs_exists(sbuf_z(&path));
    sbuf_free(&path);
    return there;
}

static void not_found(const why *w)
{
    char text[32];
    if (w->c->a.quiet || w->c->a.json)
        return;
    if (w->file)
        fprintf(stderr, "%s has no record %s", w->file, human_count(text, w->record));
    else
        fprintf(stderr, "no document has the id '%s', among %s that the run %s reads", w->what,
                human_count(text, w->n_looked), w->run.label);
    sbuf plain = { 0 }, shown = { 0 };
    if (!w->file && w->near) {
        peek_plain(w->near, strlen(w->near), WHY_WHOLE, &plain);
        cli_safe(sbuf_z(&plain), plain.n, WHY_WHOLE, &shown);
        fprintf(stderr, "; did you mean '%s'?", sbuf_z(&shown));
    }
    fputc('\n', stderr);
    sbuf_free(&plain);
    sbuf_free(&shown);
}

static int tell(why *w)
{
    sbuf text = { 0 };
    if (w->c->a.json)
        why_json(w, &text);
    else if (w->n_docs)
        why_show(w, &text);
    else
        not_found(w);
    const bool failed = text.failed;
    if (!failed)
        fputs(sbuf_z(&text), stdout);
    sbuf_free(&text);
    return failed ? why_no_memory(w) : w->n_docs ? 0 : EXIT_NOT_FOUND;
}

static int why_command(cli *c)
{
    const bool named = c->a.n_operands == 2;
    why w = { .c = c,
              .what = c->a.operands[named],
              .whole = c->a.whole,
              .width = isatty(STDOUT_FILENO) ? cli_width(STDOUT_FILENO) : WHY_WHOLE };
    if (!named && is_run(w.what)) {
        diag_error(&c->d, (diag_at){ 0 }, "%s is a run; which document? sluice why %s ID", w.what, w.what);
        return EXIT_USAGE;
    }
    if (!read_columns(&w))
        return why_no_memory(&w);
    read_place(&w);
    int code = why_load(&w, named ? c->a.operands[0] : NULL);
    if (!code)
        (void)why_read_splits(&w);
    if (!code)
        code = why_find(&w);
    if (!code && w.n_docs)
        code = why_trace(&w);
    if (!code && w.n_docs)
        code = why_partners(&w);
    if (!code && (c->d.nomem || w.failed))
        code = why_no_memory(&w);
    if (!code)
        code = tell(&w);
    run_report_free(&w.run);
    return code;
}

const command cmd_why = {
    .name = "why",
    .operands = "[RUN] ID | FILE:RECORD",
    .min_operands = 1,
    .max_operands = 2,
    .summary = "Show one document's way through a run: what each stage decided and changed",
    .text = "RUN is a run's folder, its run.json, or its name under runs/; without it, the newest there. ID is a "
            "document's\n"
            "id, or its key as in the quarantine (16 digits); FILE:RECORD the number of a record, from 1, in an input "
            "file, of\n"
            "which the end of the path will do. The document is replayed with the states that the run saved.\n"
            "Exit code 0: found; 1: there is no such document.\n",
    .groups = groups,
    .run = why_command,
};
