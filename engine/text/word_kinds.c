#include "text/word_kinds.h"
#include "text/unicode.h"
#include "text/utf8.h"

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

typedef struct kind {
    bool alpha, non_symbol;
} kind;

static inline bool any(bytes16 v)
{
    const halves h = (halves)v;
    return (h[0] | h[1]) != 0;
}

/* Of ASCII letters, digits, tab, newline, blank: all others are in the set. Zero bytes count for nothing. */
static inline kind kind_of_ascii(bytes16 v)
{
    const bytes16 alpha = (bytes16)((v | 32) - 'a' < 26), digit = (bytes16)(v - '0' < 10);
    const bytes16 blank = (bytes16)(v == 9) | (bytes16)(v == 10) | (bytes16)(v == 32);
    return (kind){ any(alpha), any(alpha | digit | blank) };
}

/* The rest of a word of which k is known. By value: it stays in registers. */
static kind kind_of_rest(const char *p, const char *end, kind k)
{
    while (p < end && !(k.alpha && k.non_symbol)) {
        const uint32_t class = text_class(text_next(&p));
        k.alpha |= (class & TEXT_ALPHA) != 0;
        k.non_symbol |= !(class & (TEXT_DT_PUNCT | TEXT_DT_TERMINAL));
    }
    return k;
}

/* The first 16 bytes of a word, zero behind its end. */
static inline halves load(const char *p, uint32_t length)
{
    halves v;
    memcpy(&v, p, sizeof v);
    v[0] &= length < 8 ? ~(UINT64_MAX << 8 * length) : UINT64_MAX;
    v[1] &= length <= 8 ? 0 : length < 16 ? UINT64_MAX >> (128 - 8 * length) : UINT64_MAX;
    return v;
}

static inline uint32_t within(uint64_t x)
{
    const uint64_t ones = 0x0101010101010101u;
    return (uint32_t)((x >> 7 & ~x >> 6 & ones) * ones >> 56);
}

static inline text_word_kinds count(sl_str t, const sl_span *words, uint32_t n, bool ascii, const text_stop_words *stop,
                                    uint64_t enough)
{
    text_word_kinds c = { .words = n };
    uint64_t found = 0;
    for (uint32_t i = 0; i < n; i++) {
        const char *const p = t.p + words[i].begin, *const end = t.p + words[i].end;
        const uint32_t length = (uint32_t)(end - p);
        const halves v = load(p, length);
        kind k = kind_of_ascii((bytes16)v);
        uint32_t chars = length;
        if (ascii || !((v[0] | v[1]) & 0x8080808080808080u)) {
            if (length > 16 && !k.alpha)
                k = kind_of_rest(p + 16, end, k);
            if (!ascii && length > 16)
                chars = (uint32_t)text_chars(p, length);
        } else {
            if (!k.alpha)
                k = kind_of_rest(p, end, k);
            chars = length > 16 ? (uint32_t)text_chars(p, length) : length - within(v[0]) - within(v[1]);
        }
        k.non_symbol |= k.alpha; /* no letter is in the set */
        c.chars += chars;
        c.alpha += k.alpha;
        c.non_symbol += k.non_symbol;
        c.non_symbol_chars += k.non_symbol ? chars : 0;
        if (c.stop < enough) {
            const uint64_t bit = text_stop_words_find(stop, (sl_str){ p, length, 0 }, v[0], v[1]);
            c.stop += (bit & ~found) != 0;
            found |= bit;
        }
    }
    return c;
}

text_word_kinds text_count_word_kinds(sl_str t, const sl_span *words, uint32_t n, bool ascii,
                                      const text_stop_words *stop, uint64_t enough)
{
    return ascii ? count(t, words, n, true, stop, enough) : count(t, words, n, false, stop, enough);
}
