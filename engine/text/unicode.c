#include "text/unicode_data.h"

static const text_kind *kind_of(uint32_t c) { return &text_kinds[text_kind_of[text_kind_page[c >> 8]][c & 255]]; }

const char *text_category(uint32_t c) { return kind_of(c)->category; }

unsigned text_word_break(uint32_t c) { return kind_of(c)->word_break; }
