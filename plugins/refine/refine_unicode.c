/* refine.unicode — one way to write the same text: normal form, control and zero-width characters, ends of lines. */
#include "characters.h"
#include "sluice/util.h"

enum { TEXT };
enum { C_CHANGED, C_COUNTS };

typedef struct config {
    uint32_t form, line_ends, zero_width;
    uint8_t controls, soft_hyphens, trailing_space;
    int64_t max_blank_lines;
} config;
typedef struct state {
    char_rules rules;
} state;

enum { FORM_NONE };
static const char *const forms[] = { "none", "nfc", "nfd", "nfkc", "nfkd", NULL };
static const char *const line_ends[] = { "keep", "cr", "all", NULL };
static const char *const zero_widths[] = { "keep", "spaces", "all", NULL };

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    const config *o = cfg;
    (void)c;
    ((state *)g)->rules = (char_rules){
        .normalize = o->form != FORM_NONE,
        .form = o->form != FORM_NONE ? (text_form)(o->form - 1) : TEXT_NFC,
        .controls = o->controls,
        .soft_hyphens = o->soft_hyphens,
        .trailing_space = o->trailing_space,
        .line_ends = o->line_ends,
        .zero_width = o->zero_width,
        .max_blank_lines = o->max_blank_lines,
    };
    return SL_OK;
}

static int one(sl_ctx *c, const void *g, void *l, sl_batch *b, uint32_t row, sl_str *text)
{
    char_work *w = l;
    (void)row;
    if (!text->n)
        return 0;
    const sl_str now = refine_chars(&((const state *)g)->rules, *text, w);
    const int changed = now.p ? sl_replace_text(c, b, text, now) : SL_E_NOMEM;
    for (uint32_t i = 0; changed > 0 && i < CHAR_COUNTS; i++)
        if (w->counts[i])
            c->host->count(c, C_COUNTS + i, w->counts[i]);
    return changed;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    return edit_rows(c, g, l, b, one, TEXT, C_CHANGED);
}

static void close_local(sl_ctx *c, const void *g, void *l)
{
    (void)c, (void)g;
    char_work_free(l);
}

_Static_assert(TEXT_NFC == 0 && TEXT_NFD == 1 && TEXT_NFKC == 2 && TEXT_NFKD == 3, "forms has their order");

static const sl_option options[] = {
    SL_OPT(config, form, ENUM, "nfc", "the normal form of Unicode 14; nfkc and nfkd also take away what is only looks",
           .choices = forms),
    SL_OPT(config, controls, BOOL, "true",
           "take control characters out; those that separate words become a space; \\t and \\n stay"),
    SL_OPT(config, line_ends, ENUM, "all",
           "what becomes \\n: nothing; \\r\\n and \\r; all ends of lines of Python's splitlines (U+B, U+C, U+1C to "
           "U+1E, U+85, U+2028, U+2029 too)",
           .choices = line_ends),
    SL_OPT(config, zero_width, ENUM, "spaces",
           "which go: none; U+200B, U+2060, U+FEFF; also the joiners U+200C and U+200D, which Indic and Arabic scripts "
           "and emoji need",
           .choices = zero_widths),
    SL_OPT(config, soft_hyphens, BOOL, "false", "take U+AD out"),
    SL_OPT(config, trailing_space, BOOL, "true", "take white space out in front of \\n and at the end"),
    SL_OPT(config, max_blank_lines, I64, "2", "of a longer run of empty lines so many stay; -1: all", .min = -1,
           .max = 1e9, .unit = "lines"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ | SL_WRITE, "document text; refined" },
    { 0 },
};
#define COUNT(i, name, unit, help) [C_COUNTS + i] = { name, SL_M_COUNT, 0, unit, help }
static const sl_metric metrics[] = {
    [C_CHANGED] = { "changed", SL_M_COUNT, 0, "documents", "documents whose text changed" },
    COUNT(CHARS_CONTROLS, "controls", "chars", "control characters that went or became a space"),
    COUNT(CHARS_ZERO_WIDTH, "zero_width", "chars", "zero-width characters that went"),
    COUNT(CHARS_SOFT_HYPHENS, "soft_hyphens", "chars", "soft hyphens that went"),
    COUNT(CHARS_LINE_ENDS, "line_ends", "lines", "ends of lines that became \\n"),
    COUNT(CHARS_NORMALIZED, "normalized", "documents", "documents that were not in the normal form"),
    COUNT(CHARS_TRAILING, "trailing_space", "lines", "lines that lost white space at their end"),
    COUNT(CHARS_BLANK_LINES, "blank_lines", "lines", "empty lines that went"),
    { 0 },
};

const sl_stage refine_unicode = {
    SL_STAGE(SL_TRANSFORM),
    .name = "refine.unicode",
    .summary = "bring texts into one normal form and take invisible characters out",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(char_work),
    .open = open_,
    .process = process,
    .close_local = close_local,
};
