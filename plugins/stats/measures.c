#include "measures.h"
#include "text/line_counts.h"
#include "text/word_kinds.h"

const char *const group_names[GROUPS + 1] = { "length", "words", "lines", "repeats", "ngrams", NULL };

#define NAME(number, name, ...)         [number] = name,
#define GROUP(number, name, group, ...) [number] = group,
const char *const measure_names[MEASURES + 1] = { MEASURE_TABLE(NAME)[MEASURES] = NULL };
const uint8_t measure_groups[MEASURES] = { MEASURE_TABLE(GROUP) };

static double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

static void measure_length(const text_scan *s, double *v)
{
    sl_span line;
    for (text_lines it = { .t = s->t }; text_scan_next_line(s, &it, &line);)
        v[N_LINES]++;
    v[CHARS] = s->chars;
    v[BYTES] = s->t.n;
    v[NEWLINES] = s->n_newline;
}

static void measure_words(const measure_rules *rules, const text_scan *s, sl_list words, double *v)
{
    const text_word_kinds n = text_count_word_kinds(s->t, words.p, words.n, s->ascii, &rules->stop, UINT64_MAX);
    v[N_WORDS] = words.n;
    v[MEAN_WORD] = share((double)n.chars, words.n);
    v[NON_SYMBOL] = (double)n.non_symbol;
    v[MEAN_NON_SYMBOL] = share((double)n.non_symbol_chars, (double)n.non_symbol);
    v[ALPHA_RATIO] = share((double)n.alpha, words.n);
    v[STOP_WORDS] = (double)n.stop;
    v[NEWLINE_RATIO] = share(s->n_newline, words.n);
    v[HASH_RATIO] = share(s->hashes, words.n);
    v[ELLIPSIS_RATIO] = share(s->ellipses, words.n);
}

static bool measure_lines(const measure_rules *rules, measure_work *w, double *v)
{
    const text_scan *s = &w->scan;
    text_line_ends ends;
    const text_line_edges edges = text_count_line_edges(s);
    v[BULLET_LINES] = share((double)edges.bullets, (double)edges.lines);
    v[ELLIPSIS_LINES] = share((double)edges.ellipses, (double)edges.lines);
    if (!text_count_line_ends(s, rules->short_line, &w->pieces, &ends))
        return false;
    v[PUNCT_LINES] = share(ends.ended, w->pieces.n);
    v[SHORT_LINES] = share(ends.brief, w->pieces.n);
    return true;
}

static bool measure_repeats(measure_work *w, double *v)
{
    const text_scan *s = &w->scan;
    text_line_ends ends;
    text_repeats r;
    if (!text_count_paragraphs_again(&w->table, s, &w->pieces, &r))
        return false;
    v[DUP_PARA] = share((double)r.n, w->pieces.n);
    v[DUP_PARA_CHARS] = share((double)r.chars, s->chars);
    if (!text_count_lines_again(&w->table, s, &w->pieces, &r))
        return false;
    v[DUP_LINE] = share((double)r.n, w->pieces.n);
    v[DUP_LINE_CHARS] = share((double)r.chars, s->chars);
    if (!text_count_line_ends(s, 0, &w->pieces, &ends) ||
        !text_count_repeats(&w->table, s->t, w->pieces.v, w->pieces.n, s->ascii, &r))
        return false;
    v[CHAR_DUP] = share((double)r.chars, (double)(s->chars - s->n_newline));
    return true;
}

static bool measure_ngrams(measure_work *w, sl_list words, double *v)
{
    const double all = w->scan.chars;
    uint64_t chars;
    if (!text_squeeze(&w->squeezed, w->scan.t, words.p, words.n, w->scan.ascii))
        return false;
    if (words.n > TEXT_KEPT) { /* n-grams take as much again */
        text_scan_free(&w->scan);
        text_spans_free(&w->pieces);
        text_table_free(&w->table);
    }
    if (!text_ngrams_begin(&w->grams, &w->squeezed))
        return false;
    for (uint32_t n = 2; n <= 4; n++) {
        if (!text_ngrams_top(&w->grams, n, &chars))
            return false;
        v[TOP_2 + n - 2] = share((double)chars, all);
    }
    if (!text_ngrams_candidates(&w->grams))
        return false;
    for (uint32_t n = 5; n <= 10; n++) {
        if (!text_ngrams_duplicated(&w->grams, n, &chars))
            return false;
        v[DUP_5 + n - 5] = share((double)chars, all);
    }
    return true;
}

bool measure_text(const measure_rules *rules, measure_work *w, sl_list words, double v[MEASURES])
{
    const uint32_t wanted = rules->groups;
    memset(v, 0, MEASURES * sizeof *v);
    if (wanted & 1u << WORDS)
        measure_words(rules, &w->scan, words, v);
    if (wanted & 1u << LENGTH)
        measure_length(&w->scan, v);
    return (!(wanted & 1u << LINES) || measure_lines(rules, w, v)) &&
           (!(wanted & 1u << REPEATS) || measure_repeats(w, v)) &&
           (!(wanted & 1u << NGRAMS) || measure_ngrams(w, words, v));
}

void measure_free(measure_work *w)
{
    text_scan_free(&w->scan);
    text_spans_free(&w->pieces);
    text_table_free(&w->table);
    text_squeezed_free(&w->squeezed);
    text_ngrams_free(&w->grams);
}
