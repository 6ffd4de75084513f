#include "config/pipeline.h"
#include <string.h>
#include "base/fs.h"
#include "config/cases.h"
#include "config/report.h"
#include "config/stages.h"
#include "config/vars.h"
#include "sluice/util.h"

enum { MAX_NAME = 100 };

/* ---- the tables ---- */

static const char *const on_errors[] = { "fail", "skip_record", "skip_file", NULL };
static const char *const on_rejects[] = { "drop", "quarantine", NULL };

static const char *const materializes[] = { "auto", "always", "never", NULL };

static const sl_option head_rows[] = {
    SL_OPT(pipeline_head, name, STR, NULL, "names the run folder; default: the name of the file"),
    SL_OPT(pipeline_head, description, STR, NULL, "what the pipeline is for"),
    SL_OPT(pipeline_head, seed, I64, "0", "of all that is drawn at random"),
    SL_OPT(pipeline_head, on_error, ENUM, "fail",
           "a damaged file: stop, go on behind the damage, or with the next file", .choices = on_errors),
    SL_OPT(pipeline_head, on_reject, ENUM, "drop",
           "a document that a stage drops: only count it, or keep it with the reason", .choices = on_rejects),
    SL_OPT(pipeline_head, max_errors, AMOUNT, NULL, "stop after more broken documents than this, a count or a share"),
    SL_OPT(pipeline_head, max_record_bytes, SIZE, "128 MiB", "a larger record is rejected", .min = 1,
           .max = 2147483648.0),
    SL_OPT(pipeline_head, split_bytes, SIZE, "8 MiB", "input that one worker takes at a time", .min = 1,
           .max = 1073741824.0),
    SL_OPT(pipeline_head, batch_bytes, SIZE, "2 MiB", "text in a batch", .min = 1, .max = 1073741824.0),
    SL_OPT(pipeline_head, batch_rows, I64, "1024", "documents in a batch", .min = 1, .max = 65535),
    SL_OPT(pipeline_head, materialize, ENUM, "auto",
           "between passes: keep the documents on disk, read the input again, or what is cheaper",
           .choices = materializes),
    { .name = NULL },
};

option_table pipeline_head_table(void) { return (option_table){ head_rows, sizeof *head_rows }; }

static const char *const modes[] = { "drop", "annotate", NULL };
static const char *const stage_on_rejects[] = { "drop", "quarantine", "inherit", NULL }; /* ON_REJECT_* */

static const sl_option stage_rows[] = {
    SL_OPT(stage_common, use, STR, NULL, "the stage", .flags = SL_OPT_REQUIRED),
    SL_OPT(stage_common, name, STR, NULL, "what other stages and the report call it; default: as in use"),
    SL_OPT_LIST(stage_common, from, STR, NULL, "the stages above that feed it, in this order; default: the one before"),
    SL_OPT(stage_common, mode, ENUM, "drop", "drop documents, or keep them and note the reason in columns",
           .choices = modes),
    SL_OPT(stage_common, as, COLUMN, NULL, "annotate: the column; default: short name of the stage",
           .flags = OPTION_YIELDS),
    SL_OPT(stage_common, on_reject, ENUM, "inherit", "as at the head of the file, for this stage",
           .choices = stage_on_rejects),
    { .name = NULL },
};

option_table stage_common_table(void) { return (option_table){ stage_rows, sizeof *stage_rows }; }

const char *const stage_common_names[] = { "use", "from", "name", "mode", "as", "on_reject", NULL };

/* ---- the head ---- */

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-_.", c);
}

/* The name of the file without its ending, made fit for the name of a folder. */
static const char *default_name(pipeline *p, diags *d)
{
    const char *base = strcmp(p->path, "-") ? fs_basename(p->path) : "stdin";
    size_t n = strlen(base);
    if (n > 5 && !strcmp(base + n - 5, ".yaml"))
        n -= 5;
    else if (n > 4 && !strcmp(base + n - 4, ".yml"))
        n -= 4;
    char *name = arena_strndup(&p->mem, base, n < MAX_NAME ? n : MAX_NAME);
    if (!name) {
        diag_nomem(d);
        return NULL;
    }
    for (char *c = name; *c; c++)
        if (!is_name_char(*c) || (c == name && *c == '.'))
            *c = '_';
    return *name ? name : "pipeline";
}

static bool check_name(const char *name, diag_at at, diags *d)
{
    bool ok = name[0] != '.' && strlen(name) <= MAX_NAME;
    for (const char *c = name; *c; c++)
        ok &= is_name_char(*c);
    if (!ok)
        report_error(d, at, "at most 100 letters, digits and - _ . but no . in front", "name = %s names no folder",
                     report_text(d, name));
    return ok;
}

static bool read_head(pipeline *p, diags *d)
{
    static const char *const others[] = { "vars", "stages", "tests", NULL };
    const option_scope scope = { .owner = "a pipeline", .other_names = others };
    bool ok = option_read(d, &p->mem, pipeline_head_table(), scope, p->root, &p->head);
    const yaml_node *name = yaml_get(p->root, "name"), *errors = yaml_get(p->root, "max_errors");
    if (p->head.name)
        ok &= check_name(p->head.name, name->at, d);
    else
        ok &= (p->head.name = default_name(p, d)) != NULL;
    if (p->head.max_errors.unit == SL_BYTES || p->head.max_errors.unit == SL_TOKENS) {
        report_error(d, errors->at, "such as 1000 or 1%", "max_errors = %s counts no documents",
                     report_text(d, errors->text));
        ok = false;
    }
    return ok;
}

/* ---- loading ---- */

static bool read_root(loader *l, const include_chain *chain)
{
    pipeline *p = l->p;
    const yaml_node *root = p->root;
    if (root->kind != YAML_MAP && !yaml_is_null(root)) {
        report_error(l->d, root->at, root->kind == YAML_LIST ? "stages:" : NULL,
                     "a pipeline file is a map with 'stages', and this is %s",
                     root->kind == YAML_LIST ? "a list" : "one value");
        return false;
    }
    bool ok = true;
    const yaml_node *own = yaml_get(root, "vars"), *stages = yaml_get(root, "stages"), *tests = yaml_get(root, "tests");
    if (own)
        ok &= vars_define(l->vars, own);
    for (size_t i = 0; root->kind == YAML_MAP && i < root->n; i++)
        if (root->pairs[i].value != own)
            ok &= vars_replace(l->vars, root->pairs[i].value);
    if (root->kind == YAML_MAP)
        ok &= read_head(p, l->d);
    if (stages) {
        ok &= loader_stages(l, stages, chain);
    } else {
        diag_error(l->d, (diag_at){ .source = &p->sources[0] }, "no 'stages': there is nothing to run");
        ok = false;
    }
    if (tests)
        ok &= cases_read(p, l->d, tests);
    return ok;
}

static bool load(pipeline *p, diags *d, const diag_source *source, loader *l, const include_chain *chain,
                 const pipeline_var *sets, size_t n_sets)
{
    vars v;
    if (!source || !vars_init(&v, &p->mem, d, sets, n_sets))
        return false;
    const size_t before = d->errors;
    l->vars = &v;
    p->root = yaml_parse(&p->mem, d, source);
    if (!p->root)
        return false;
    bool ok = read_root(l, chain);
    if (!l->incomplete)
        ok &= vars_check_sets(&v);
    for (size_t i = 0; i < v.n; i++)
        if (!v.known[i].value)
            v.known[i].value = "";
    p->vars = v.known;
    p->n_vars = v.n;
    return ok && d->errors == before;
}

static bool start(pipeline *p, diags *d, const char *path)
{
    *p = (pipeline){ 0 };
    arena_init(&p->mem, 0);
    p->path = arena_strdup(&p->mem, path);
    if (!p->path)
        diag_nomem(d);
    return p->path;
}

bool pipeline_load(pipeline *p, diags *d, const char *path, const pipeline_var *sets, size_t n_sets)
{
    if (!start(p, d, path))
        return false;
    loader l = { .p = p, .d = d, .includes = true };
    include_chain chain;
    include_chain_init(&chain, NULL, strcmp(path, "-") ? path : NULL);
    const diag_source *source = loader_read(&l, (diag_at){ 0 }, path);
    return load(p, d, source, &l, &chain, sets, n_sets);
}

bool pipeline_parse(pipeline *p, diags *d, const char *name, const char *text, size_t n, const pipeline_var *sets,
                    size_t n_sets)
{
    if (!start(p, d, name))
        return false;
    loader l = { .p = p, .d = d, .includes = false };
    include_chain chain;
    include_chain_init(&chain, NULL, NULL);
    const diag_source *source = loader_source(&l, (diag_at){ 0 }, name, text, n);
    return load(p, d, source, &l, &chain, sets, n_sets);
}

void pipeline_free(pipeline *p)
{
    arena_free(&p->mem);
    *p = (pipeline){ 0 };
}
