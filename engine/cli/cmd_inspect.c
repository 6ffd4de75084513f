#include "cli/cli.h"
#include <errno.h>
#include <string.h>
#include "base/fs.h"
#include "cli/describe.h"
#include "cli/schema.h"

static const arg own[] = {
    { "json", 0, ARG_FLAG, NULL, offsetof(args, json), "print JSON", NULL, 0, 0 },
    { "md", 0, ARG_FLAG, NULL, offsetof(args, markdown), "print Markdown, as the READMEs of plugins hold it", NULL, 0,
      0 },
    { "schema", 0, ARG_FLAG, NULL, offsetof(args, schema), "print JSON Schema: of the stage, or of pipeline files",
      NULL, 0, 0 },
    { "write-schemas", 0, ARG_TEXT, "DIR", offsetof(args, write_schemas),
      "write all schemas, and a dump of all stages, into a folder", NULL, 0, 0 },
    { 0 },
};
static const arg *const groups[] = { own, args_common, NULL };

/* ---- all stages ---- */

static void list_text(cli *c)
{
    const stage_def *const *s;
    const plugin_def *const *p;
    const plugin_problem *bad;
    const size_t n = registry_stages(c->reg, &s), n_plugins = registry_plugins(c->reg, &p),
                 n_bad = registry_problems(c->reg, &bad);
    int name = 0, file = 0;
    for (size_t i = 0; i < n; i++)
        name = (int)strlen(s[i]->s.name) > name ? (int)strlen(s[i]->s.name) : name;
    for (size_t i = 0; i < n_plugins; i++)
        file = (int)strlen(p[i]->path) > file ? (int)strlen(p[i]->path) : file;
    for (size_t i = 0; i < n; i++)
        printf("%-*s   %-9s   %s\n", name, s[i]->s.name, stage_kind_name(s[i]), s[i]->s.summary);
    printf("%s%zu stage%s of %zu plugin%s; 'sluice inspect STAGE' shows one\n", n ? "\n" : "", n, n == 1 ? "" : "s",
           n_plugins, n_plugins == 1 ? "" : "s");
    for (size_t i = 0; i < n_plugins; i++)
        printf("  %-*s   %s %s, %s\n", file, p[i]->path, p[i]->name, p[i]->version, p[i]->license);
    if (!n)
        printf("searched: %s\n", registry_path(c->reg));
    if (n_bad)
        printf("\nnot loaded\n");
    for (size_t i = 0; i < n_bad; i++)
        printf("  %s: it %s\n", bad[i].path, bad[i].why);
}

static void stages_json(cli *c, json_writer *w)
{
    const stage_def *const *s;
    const size_t n = registry_stages(c->reg, &s);
    jw_list(w, "stages");
    for (size_t i = 0; i < n; i++)
        describe_json(s[i], w);
    jw_close(w);
}

static void list_json(cli *c, sbuf *out)
{
    const plugin_def *const *p;
    const plugin_problem *bad;
    json_writer w = { .out = out };
    jw_object(&w, NULL);
    stages_json(c, &w);
    jw_list(&w, "plugins");
    for (size_t i = 0, n = registry_plugins(c->reg, &p); i < n; i++) {
        jw_object(&w, NULL);
        jw_str(&w, "name", p[i]->name);
        jw_str(&w, "version", p[i]->version);
        jw_str(&w, "license", p[i]->license);
        jw_str(&w, "path", p[i]->path);
        jw_close(&w);
    }
    jw_close(&w);
    jw_list(&w, "refused");
    for (size_t i = 0, n = registry_problems(c->reg, &bad); i < n; i++) {
        jw_object(&w, NULL);
        jw_str(&w, "path", bad[i].path);
        jw_str(&w, "why", bad[i].why);
        jw_close(&w);
    }
    jw_close(&w);
    jw_close(&w);
    sbuf_putc(out, '\n');
}

static int inspect_all(cli *c)
{
    const stage_def *const *s;
    sbuf out = { 0 };
    registry_load_all(c->reg);
    const size_t n = registry_stages(c->reg, &s);
    if (c->a.schema)
        schema_pipeline(s, n, &out);
    else if (c->a.json)
        list_json(c, &out);
    else if (c->a.markdown)
        for (size_t i = 0; i < n; i++) {
            sbuf_puts(&out, i ? "\n" : "");
            describe_markdown(s[i], &out);
        }
    else
        list_text(c);
    return cli_print(c, &out);
}

static int inspect_one(cli *c)
{
    sbuf out = { 0 };
    const stage_def *s = registry_find(c->reg, c->a.operands[0], &c->d, (diag_at){ 0 });
    if (!s)
        return run_refused_code(&c->d, SL_OK);
    if (c->a.schema) {
        schema_stage(s, &out);
    } else if (c->a.json) {
        json_writer w = { .out = &out };
        describe_json(s, &w);
        sbuf_putc(&out, '\n');
    } else if (c->a.markdown) {
        describe_markdown(s, &out);
    } else {
        describe_text(s, &out);
    }
    const int r = cli_print(c, &out);
    stage_lint(s, &c->d);
    return r ? r : c->d.errors ? run_refused_code(&c->d, SL_OK) : 0;
}

/* ---- --write-schemas ---- */

static bool write_one(cli *c, const char *path, const sbuf *text)
{
    const int r = text->failed || !path ? -ENOMEM : fs_write_atomic(path, sbuf_z(text), text->n);
    if (r)
        diag_error(&c->d, (diag_at){ 0 }, "cannot write %s: %s", path ? path : "a schema", strerror(-r));
    return r == 0;
}

static int write_schemas(cli *c)
{
    const stage_def *const *s;
    const char *dir = c->a.write_schemas, *stages = arena_printf(&c->mem, "%s/stages", dir);
    sbuf text = { 0 };
    registry_load_all(c->reg);
    const size_t n = registry_stages(c->reg, &s);
    const int made = stages ? fs_mkdirs(stages) : -ENOMEM;
    if (made) {
        diag_error(&c->d, (diag_at){ 0 }, "cannot make the folder %s: %s", dir, strerror(-made));
        return EXIT_IO;
    }
    schema_pipeline(s, n, &text);
    bool good = write_one(c, arena_printf(&c->mem, "%s/pipeline.schema.json", dir), &text);
    for (size_t i = 0; i < n; i++) {
        sbuf_clear(&text);
        schema_stage(s[i], &text);
        good &= write_one(c, arena_printf(&c->mem, "%s/%s.schema.json", stages, s[i]->s.name), &text);
    }
    sbuf_clear(&text);
    json_writer w = { .out = &text };
    jw_object(&w, NULL);
    stages_json(c, &w);
    jw_close(&w);
    sbuf_putc(&text, '\n');
    good &= write_one(c, arena_printf(&c->mem, "%s/inspect.json", dir), &text);
    sbuf_free(&text);
    return good ? 0 : EXIT_IO;
}

static int inspect(cli *c)
{
    if (c->a.json + c->a.markdown + c->a.schema + (c->a.write_schemas != NULL) > 1) {
        diag_error(&c->d, (diag_at){ 0 }, "--json, --md, --schema and --write-schemas exclude one another");
        return EXIT_USAGE;
    }
    if (!cli_registry(c))
        return EXIT_INTERNAL;
    return c->a.write_schemas ? write_schemas(c) : c->a.n_operands ? inspect_one(c) : inspect_all(c);
}

const command cmd_inspect = {
    .name = "inspect",
    .operands = "[STAGE]",
    .max_operands = 1,
    .summary = "Show plugins and stages, or the options, columns and reasons of one stage",
    .groups = groups,
    .run = inspect,
};
