/* filter.bad_words — drop documents that have a word of a list, by language; datatrove's C4BadWordsFilter. */
#include <inttypes.h>
#include "automaton.h"
#include "bad_lists.h"
#include "column_text.h"
#include "sluice/util.h"
#include "text/case.h"
#include "text/unicode.h"
#include "text/utf8.h"

enum { TEXT, LANGUAGE };
enum { REMOVED, NO_LIST, C_FOUND, C_KEPT, C_NO_LIST, V_WORDS };
enum { NO_LIST_DROP, NO_LIST_KEEP };

typedef struct config {
    bad_lists_config lists;
    const char *language, *default_language;
    double keep_fraction;
    uint32_t no_list;
} config;
typedef struct state {
    const config *o;
    const sl_json_api *json;
    bad_lists lists;
} state;
typedef struct local {
    text_buf lower;
} local;

static int check(sl_ctx *c, const void *cfg) { return bad_lists_check(c, &((const config *)cfg)->lists); }

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    s->o = cfg;
    s->json = c->host->service(c, "json", 1);
    if (!s->json)
        return c->host->fail(c, SL_E_INTERNAL, "the engine lends no service \"json\" 1");
    int ret = bad_lists_read(c, &s->o->lists, &s->lists);
    if (ret >= 0)
        ret = c->host->reserve(c, bad_lists_memory(&s->lists)); /* held in any case: a list cannot spill */
    return ret < 0 ? ret : SL_OK;
}

/* \w of Python's re for str. */
static bool is_word(uint32_t c) { return c == '_' || (text_class(c) & TEXT_ALNUM); }

/* How many words of the list the text has; it looks no further than the first if `first`. *word: that one. */
static uint64_t find_words(const bad_list *list, const char *p, size_t n, bool first, sl_str *word)
{
    const char *const end = p + n, *flanked_to = p; /* what ends there is followed by no word character */
    uint64_t found = 0;
    sl_str hit;
    for (automaton_walk w = { .p = p, .end = end }; automaton_next(&list->find, &w, &hit);) {
        if (!list->anywhere) {
            const char *before = w.p - hit.n, *behind = w.p;
            if (flanked_to != w.p && w.p < end && is_word(text_next(&behind))) {
                w.more = 0; /* the shorter ones that end here are followed by the same */
                continue;
            }
            flanked_to = w.p;
            if (before > p && is_word(text_prev(&before)))
                continue;
        }
        if (found++ == 0)
            *word = hit;
        if (first)
            break;
    }
    return found;
}

static int judge(sl_ctx *c, const state *s, local *l, sl_batch *b, uint32_t row, const bad_list *list)
{
    const sl_str text = sl_text(b, TEXT)[row];
    sl_str word;
    l->lower.n = 0;
    if (!text_lower(text, &l->lower))
        return c->host->fail(c, SL_E_NOMEM, "out of memory for a document of %u bytes", text.n);
    const uint64_t n = find_words(list, l->lower.p, l->lower.n, !c->explain, &word);
    if (c->explain)
        c->host->observe(c, b, row, V_WORDS, (double)n);
    if (!n)
        return SL_OK;
    c->host->count(c, C_FOUND, 1);
    if (s->o->keep_fraction > 0 && sl_unit(sl_random(c->seed, b->key[row], 0)) < s->o->keep_fraction)
        c->host->count(c, C_KEPT, 1);
    else
        c->host->reject(c, b, row, REMOVED, SL_WHY(.detail = column_shown(word)));
    return SL_OK;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const state *s = g;
    const char *const fallback = s->o->default_language;
    const sl_str by_default = { .p = fallback, .n = (uint32_t)strlen(fallback) };
    SL_EACH(b, row) {
        sl_str language = { 0 };
        int ret = SL_OK;
        if (b->n_columns > LANGUAGE && b->columns[LANGUAGE])
            ret = column_text(c, b, s->json, b->columns[LANGUAGE], row, &language);
        if (!language.p)
            language = by_default;
        const bad_list *list = bad_lists_find(&s->lists, language);
        if (ret >= 0 && list)
            ret = judge(c, s, l, b, row, list);
        else if (ret >= 0 && s->o->no_list == NO_LIST_DROP)
            c->host->reject(c, b, row, NO_LIST, SL_WHY(.detail = column_shown(language)));
        else if (ret >= 0)
            c->host->count(c, C_NO_LIST, 1);
        if (ret < 0)
            return ret;
    }
    return SL_OK;
}

static void close_local(sl_ctx *c, const void *g, void *l)
{
    (void)c, (void)g;
    text_buf_free(&((local *)l)->lower);
}

static void close_(sl_ctx *c, void *g)
{
    (void)c;
    bad_lists_free(&((state *)g)->lists);
}

static const char *const no_lists[] = { "drop", "keep", NULL };
static const sl_option options[] = {
    { .name = "lists",
      .type = (uint32_t)SL_OPT_TABLE | SL_OPT_MANY,
      .offset = SL_OFFSET(config, lists.rows, sl_many),
      .table = bad_list_options,
      .table_size = sizeof(bad_list_row),
      .help = "a list for each language" },
    { .name = "folder",
      .type = SL_OPT_PATH,
      .offset = SL_OFFSET(config, lists.folder, const char *),
      .help = "instead: a folder with a list for each language in a file of its name (en, de, pt, zh)" },
    { .name = "allow",
      .type = (uint32_t)SL_OPT_STR | SL_OPT_MANY,
      .offset = SL_OFFSET(config, lists.allow, sl_many),
      .def = "[sm, グロ, 女の子, 性]",
      .help = "words that are taken out of every list; the default is the reference's" },
    SL_OPT(config, language, COLUMN, NULL, "the document's language; not given, null or absent: default_language"),
    SL_OPT(config, default_language, STR, "en", "of documents that do not say"),
    SL_OPT(config, keep_fraction, F64, "0", "the share of documents with such words that stays, drawn by key", .min = 0,
           .max = 1),
    SL_OPT(config, no_list, ENUM, "drop", "what becomes of a document in a language without a list",
           .choices = no_lists),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "document text" },
    [LANGUAGE] = { "$language", SL_T_ANY, SL_READ | SL_OPTIONAL, "its language" },
    { 0 },
};
static const sl_metric metrics[] = {
    /* the name is the reference's */
    [REMOVED] = { "document_removed_with_badwords", SL_M_REJECT, 0, NULL, "a word of the list; it is the evidence" },
    [NO_LIST] = { "no_list", SL_M_REJECT, 0, NULL, "no_list: drop, and its language has none" },
    [C_FOUND] = { "documents_with_badwords", SL_M_COUNT, 0, NULL, "documents with words of the list" },
    [C_KEPT] = { "document_kept_with_badwords", SL_M_COUNT, 0, NULL, "of these, those that stay by keep_fraction" },
    [C_NO_LIST] = { "missing_badwords_lang", SL_M_COUNT, 0, NULL,
                    "documents in a language without a list, which stay" },
    [V_WORDS] = { "bad_words", SL_M_VALUE, 0, "words", "how often words of the list stand in it" },
    { 0 },
};

const sl_stage filter_bad_words = {
    SL_STAGE(SL_TRANSFORM),
    .name = "filter.bad_words",
    .summary = "drop documents that have a word of a list of bad words",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .check = check,
    .open = open_,
    .process = process,
    .close_local = close_local,
    .close = close_,
};
