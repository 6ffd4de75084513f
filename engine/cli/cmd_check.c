#include "cli/cli.h"
#include "run/cases.h"

static const arg own[] = {
    { "json", 0, ARG_FLAG, NULL, offsetof(args, json), "print the mistakes as JSON", NULL, 0, 0 },
    { 0 },
};
static const arg *const groups[] = { own, args_pipeline, args_states, args_common, NULL };

static bool look(cli *c, size_t *files, uint64_t *bytes, int *open_code)
{
    const exec_file *v;
    exec *x = cli_plan(c, 0) ? cli_look(c, open_code) : NULL;
    const bool good = c->planned && cases_check(&c->d, &c->plan, c->reg) && x;
    *files = x ? exec_files(x, &v) : 0;
    for (size_t i = 0; i < *files; i++)
        *bytes += v[i].size;
    exec_free(x);
    return good;
}

static int as_json(cli *c, size_t files, uint64_t bytes)
{
    sbuf text = { 0 };
    json_writer w = { .out = &text };
    jw_object(&w, NULL);
    jw_str(&w, "pipeline", c->a.operands[0]);
    jw_u64(&w, "errors", c->d.errors);
    jw_u64(&w, "stages", c->file.n_stages);
    jw_u64(&w, "files", files);
    jw_u64(&w, "bytes", bytes);
    cli_diags_json(c, &w);
    jw_close(&w);
    sbuf_putc(&text, '\n');
    return cli_print(c, &text);
}

static int check(cli *c)
{
    size_t files = 0;
    uint64_t bytes = 0;
    char size[32];
    int open_code = SL_OK;
    const bool good = look(c, &files, &bytes, &open_code);
    const int code = c->a.json ? as_json(c, files, bytes) : 0;
    if (!good)
        return cli_refuse(c, open_code);
    if (!c->a.quiet && !c->a.json)
        printf("%s: %zu stage%s, %zu file%s, %s: nothing to complain about\n", c->a.operands[0], c->file.n_stages,
               c->file.n_stages == 1 ? "" : "s", files, files == 1 ? "" : "s", human_bytes(size, (double)bytes));
    return code;
}

const command cmd_check = {
    .name = "check",
    .operands = "PIPELINE",
    .min_operands = 1,
    .max_operands = 1,
    .summary = "Everything but running: say what is wrong with a pipeline file",
    .text = "Reads the pipeline file, loads its plugins, finds the input files and looks at the first records of each "
            "source. Every\n"
            "mistake is reported at once. Exit code 78 if there is any.\n",
    .groups = groups,
    .run = check,
};
