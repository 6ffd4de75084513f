/* What the words of a document are made of: datatrove's GopherQualityFilter, in one look at each word. */
#ifndef TEXT_WORD_KINDS_H
#define TEXT_WORD_KINDS_H
#include "text/stop_words.h"

typedef struct text_word_kinds {
    uint64_t words, chars;     /* all of them, and their code points */
    uint64_t non_symbol;       /* words with a character that is not in datatrove's PUNCTUATION_SET */
    uint64_t non_symbol_chars; /* code points of those */
    uint64_t alpha;            /* words with a letter: str.isalpha of some character */
    uint64_t stop;             /* stop words found, each once; `enough` are as good as all */
} text_word_kinds;

/* ascii: all of the text is, which saves looking. */
text_word_kinds text_count_word_kinds(sl_str t, const sl_span *words, uint32_t n, bool ascii,
                                      const text_stop_words *stop, uint64_t enough);
#endif
