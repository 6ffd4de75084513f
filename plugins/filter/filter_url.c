/* filter.url — drop documents by their URL: listed domains and URLs, words in it; datatrove's URLFilter. */
#include <inttypes.h>
#include <stdio.h>
#include "automaton.h"
#include "column_text.h"
#include "list_file.h"
#include "patterns.h"
#include "sluice/service_report.h"
#include "text/case.h"
#include "url_site.h"

enum { URL };
enum { DOMAIN, SUBDOMAIN, WHOLE, HARD, SOFT, SUBWORD, PATTERN, NO_URL, C_NO_URL, C_GIVEN_UP, V_SOFT };
enum { DATATROVE, LOWER_CASE };
enum { MISSING_KEEP, MISSING_DROP };
enum { SOFT_MOST = 64 }; /* words that are told apart */
enum { INFO = 2 };

typedef struct config {
    const char *column, *public_suffixes;
    sl_many domains, urls, words, soft_words, subwords, patterns; /* const char *: files */
    int64_t soft_word_threshold;
    uint32_t variant, missing;
} config;
typedef struct state {
    const config *o;
    const sl_json_api *json;
    suffixes suffixes;
    list_table domains, urls, words, soft, subwords, expressions;
    automaton find_subwords;
    patterns patterns;
} state;
typedef struct local {
    url_work site;
    text_buf lower, letters;
    pcre2_match_data *match;
} local;

/* ---- lists ---- */

static int check(sl_ctx *c, const void *cfg)
{
    const config *o = cfg;
    if (o->domains.n + o->urls.n + o->words.n + o->soft_words.n + o->subwords.n + o->patterns.n == 0)
        return c->host->fail(c, SL_E_CONFIG,
                             "no lists; give domains, urls, words, soft_words, subwords, patterns or some of them");
    return SL_OK;
}

static int open_lists(sl_ctx *c, state *s)
{
    const config *o = s->o;
    const struct {
        sl_many paths;
        uint32_t match;
        list_table *into;
    } lists[] = {
        { o->domains, LIST_STRIPPED, &s->domains }, { o->urls, LIST_STRIPPED, &s->urls },
        { o->words, LIST_WORD, &s->words },         { o->soft_words, LIST_WORD, &s->soft },
        { o->subwords, LIST_WORD, &s->subwords },   { o->patterns, LIST_EXACT, &s->expressions },
    };
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        const list_spec spec = { .match = lists[i].match, .comments = true };
        const int ret = list_read_all(c, spec, lists[i].paths, lists[i].into);
        if (ret < 0)
            return ret;
    }
    return patterns_make(c, &s->expressions, &s->patterns);
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    s->o = cfg;
    s->json = c->host->service(c, "json", 1);
    if (!s->json)
        return c->host->fail(c, SL_E_INTERNAL, "the engine lends no service \"json\" 1");
    int ret = suffixes_open(c, s->o->public_suffixes, &s->suffixes);
    if (ret >= 0)
        ret = open_lists(c, s);
    if (ret < 0)
        return ret;
    bool too_large;
    if (!automaton_make(&s->find_subwords, &s->subwords, &too_large))
        return c->host->fail(c, too_large ? SL_E_CONFIG : SL_E_NOMEM, "%s",
                             too_large ? "subwords: to look for so many takes a table of more than 1 GiB"
                                       : "out of memory");
    ret = c->host->reserve(c, list_memory(&s->domains) + list_memory(&s->urls) + list_memory(&s->words) +
                                  list_memory(&s->soft) + automaton_memory(&s->find_subwords));
    return ret < 0 ? ret : SL_OK; /* held in any case: a list cannot spill */
}

static int open_local(sl_ctx *c, const void *g, void *l)
{
    (void)g;
    ((local *)l)->match = pcre2_match_data_create(1, NULL);
    return ((local *)l)->match ? SL_OK : c->host->fail(c, SL_E_NOMEM, "out of memory");
}

/* ---- one URL ---- */

typedef struct verdict {
    sl_ctx *c;
    sl_batch *b;
    uint32_t row;
    bool dropped;
} verdict;

static void drop(verdict *v, uint32_t reason, sl_str entry, double value, double limit)
{
    if (!v->dropped)
        v->c->host->reject(v->c, v->b, v->row, reason,
                           SL_WHY(.value = value, .limit = limit, .detail = column_shown(entry)));
    v->dropped = true;
}

static bool has(const list_table *t, sl_str text, sl_str *entry)
{
    return text.p && t->entries && list_find(t, list_ask(t, text.p, text.n), text.p, text.n, entry);
}

static bool is_alnum(char c) { return (unsigned)(c | 0x20) - 'a' < 26u || (unsigned)c - '0' < 10u; }

/* The next run of ASCII letters and digits at or behind *at. */
static bool next_word(sl_str url, uint32_t *at, sl_str *word)
{
    uint32_t begin = *at;
    while (begin < url.n && !is_alnum(url.p[begin]))
        begin++;
    uint32_t end = begin;
    while (end < url.n && is_alnum(url.p[end]))
        end++;
    *word = (sl_str){ .p = url.p + begin, .n = end - begin };
    *at = end;
    return end > begin;
}

static void judge_words(const state *s, verdict *v, sl_str url)
{
    const char *soft[SOFT_MOST]; /* entries, each once */
    uint32_t n = 0, at = 0;
    sl_str word, entry, hard = { 0 }, last = { 0 };
    while ((s->words.entries || s->soft.entries) && next_word(url, &at, &word)) {
        if (!hard.p && has(&s->words, word, &entry))
            hard = entry;
        if (n < SOFT_MOST && has(&s->soft, word, &entry)) {
            uint32_t i = 0;
            while (i < n && soft[i] != entry.p)
                i++;
            if (i == n) {
                soft[n++] = entry.p;
                if (n <= s->o->soft_word_threshold)
                    last = entry;
            }
        }
    }
    if (v->c->explain && s->soft.entries)
        v->c->host->observe(v->c, v->b, v->row, V_SOFT, n);
    if (hard.p)
        drop(v, HARD, hard, 0, 0);
    if (s->soft.entries && n >= s->o->soft_word_threshold)
        drop(v, SOFT, last, n, (double)s->o->soft_word_threshold);
}

/* Words that stand anywhere in the URL once nothing but its letters and digits is left. */
static bool judge_subwords(const state *s, local *l, verdict *v, sl_str url)
{
    uint32_t at = 0;
    sl_str word, hit;
    l->letters.n = 0;
    if (!text_buf_room(&l->letters, url.n))
        return false;
    while (next_word(url, &at, &word))
        for (uint32_t i = 0; i < word.n; i++)
            l->letters.p[l->letters.n++] = (char)(word.p[i] | (word.p[i] >= 'A' ? 0x20 : 0));
    automaton_walk walk = { .p = l->letters.p, .end = l->letters.p + l->letters.n };
    if (automaton_next(&s->find_subwords, &walk, &hit))
        drop(v, SUBWORD, hit, 0, 0);
    return true;
}

/* In the order of the reference. false: out of memory. */
static bool judge(const state *s, local *l, verdict *v, sl_str url)
{
    sl_str entry;
    if (s->o->variant == LOWER_CASE) {
        l->lower.n = 0;
        if (!text_lower(url, &l->lower))
            return false;
        url = text_buf_end(&l->lower);
        if (!url.p)
            return false;
    }
    if (s->domains.entries) {
        url_site site;
        if (!url_site_of(&s->suffixes, url, &l->site, &site))
            return false;
        if (has(&s->domains, site.registered, &entry))
            drop(v, DOMAIN, entry, 0, 0);
        else if (has(&s->domains, site.full, &entry))
            drop(v, SUBDOMAIN, entry, 0, 0);
    }
    if (!v->dropped && has(&s->urls, url, &entry))
        drop(v, WHOLE, entry, 0, 0);
    if (!v->dropped || v->c->explain)
        judge_words(s, v, url);
    if (!v->dropped && s->find_subwords.n_patterns && !judge_subwords(s, l, v, url))
        return false;
    if (!v->dropped && s->patterns.n) {
        uint32_t given_up;
        sl_str pattern;
        if (!patterns_find(&s->patterns, l->match, url, &pattern, &given_up))
            return false;
        if (given_up)
            v->c->host->count(v->c, C_GIVEN_UP, given_up);
        if (pattern.p)
            drop(v, PATTERN, pattern, 0, 0);
    }
    return true;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const state *s = g;
    SL_EACH(b, row) {
        sl_str url;
        const int ret = column_text(c, b, s->json, b->columns[URL], row, &url);
        if (ret < 0)
            return ret;
        verdict v = { c, b, row, false };
        if (url.n) {
            if (!judge(s, l, &v, url))
                return c->host->fail(c, SL_E_NOMEM, "out of memory for a URL of %u bytes", url.n);
        } else if (s->o->missing == MISSING_DROP) {
            c->host->reject(c, b, row, NO_URL, NULL);
        } else {
            c->host->count(c, C_NO_URL, 1);
        }
    }
    return SL_OK;
}

/* How much was listed: files may have changed since. */
static int finish(sl_ctx *c, void *g)
{
    const state *s = g;
    const sl_report_api *report = c->host->service(c, "report", 1);
    char rows[256];
    snprintf(rows, sizeof(rows),
             "[{\"domains\":%" PRIu64 ",\"urls\":%" PRIu64 ",\"words\":%" PRIu64 ",\"soft_words\":%" PRIu64
             ",\"subwords\":%" PRIu64 ",\"patterns\":%" PRIu64 "}]",
             s->domains.entries, s->urls.entries, s->words.entries, s->soft.entries, s->subwords.entries,
             s->expressions.entries);
    return report ? report->table(c, "entries", rows) : SL_OK;
}

static void close_local(sl_ctx *c, const void *g, void *local_)
{
    local *l = local_;
    (void)c, (void)g;
    url_work_free(&l->site);
    text_buf_free(&l->lower);
    text_buf_free(&l->letters);
    pcre2_match_data_free(l->match);
}

static void close_(sl_ctx *c, void *g)
{
    state *s = g;
    (void)c;
    suffixes_free(&s->suffixes);
    automaton_free(&s->find_subwords);
    patterns_free(&s->patterns);
    list_free(&s->domains);
    list_free(&s->urls);
    list_free(&s->words);
    list_free(&s->soft);
    list_free(&s->subwords);
    list_free(&s->expressions);
}

static const char *const variants[] = { "datatrove", "lower_case", NULL };
static const char *const missings[] = { "keep", "drop", NULL };
static const sl_option options[] = {
    SL_OPT(
        config, variant, ENUM, "datatrove",
        "datatrove: its URLFilter, document by document, which compares letters as they are written; lower_case: the "
        "same on the URL in lower case",
        .choices = variants),
    SL_OPT(config, column, COLUMN, "url", "the URL; a path such as metadata.url looks into objects"),
    SL_OPT_LIST(config, domains, PATH, NULL,
                "files: registered domains (example.co.uk), or whole hosts of which nothing below goes"),
    SL_OPT_LIST(config, urls, PATH, NULL, "files: whole URLs, byte for byte"),
    SL_OPT_LIST(config, words, PATH, NULL, "files: words between other characters than ASCII letters and digits"),
    SL_OPT_LIST(config, soft_words, PATH, NULL, "files: words of which it takes several"),
    SL_OPT(config, soft_word_threshold, I64, "2", "so many different ones of soft_words drop a document", .min = 1,
           .max = SOFT_MOST),
    SL_OPT_LIST(config, subwords, PATH, NULL,
                "files: words anywhere in the URL once nothing but its ASCII letters and digits is left"),
    SL_OPT_LIST(config, patterns, PATH, NULL, "files: regular expressions of PCRE2, one a line, looked for in the URL"),
    SL_OPT(config, public_suffixes, PATH, NULL,
           "a public suffix list, as publicsuffix.org has it; not given: that of the library"),
    SL_OPT(config, missing, ENUM, "keep", "what becomes of a document without URL", .choices = missings),
    { 0 },
};
static const sl_field fields[] = {
    [URL] = { "$column", SL_T_ANY, SL_READ, "the URL" },
    { 0 },
};
static const sl_metric metrics[] = {
    /* the names are the reference's; the entry is the evidence */
    [DOMAIN] = { "domain", SL_M_REJECT, 0, NULL, "its registered domain is in domains" },
    [SUBDOMAIN] = { "subdomain", SL_M_REJECT, 0, NULL, "its whole host is in domains" },
    [WHOLE] = { "url", SL_M_REJECT, 0, NULL, "it is in urls" },
    [HARD] = { "hard_blacklisted", SL_M_REJECT, 0, NULL, "one of words stands in it" },
    [SOFT] = { "soft_blacklisted", SL_M_REJECT, 0, "words", "at least soft_word_threshold of soft_words stand in it" },
    [SUBWORD] = { "blacklisted_subword", SL_M_REJECT, 0, NULL, "one of subwords stands in it" },
    [PATTERN] = { "pattern", SL_M_REJECT, 0, NULL, "one of patterns matches" },
    [NO_URL] = { "no_url", SL_M_REJECT, 0, NULL, "missing: drop, and there is none" },
    [C_NO_URL] = { "without_url", SL_M_COUNT, 0, NULL, "documents without URL, which stay" },
    [C_GIVEN_UP] = { "patterns_given_up", SL_M_COUNT, 0, NULL,
                     "searches that took too many steps or too much memory: no match" },
    [V_SOFT] = { "soft_words_found", SL_M_VALUE, 0, "words", "different ones of soft_words, 64 at most" },
    { 0 },
};

const sl_stage filter_url = {
    SL_STAGE(SL_TRANSFORM),
    .name = "filter.url",
    .summary = "drop documents by the domain of their URL and by words in it",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .check = check,
    .open = open_,
    .open_local = open_local,
    .process = process,
    .finish = finish,
    .close_local = close_local,
    .close = close_,
};
