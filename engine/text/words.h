/* Words: spans of the text, in its order, never empty, without overlap. A splitter is named the same in options, in
 * columns (`words.<name>`) and here. */
#ifndef TEXT_WORDS_H
#define TEXT_WORDS_H
#include "text/scan.h"
#include "text/unicode.h"

enum {
    TEXT_WHITESPACE,    /* Python's str.split() */
    TEXT_WORDPUNCT,     /* the regular expression \w+|[^\w\s]+, Python's classes: NLTK's wordpunct_tokenize */
    TEXT_UNICODE_WORDS, /* UAX 29 words that hold a letter or a number, as unicode_words of other engines */
    TEXT_SPACY_EN,      /* spaCy's blank English tokenizer, white space tokens left out, as datatrove uses it */
    TEXT_SPLITTERS
};
/* The names, ending with NULL: choices of an option `splitter`. "whitespace", "wordpunct", "unicode", "spacy_en". */
extern const char *const text_splitters[TEXT_SPLITTERS + 1];

/* Fills `out` from its start. false: out of memory. */
bool text_split(uint32_t splitter, sl_str t, text_spans *out);
bool text_split_wordpunct(sl_str t, text_spans *out);
bool text_split_unicode(sl_str t, text_spans *out);

/* The words of row `row`, whose text is t: those that an earlier stage found, or new ones, which later stages then
 * find. `column` is the SL_SHARED column `words.<splitter>` of type SL_LIST_OF(SL_T_SPAN). p NULL: out of memory,
 * message left. */
sl_list text_words_of(sl_ctx *c, const sl_batch *b, sl_column *column, uint32_t row, uint32_t splitter, sl_str t,
                      text_spans *work);
/* The same of a text that was scanned: its white space words stand there. false: out of memory, message left. */
bool text_words_of_scan(sl_ctx *c, const sl_batch *b, sl_column *column, uint32_t row, uint32_t splitter,
                        const text_scan *s, text_spans *work, sl_list *out);
/* The rows of such an option and of such a column, in the tables of sluice/util.h. */
#define TEXT_OPT_SPLITTER(T, def)                                                                                      \
    SL_OPT(T, splitter, ENUM, def,                                                                                     \
           "what a word is: white space; \\w+|[^\\w\\s]+; UAX 29; spaCy's blank English tokenizer, as datatrove",      \
           .choices = text_splitters)
#define TEXT_FIELD_WORDS                                                                                               \
    {                                                                                                                  \
        "words.$splitter", SL_LIST_OF(SL_T_SPAN), SL_READ | SL_SHARED, "its words, as splitter says"                   \
    }

/* ---- hashes: definitions, never to be changed ---- */

/* XXH3 of the word's bytes. */
uint64_t text_word_hash(const char *p, size_t n);
/* Of n words in a row: ((h0 * B + h1) * B + …) mod 2^64, B odd; text_roll takes the first away and adds one in constant
 * time. */
#define TEXT_ROLL_BASE 0x9E3779B97F4A7C15u
static inline uint64_t text_roll_add(uint64_t h, uint64_t word) { return h * TEXT_ROLL_BASE + word; }
static inline uint64_t text_roll_drop(uint64_t h, uint64_t first, uint64_t base_to_n) { return h - first * base_to_n; }
#endif
