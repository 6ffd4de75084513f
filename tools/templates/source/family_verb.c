/* family.verb — read files of plain text, each line a document. Globs, compression, splits and damaged files are the
 * input service's business. */
#include "sluice/service_input.h"
#include "sluice/util.h"

enum { TEXT };                             /* rows of `fields`: the places of the columns in a batch */
enum { NOT_UTF8, TOO_LARGE, BLANK_LINES }; /* rows of `metrics` */

typedef struct config { /* filled by the engine from `options`, and there until close */
    sl_many path;
} config;
typedef struct state { /* one for all threads */
    const sl_input_api *input;
} state;
typedef struct local { /* one for each thread */
    sl_input *in;      /* open past the end of its split, for the last batch still points into it */
    uint64_t split;
    int ended;
} local;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    s->input = c->host->service(c, "input", 1);
    if (!s->input)
        return c->host->fail(c, SL_E_INTERNAL, "the engine lends no service \"input\" 1");
    return s->input->find(c, ((const config *)cfg)->path, SL_LINES);
}

static int split(sl_ctx *c, void *g, uint64_t i, sl_split *out) { return ((const state *)g)->input->split(c, i, out); }

/* Length of the well-formed UTF-8 sequence at p, before end; 0: there is none. */
static uint32_t sequence(const unsigned char *p, const unsigned char *end)
{
    const uint32_t n = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    if (n == 0 || n > (size_t)(end - p))
        return 0;
    for (uint32_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    const int overlong = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90);
    const int beyond = (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF4 && p[1] > 0x8F); /* surrogates, above U+10FFFF */
    return overlong || beyond ? 0 : n;
}

static int is_text(sl_str s)
{
    const unsigned char *p = (const unsigned char *)s.p, *end = p + s.n;
    for (uint32_t n; p < end; p += n)
        if (*p == 0 || !(n = sequence(p, end)))
            return 0;
    return 1;
}

/* A bad record is added all the same, and rejected: so it is counted, and can be looked at. */
static int add_line(sl_ctx *c, sl_batch *out, const sl_record *record, int too_large)
{
    uint32_t row;
    const int added = c->host->add(c, out, NULL, 0, record->nth, &row); /* SL_MORE: the row is there, and the last */
    if (added < 0)
        return added;
    if (too_large)
        c->host->reject(c, out, row, TOO_LARGE, SL_WHY(.value = (double)record->offset));
    else if (!is_text(record->bytes))
        c->host->reject(c, out, row, NOT_UTF8, SL_WHY(.value = (double)record->offset));
    else
        sl_set_valid(out->columns[TEXT], row), SL_COL(sl_str, out, TEXT)[row] = record->bytes; /* a view, no copy */
    return added;
}

static int read_(sl_ctx *c, const void *g, void *l, const sl_split *split, sl_batch *out)
{
    const state *s = g;
    local *me = l;
    int ret = SL_OK;
    if (!me->in || me->ended || me->split != split->index) {
        s->input->close(c, me->in);
        *me = (local){ .split = split->index };
        ret = s->input->open(c, split, &me->in);
    }
    while (ret == SL_OK) {
        sl_record record;
        const int got = s->input->record(c, me->in, &record);
        me->ended = got == SL_END;
        if (got < 0 || got == SL_END)
            return got;
        if (got == SL_OK && record.bytes.n == 0)
            c->host->count(c, BLANK_LINES, 1);
        else
            ret = add_line(c, out, &record, got == SL_MORE);
    }
    return ret;
}

static void close_local(sl_ctx *c, const void *g, void *l)
{
    const local *me = l;
    if (me->in)
        ((const state *)g)->input->close(c, me->in);
}

static const sl_option options[] = {
    SL_OPT_LIST(config, path, PATH, NULL, "files, globs or folders, or - for standard input; compressed or not",
                .flags = SL_OPT_REQUIRED),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_WRITE, "the line, without its newline" },
    { 0 },
};
static const sl_metric metrics[] = {
    [NOT_UTF8] = { "not_utf8", SL_M_ERROR, 0, "offset", "no valid UTF-8, or a NUL" },
    [TOO_LARGE] = { "too_large", SL_M_ERROR, 0, "offset", "larger than max_record_bytes" },
    [BLANK_LINES] = { "blank_lines", SL_M_COUNT, 0, "lines", "blank lines; they are no documents" },
    { 0 },
};
static const sl_stage stage = {
    SL_STAGE(SL_SOURCE),
    .name = "family.verb",
    .summary = "read plain text, each line a document",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .open = open_,
    .split = split,
    .read = read_,
    .close_local = close_local,
};
SL_PLUGIN("family_verb", "0.1.0", &stage)
