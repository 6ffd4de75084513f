/* layer: config */
/* A pipeline file from anywhere: read whole, its stages through a table with every type, and every mistake printed. */
#include <stdio.h>
#include <stdlib.h>
#include "config/pipeline.h"
#include "sluice/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct rule {
    const char *column;
    sl_many all;
} rule;
static const sl_option rules[] = {
    SL_OPT(rule, column, COLUMN, NULL, "", .flags = SL_OPT_REQUIRED),
    SL_OPT_TABLES(rule, all, rules, rule, ""),
    { .name = NULL },
};

typedef struct config {
    int64_t min;
    sl_many path, rules;
    sl_amount keep;
} config;
static const sl_option rows[] = {
    SL_OPT(config, min, I64, "2", "", .min = 0, .max = 10),
    SL_OPT_LIST(config, path, PATH, "[a, b]", ""),
    SL_OPT_TABLES(config, rules, rules, rule, ""),
    SL_OPT(config, keep, AMOUNT, NULL, "", .flags = SL_OPT_REQUIRED),
    { .name = NULL },
};

static void read_stage(pipeline *p, diags *d, const pipeline_stage *stage)
{
    const option_table table = { rows, sizeof *rows };
    const char *strings[4];
    stage_common common = { 0 };
    config c = { 0 };
    sbuf json = { 0 };
    option_read(d, &p->mem, stage_common_table(), (option_scope){ .owner = "stage" }, stage->node, &common);
    option_read(d, &p->mem, table, (option_scope){ .owner = "stage", .other_names = stage_common_names }, stage->node,
                &c);
    option_dump(table, &c, 0, &json);
    option_strings(table, &c, "rules.all.column", strings, 4);
    sbuf_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const pipeline_var sets[] = { { "a", "1" }, { "b", "x: ${a}" } };
    diags d;
    pipeline p;
    diags_init(&d);
    const bool ok = pipeline_parse(&p, &d, "fuzz.yaml", (const char *)data, size, sets, 2);
    if (ok != (d.errors == 0))
        abort(); /* a mistake without a message, or a message without a mistake */
    for (size_t i = 0; i < p.n_stages && i < 100; i++)
        read_stage(&p, &d, &p.stages[i]);
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    if (f) {
        diags_print(&d, f, true);
        fclose(f);
    }
    free(text);
    pipeline_free(&p);
    diags_free(&d);
    return 0;
}
