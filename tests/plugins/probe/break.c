/* test.break — does in every batch what the contract forbids to a transform. */
#include <string.h>
#include "probe.h"

enum { TEXT, NUMBER, NAME, SPAN, LIST };
enum { SLACK = 64 };
enum {
    NOTHING,
    OVERRUN,
    UNDERRUN,
    ALLOC_OVERRUN,
    READ_TEXT,
    READ_VIEW,
    READ_VALID,
    SEL,
    POS,
    KEY,
    NULL_VIEW,
    LONG_VIEW,
    OWN_MEMORY,
    CODE,
    MORE,
    END,
    FROZEN,
    ALLOC_UNDERRUN,
    HEADER,
    SHRINK,
    SPAN_BEYOND,
    LIST_OWN,
    LIST_TEXTS
};

typedef struct config {
    uint32_t how;
} config;
typedef struct state {
    const config *cfg;
    uint64_t frozen;
    char own[24 + SLACK]; /* not of the batch */
} state;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    ((state *)g)->cfg = cfg;
    return SL_OK;
}

/* Columns and arrays that are the engine's, or another stage's. */
static void write_into(const state *s, sl_batch *b)
{
    const uint32_t row = b->sel[0];
    switch (s->cfg->how) {
    case OVERRUN: memset(SL_COL(uint64_t, b, NUMBER) + b->n_rows, 0x5a, 8 * sizeof(uint64_t)); break;
    case UNDERRUN: memset(SL_COL(uint64_t, b, NUMBER) - 1, 0x5a, sizeof(uint64_t)); break;
    case READ_TEXT: ((char *)sl_text(b, TEXT)[row].p)[0] ^= 1; break;
    case READ_VIEW: SL_COL(sl_str, b, TEXT)[row].n /= 2; break;
    case READ_VALID: sl_set_null(b->columns[TEXT], row); break;
    case SEL: ((uint16_t *)b->sel)[b->n_sel - 1] = 0xffff; break;
    case POS: ((uint64_t *)b->pos)[row] += 1000; break;
    case KEY: ((uint64_t *)b->key)[row] ^= 1; break;
    case FROZEN: ((state *)s)->frozen++; break;
    case HEADER: b->columns[TEXT]->width = 2; break;
    case SHRINK: b->n_sel--; break;
    default: break;
    }
}

/* Views that point to nothing good. */
static int write_view(sl_ctx *c, const state *s, sl_batch *b)
{
    const uint32_t row = b->sel[0];
    sl_str *name = &SL_COL(sl_str, b, NAME)[row];
    char *p = c->host->alloc(c, b, 24, 8);
    if (!p)
        return SL_E_NOMEM;
    *name = (sl_str){ p, 24, 0 };
    memset(p, 'x', 24);
    switch (s->cfg->how) {
    case ALLOC_OVERRUN: memset(p + 24, 0x5a, SLACK); break;
    case ALLOC_UNDERRUN: p[-1] = 'x'; break;
    case NULL_VIEW: name->p = NULL; break;
    case LONG_VIEW: name->n = 1u << 31; break;
    case OWN_MEMORY: name->p = s->own; break;
    case SPAN_BEYOND: SL_COL(sl_span, b, SPAN)[row].end = sl_text(b, TEXT)[row].n + 1; break;
    case LIST_OWN: SL_COL(sl_list, b, LIST)[row] = (sl_list){ s->own, 1, 0 }; break;
    case LIST_TEXTS:
        *(sl_str *)(void *)p = (sl_str){ s->own, 4, 0 }, SL_COL(sl_list, b, LIST)[row] = (sl_list){ p, 1, 0 };
        break;
    default: break;
    }
    return SL_OK;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const state *s = g;
    (void)l;
    TRY(write_view(c, s, b));
    write_into(s, b);
    return s->cfg->how == CODE ? 77 : s->cfg->how == MORE ? SL_MORE : s->cfg->how == END ? SL_END : SL_OK;
}

static const char *const hows[] = {
    "nothing",    "overrun", "underrun", "alloc_overrun", "read_text",  "read_view",
    "read_valid", "sel",     "pos",      "key",           "null_view",  "long_view",
    "own_memory", "code",    "more",     "end",           "frozen",     "alloc_underrun",
    "header",     "shrink",  "span",     "list",          "list_texts", NULL
};
static const sl_option options[] = {
    SL_OPT(config, how, ENUM, "nothing", "what to do", .choices = hows),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "read only" },
    [NUMBER] = { "_probe_number", SL_T_U64, SL_WRITE | SL_HIDDEN, "written past its end" },
    [NAME] = { "_probe_name", SL_T_STR, SL_WRITE | SL_HIDDEN, "a view" },
    [SPAN] = { "_probe_span", SL_T_SPAN, SL_WRITE | SL_HIDDEN, "a span of the text" },
    [LIST] = { "_probe_list", SL_LIST_OF(SL_T_STR), SL_WRITE | SL_HIDDEN, "a list of views" },
    { 0 },
};

const sl_stage test_break = {
    SL_STAGE(SL_TRANSFORM),      .name = "test.break", .summary = "break the contract",
    .options = options,          .fields = fields,     .config_size = sizeof(config),
    .state_size = sizeof(state), .open = open_,        .process = process,
};
