/* What stats.text measures of one document. Where a filter compares the same number, it is made by the same function.
 */
#ifndef STATS_MEASURES_H
#define STATS_MEASURES_H
#include "text/ngrams.h"
#include "text/repeats.h"
#include "text/scan.h"
#include "text/stop_words.h"

enum { LENGTH, WORDS, LINES, REPEATS, NGRAMS, GROUPS };
extern const char *const group_names[GROUPS + 1];

/* M(number, name, group, unit, what it is) */
#define MEASURE_TABLE(M)                                                                                               \
    M(CHARS, "chars", LENGTH, "chars", "code points")                                                                  \
    M(BYTES, "bytes", LENGTH, "bytes", "of UTF-8")                                                                     \
    M(N_LINES, "lines", LENGTH, "lines", "of Python's splitlines")                                                     \
    M(NEWLINES, "newlines", LENGTH, NULL, "\\n")                                                                       \
    M(N_WORDS, "words", WORDS, "words", "by splitter")                                                                 \
    M(MEAN_WORD, "mean_word_length", WORDS, "chars", "of all words")                                                   \
    M(NON_SYMBOL, "non_symbol_words", WORDS, "words", "words that are more than symbols")                              \
    M(MEAN_NON_SYMBOL, "mean_non_symbol_word_length", WORDS, "chars", "of those words")                                \
    M(ALPHA_RATIO, "alpha_words_ratio", WORDS, "ratio", "words with a letter")                                         \
    M(STOP_WORDS, "stop_words", WORDS, "words", "different stop words")                                                \
    M(NEWLINE_RATIO, "newline_ratio", WORDS, "ratio", "\\n a word")                                                    \
    M(HASH_RATIO, "hash_ratio", WORDS, "ratio", "'#' a word")                                                          \
    M(ELLIPSIS_RATIO, "ellipsis_ratio", WORDS, "ratio", "'...' and '…' a word")                                        \
    M(BULLET_LINES, "bullet_lines_ratio", LINES, "ratio", "lines that begin with a bullet")                            \
    M(ELLIPSIS_LINES, "ellipsis_lines_ratio", LINES, "ratio", "lines that end with an ellipsis")                       \
    M(PUNCT_LINES, "line_punct_ratio", LINES, "share", "lines that end with a mark")                                   \
    M(SHORT_LINES, "short_line_ratio", LINES, "share", "short lines")                                                  \
    M(DUP_PARA, "dup_para_frac", REPEATS, "share", "paragraphs that stand there again")                                \
    M(DUP_PARA_CHARS, "dup_para_char_frac", REPEATS, "share", "characters in those")                                   \
    M(DUP_LINE, "dup_line_frac", REPEATS, "share", "lines that stand there again")                                     \
    M(DUP_LINE_CHARS, "dup_line_char_frac", REPEATS, "share", "characters in those")                                   \
    M(CHAR_DUP, "char_dup_ratio", REPEATS, "share", "the same, as FineWeb has lines")                                  \
    M(TOP_2, "top_2_gram", NGRAMS, "share", "characters in the most frequent pair of words")                           \
    M(TOP_3, "top_3_gram", NGRAMS, "share", "characters in the most frequent three words")                             \
    M(TOP_4, "top_4_gram", NGRAMS, "share", "characters in the most frequent four words")                              \
    M(DUP_5, "duplicated_5_n_grams", NGRAMS, "share", "characters in five words that stand there again")               \
    M(DUP_6, "duplicated_6_n_grams", NGRAMS, "share", "the same of six")                                               \
    M(DUP_7, "duplicated_7_n_grams", NGRAMS, "share", "the same of seven")                                             \
    M(DUP_8, "duplicated_8_n_grams", NGRAMS, "share", "the same of eight")                                             \
    M(DUP_9, "duplicated_9_n_grams", NGRAMS, "share", "the same of nine")                                              \
    M(DUP_10, "duplicated_10_n_grams", NGRAMS, "share", "the same of ten")

#define MEASURE_NUMBER(number, ...) number,
enum { MEASURE_TABLE(MEASURE_NUMBER) MEASURES };
extern const char *const measure_names[MEASURES + 1];
extern const uint8_t measure_groups[MEASURES];

typedef struct measure_rules {
    text_stop_words stop;
    uint64_t short_line; /* code points */
    uint32_t groups;     /* bits: what is wanted */
} measure_rules;
typedef struct measure_work { /* begins zeroed */
    text_scan scan;
    text_spans pieces;
    text_table table;
    text_squeezed squeezed;
    text_ngrams grams;
} measure_work;

/* The text that w->scan read, whose words are these. Numbers of groups that are not wanted, and what would be divided
 * by nothing, are 0. false: out of memory. */
bool measure_text(const measure_rules *rules, measure_work *w, sl_list words, double v[MEASURES]);
void measure_free(measure_work *w);
#endif
