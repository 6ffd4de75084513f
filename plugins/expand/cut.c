#include "cut.h"
#include <string.h>
#include "text/space.h"
#include "text/utf8.h"

typedef struct span {
    uint32_t begin, end;
} span;

/* ---- characters and words ---- */

static bool continues(char c) { return ((uint8_t)c & 0xC0) == 0x80; }

/* The byte behind the character that begins at `at`. */
static uint32_t after_char(const char *text, uint32_t n, uint32_t at)
{
    do
        at++;
    while (at < n && continues(text[at]));
    return at;
}

static uint32_t before_char(const char *text, uint32_t at)
{
    do
        at--;
    while (at > 0 && continues(text[at]));
    return at;
}

static bool is_space(const char *text, uint32_t n, uint32_t at) { return text_space(text + at, text + n) != 0; }

static uint32_t skip_space(const char *text, uint32_t n, uint32_t at)
{
    while (at < n && is_space(text, n, at))
        at = after_char(text, n, at);
    return at;
}

static uint32_t skip_word(const char *text, uint32_t n, uint32_t at)
{
    while (at < n && !is_space(text, n, at))
        at = after_char(text, n, at);
    return at;
}

/* The end without the white space in front of it, no less than `least`. */
static uint32_t trim_end(const char *text, uint32_t n, uint32_t least, uint32_t end)
{
    while (end > least) {
        const uint32_t last = before_char(text, end);
        if (!is_space(text, n, last))
            break;
        end = last;
    }
    return end;
}

static bool begins_word(const char *text, uint32_t n, uint32_t at)
{
    return !is_space(text, n, at) && (at == 0 || is_space(text, n, before_char(text, at)));
}

/* ---- lines and paragraphs ---- */

/* The line at `at`, without its end; *next: where the one behind it begins. */
static span line_at(const char *text, uint32_t n, uint32_t at, uint32_t *next)
{
    const char *newline = memchr(text + at, '\n', n - at);
    if (!newline) {
        *next = n;
        return (span){ at, n };
    }
    const uint32_t end = (uint32_t)(newline - text);
    *next = end + 1;
    return (span){ at, end - (end > at && text[end - 1] == '\r') };
}

/* Lines up to the next one that is empty or has nothing but white space. */
static bool paragraph_at(const char *text, uint32_t n, cut_place *place, span *out)
{
    bool found = false;
    while (place->at < n) {
        const span line = line_at(text, n, place->at, &place->at);
        const bool blank = skip_space(text, line.end, line.begin) == line.end;
        if (blank && found)
            return true;
        if (blank)
            continue;
        if (!found)
            out->begin = line.begin;
        out->end = line.end;
        found = true;
    }
    return found;
}

/* ---- windows ---- */

/* `count` units behind `at`, at a border of characters; at least one character behind it. */
static uint32_t forward(const cut_spec *s, const char *text, uint32_t n, uint32_t at, uint64_t count)
{
    if (s->unit == CUT_CHARS) {
        for (; count && at < n; count--)
            at = after_char(text, n, at);
        return at;
    }
    if (count >= n - at)
        return n;
    uint32_t to = at + (uint32_t)count;
    while (to > at && continues(text[to]))
        to--;
    return to > at ? to : after_char(text, n, at);
}

/* `count` units before `end` or less, at a border of characters behind the one that begins at `begin`. */
static uint32_t backward(const cut_spec *s, const char *text, uint32_t n, uint32_t begin, uint32_t end, uint64_t count)
{
    const uint32_t least = after_char(text, n, begin);
    uint32_t to = end;
    if (s->unit == CUT_CHARS) {
        for (; count && to > least; count--)
            to = before_char(text, to);
    } else {
        to = count < end - begin ? end - (uint32_t)count : begin;
        while (to < end && continues(text[to]))
            to++;
    }
    return to > least ? to : least;
}

/* Where the window behind [begin, end) begins: it repeats no more than the overlap, and comes to `reach`, which is
 * beyond the end; a longer character or word may not fit into it otherwise. */
static uint32_t next_window(const cut_spec *s, const char *text, uint32_t n, span this, uint32_t reach)
{
    const uint32_t repeats = backward(s, text, n, this.begin, this.end, s->overlap),
                   reaches = backward(s, text, n, this.begin, reach, s->size),
                   next = repeats > reaches ? repeats : reaches;
    return next < this.end ? next : this.end;
}

static bool window_of_chars(const cut_spec *s, const char *text, uint32_t n, cut_place *place, span *out)
{
    if (place->at >= n)
        return false;
    *out = (span){ place->at, forward(s, text, n, place->at, s->size) };
    place->done = out->end == n;
    place->at = place->done ? n : next_window(s, text, n, *out, after_char(text, n, out->end));
    return true;
}

/* The end of a window of whole words from `begin`. *inside: it had to cut the one word that it holds. */
static uint32_t end_of_words(const cut_spec *s, const char *text, uint32_t n, uint32_t begin, bool *inside)
{
    const uint32_t end = forward(s, text, n, begin, s->size);
    *inside = end < n && !is_space(text, n, end) && !is_space(text, n, before_char(text, end));
    if (!*inside)
        return trim_end(text, n, begin, end);
    uint32_t word = end;
    while (word > begin && !is_space(text, n, before_char(text, word)))
        word = before_char(text, word);
    *inside = word == begin;
    return *inside ? end : trim_end(text, n, begin, word);
}

/* The same with a word at both ends; inside of one only where this window ends inside of it. */
static uint32_t next_of_words(const cut_spec *s, const char *text, uint32_t n, span this, bool inside)
{
    if (inside)
        return next_window(s, text, n, this, after_char(text, n, this.end));
    uint32_t next = next_window(s, text, n, this, skip_word(text, n, skip_space(text, n, this.end)));
    while (next < this.end && !begins_word(text, n, next))
        next = after_char(text, n, next);
    return next;
}

static bool window_of_whole_words(const cut_spec *s, const char *text, uint32_t n, cut_place *place, span *out)
{
    const uint32_t begin = skip_space(text, n, place->at);
    bool inside;
    if (begin >= n)
        return false;
    *out = (span){ begin, end_of_words(s, text, n, begin, &inside) };
    place->done = skip_space(text, n, out->end) == n;
    place->at = place->done ? n : next_of_words(s, text, n, *out, inside);
    return true;
}

static bool window_of_words(const cut_spec *s, const char *text, uint32_t n, cut_place *place, span *out)
{
    const uint64_t step = s->size - s->overlap;
    uint32_t at = skip_space(text, n, place->at);
    if (at >= n)
        return false;
    out->begin = at;
    for (uint64_t word = 0; word < s->size && at < n; word++) {
        if (word == step)
            place->at = at;
        out->end = skip_word(text, n, at);
        at = skip_space(text, n, out->end);
    }
    if (step == s->size)
        place->at = at;
    place->done = at == n;
    return true;
}

/* ---- all of it ---- */

static bool next_span(const cut_spec *s, const char *text, uint32_t n, cut_place *place, span *out)
{
    if (place->done)
        return false;
    switch (s->by) {
    case CUT_PARAGRAPHS: return paragraph_at(text, n, place, out);
    case CUT_LINES:
        if (place->at >= n)
            return false;
        *out = line_at(text, n, place->at, &place->at);
        return true;
    default:
        if (s->unit == CUT_WORDS)
            return window_of_words(s, text, n, place, out);
        return s->whole_words ? window_of_whole_words(s, text, n, place, out) : window_of_chars(s, text, n, place, out);
    }
}

static bool long_enough(const cut_spec *s, const char *text, span p)
{
    const uint32_t bytes = p.end - p.begin;
    if (bytes < s->min) /* no unit is smaller than a byte */
        return false;
    switch (s->unit) {
    case CUT_CHARS: return bytes / 4 >= s->min || text_chars(text + p.begin, bytes) >= s->min;
    case CUT_WORDS: return s->min == 0 || text_count_words(text + p.begin, bytes, s->min) >= s->min;
    default: return true;
    }
}

bool cut_next(const cut_spec *s, const char *text, uint32_t n, cut_place *place, cut_part *part)
{
    span p = { 0, 0 };
    while (next_span(s, text, n, place, &p)) {
        place->cut++;
        if (!long_enough(s, text, p))
            continue;
        *part = (cut_part){ .begin = p.begin, .end = p.end, .number = place->cut };
        return true;
    }
    return false;
}
