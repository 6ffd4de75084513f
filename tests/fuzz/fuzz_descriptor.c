/* layer: registry */
/* What a plugin says of itself: every number, size, name and table of its description from the input, callbacks there
 * or not. It is refused with a reason, or everything that looks at it works: rows, lint, help, schema. */
#include <stdlib.h>
#include <string.h>
#include "registry/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct feed {
    const uint8_t *p;
    size_t n;
} feed;

static uint32_t take(feed *f, uint32_t below)
{
    if (!f->n)
        return 0;
    f->n--;
    return *f->p++ % below;
}

static const char *text_of(feed *f)
{
    static const char *const some[] = {
        NULL,
        "",
        "a.b",
        "text",
        "$as",
        "words.$a",
        "*",
        "$c.d",
        "12",
        "-1",
        "[1, 2]",
        "20%",
        "a name that is much longer than any name of a stage, a column or an option ought to be"
    };
    return some[take(f, sizeof some / sizeof *some)];
}

static int nothing(void) { return 0; }
static const char *const choices[] = { "12", "text", NULL };
enum { ROWS = 4 };

static void fill_options(feed *f, sl_option *v, const sl_option *inner)
{
    static const double bounds[] = { 0, -1, 1, 1e300 };
    for (unsigned i = 0; i < ROWS; i++)
        v[i] = (sl_option){ .name = text_of(f),
                            .type = take(f, 16) | (take(f, 2) ? SL_OPT_MANY : 0),
                            .flags = take(f, 16),
                            .offset = 16 * i,
                            .def = text_of(f),
                            .min = bounds[take(f, 4)],
                            .max = bounds[take(f, 4)],
                            .choices = take(f, 2) ? choices : NULL,
                            .unit = text_of(f),
                            .help = text_of(f),
                            .table = take(f, 2) ? inner : NULL,
                            .table_size = take(f, 200) };
}

static void fill_stage(feed *f, sl_stage *s)
{
    void (*callback[15])(void);
    for (unsigned i = 0; i < 15; i++)
        callback[i] = take(f, 2) ? (void (*)(void))nothing : NULL;
    s->struct_size = take(f, 4) ? sizeof *s : take(f, 255);
    s->option_stride = take(f, 8) ? sizeof(sl_option) : (uint16_t)take(f, sizeof(sl_option));
    s->field_stride = take(f, 8) ? sizeof(sl_field) : (uint16_t)take(f, sizeof(sl_field));
    s->metric_stride = take(f, 8) ? sizeof(sl_metric) : (uint16_t)take(f, sizeof(sl_metric));
    s->port_stride = take(f, 8) ? sizeof(sl_port) : (uint16_t)take(f, sizeof(sl_port));
    s->kind = take(f, 6);
    s->flags = take(f, 32);
    s->name = text_of(f);
    s->summary = text_of(f);
    s->config_size = take(f, 200);
    memcpy(&s->check, callback, sizeof callback);
}

/* Rows lie as far apart as the description says, as in a plugin that was built with other headers. */
static void lay_out(void *rows, size_t size, size_t stride)
{
    char *p = rows;
    for (size_t i = 1; i <= ROWS; i++)
        memmove(p + i * stride, p + i * size, stride);
    memset(p + (ROWS + 1) * stride, 0, (ROWS + 1) * (size - stride));
}

static void look(const plugin_def *p)
{
    for (size_t i = 0; i < p->n_stages; i++) {
        const stage_def *d = &p->stages[i];
        sl_field field;
        sl_metric metric;
        sl_port port;
        diags all;
        sbuf out = { 0 }, required = { 0 };
        for (size_t k = 0; stage_field(d, k, &field); k++)
            ;
        for (size_t k = 0; stage_metric(d, k, &metric); k++)
            ;
        for (size_t k = 0; stage_port(d, k, &port); k++)
            ;
        diags_init(&all);
        stage_lint(d, &all);
        if (!all.errors) {
            option_help_text(d->options, &out);
            option_help_markdown(d->options, &out);
            option_schema(d->options, &out, &required);
        }
        if (strlen(stage_kind_name(d)) < 4)
            abort();
        diags_free(&all);
        sbuf_free(&out);
        sbuf_free(&required);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    feed f = { data, size };
    sl_option inner[ROWS + 1] = { 0 }, options[ROWS + 1] = { 0 };
    sl_field fields[ROWS + 1] = { 0 };
    sl_metric metrics[ROWS + 1] = { 0 };
    sl_port ports[ROWS + 1] = { 0 };
    sl_stage stage = { 0 };
    const sl_stage *const stages[] = { &stage, NULL };
    const sl_plugin raw = { SL_ABI_MAJOR + !take(&f, 30),
                            take(&f, SL_ABI_MINOR + 2),
                            take(&f, 4) ? sizeof(sl_plugin) : take(&f, sizeof(sl_plugin)),
                            0,
                            text_of(&f),
                            text_of(&f),
                            text_of(&f),
                            text_of(&f),
                            take(&f, 30) ? stages : NULL };
    const char *why = NULL;
    arena mem;
    arena_init(&mem, 0);
    fill_stage(&f, &stage);
    fill_options(&f, inner, take(&f, 2) ? inner : NULL);
    fill_options(&f, options, inner);
    for (unsigned i = 0; i < ROWS; i++) {
        fields[i] = (sl_field){ text_of(&f), take(&f, 12) | (take(&f, 2) ? 0x100u : 0),
                                (uint32_t)take(&f, 256) << take(&f, 2), text_of(&f) };
        metrics[i] = (sl_metric){ text_of(&f), take(&f, 6), take(&f, 2), text_of(&f), text_of(&f) };
        ports[i] = (sl_port){ text_of(&f), take(&f, 4), 0, text_of(&f) };
    }
    lay_out(inner, sizeof *inner, stage.option_stride);
    lay_out(options, sizeof *options, stage.option_stride);
    lay_out(fields, sizeof *fields, stage.field_stride);
    lay_out(metrics, sizeof *metrics, stage.metric_stride);
    lay_out(ports, sizeof *ports, stage.port_stride);
    stage.options = take(&f, 3) ? options : NULL;
    stage.fields = take(&f, 3) ? fields : NULL;
    stage.metrics = take(&f, 3) ? metrics : NULL;
    stage.ports = take(&f, 3) ? ports : NULL;
    const plugin_def *p = plugin_read(&mem, "fuzz.so", &raw, &why);
    if (!p && (!why || !*why))
        abort();
    if (p)
        look(p);
    arena_free(&mem);
    return 0;
}
