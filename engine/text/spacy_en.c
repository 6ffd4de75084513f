#include "text/spacy_en.h"
#include <string.h>
#include "text/spacy_join.h"
#include "text/spacy_rules.h"
#include "text/unicode.h"
#include "text/utf8.h"

/* ---- giving tokens ---- */

static void put(spacy_batch *b, const char *p, const char *e)
{
    b->v[b->n++] = (sl_span){ (uint32_t)(p - b->text), (uint32_t)(e - b->text) };
}

static void put_special(spacy_batch *b, const spacy_special *s, const char *p)
{
    b->n += spacy_special_spans(s, (uint32_t)(p - b->text), b->v + b->n);
}

/* A piece is what stands between white space; its tokens, where they may be many. */
typedef struct piece {
    spacy_batch *b;
    uint32_t tokens;
} piece;

static void put_more(piece *in, const char *p, const char *e)
{
    if (in->b->n == SPACY_BATCH)
        spacy_flush(in->b, false);
    put(in->b, p, e);
    if (++in->tokens > 2)
        in->b->joint = in->b->n;
}

static void put_more_special(piece *in, const spacy_special *s, const char *p)
{
    sl_span own[SPACY_PARTS];
    const uint32_t n = spacy_special_spans(s, 0, own);
    for (uint32_t i = 0; i < n; i++)
        put_more(in, p + own[i].begin, p + own[i].end);
}

/* ---- prefixes and suffixes ---- */

/* What is left of a piece between the prefixes and suffixes that were taken off. */
typedef struct middle {
    const char *p, *e;
} middle;

/* Takes off a prefix, a suffix or both, and says how long they were; false: it was the last time. */
static bool strip(middle *m, size_t *prefix, size_t *suffix)
{
    *prefix = *suffix = 0;
    if (m->p == m->e || spacy_find_special(m->p, m->e))
        return false;
    *prefix = spacy_prefix(m->p, m->e);
    if (*prefix && spacy_find_special(m->p + *prefix, m->e)) {
        m->p += *prefix;
        return false;
    }
    *suffix = spacy_suffix(m->p + *prefix, m->e);
    if (*suffix && spacy_find_special(m->p, m->e - *suffix)) {
        *prefix = 0;
        m->e -= *suffix;
        return false;
    }
    m->p += *prefix;
    m->e -= *suffix;
    return *prefix || *suffix;
}

enum { STOPS = 256 };

/* Suffixes are found from the right and given from the left. Instead of keeping them all: keep some places on the way,
 * and from each of them, the last first, go the way again. The first `n` suffixes that are found from m on. */
static void put_suffixes(piece *in, middle m, size_t n)
{
    middle stop[STOPS];
    const size_t stride = n / STOPS + (n % STOPS != 0);
    size_t prefix, suffix, stops = 0;
    for (size_t i = 0; i < n;) {
        if (i == stops * stride)
            stop[stops++] = m;
        (void)strip(&m, &prefix, &suffix);
        i += suffix > 0;
    }
    for (size_t i = stops; i-- > 0 && !in->b->stopped;) {
        const size_t here = i + 1 == stops ? n - i * stride : stride;
        if (stride > 1) {
            put_suffixes(in, stop[i], here);
            continue;
        }
        do
            (void)strip(&stop[i], &prefix, &suffix);
        while (suffix == 0);
        put_more(in, stop[i].e, stop[i].e + suffix);
    }
}

static void put_middle(piece *in, middle m)
{
    const spacy_special *special = spacy_find_special(m.p, m.e);
    if (special) {
        put_more_special(in, special, m.p);
        return;
    }
    const char *from = m.p, *at = m.p;
    size_t n = spacy_infix(m.p, m.e, &at);
    if (n && spacy_is_url(m.p, m.e))
        n = 0;
    for (; n && !in->b->stopped; n = spacy_infix(m.p, m.e, &at)) {
        if (at > m.p) {
            if (at > from)
                put_more(in, from, at);
            put_more(in, at, at + n);
            from = at + n;
        }
        at += n;
    }
    if (from < m.e)
        put_more(in, from, m.e);
}

static void split_piece(spacy_batch *b, const char *p, const char *e)
{
    piece in = { b, 0 };
    middle m = { p, e };
    const middle whole = m;
    size_t prefix, suffix, suffixes = 0;
    const char *last[STOPS + 1]; /* where the suffixes begin; before them, where the last ends */
    last[0] = e;
    for (bool more = true; more && !b->stopped;) {
        const char *begin = m.p;
        more = strip(&m, &prefix, &suffix);
        if (prefix)
            put_more(&in, begin, begin + prefix);
        if (suffix && ++suffixes <= STOPS)
            last[suffixes] = m.e;
    }
    if (m.p < m.e)
        put_middle(&in, m);
    if (suffixes > STOPS)
        put_suffixes(&in, whole, suffixes);
    else
        for (; suffixes > 0; suffixes--)
            put_more(&in, last[suffixes], last[suffixes - 1]);
}

/* ---- pieces ---- */

enum { SPACE = 1, MAYBE_SPACE = 2 }; /* bytes; the latter: a first byte of white space that is not ASCII */

static const uint8_t byte_class[256] = {
    ['\t'] = SPACE,       ['\n'] = SPACE,       ['\v'] = SPACE,       ['\f'] = SPACE,      ['\r'] = SPACE,
    [28] = SPACE,         [29] = SPACE,         [30] = SPACE,         [31] = SPACE,        [' '] = SPACE,
    [0xC2] = MAYBE_SPACE, [0xE1] = MAYBE_SPACE, [0xE2] = MAYBE_SPACE, [0xE3] = MAYBE_SPACE
};

/* Eight at a time: a byte's upper bit is set where the byte is a letter of ASCII. */
static uint64_t letters_of(const char *p)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t w;
    memcpy(&w, p, sizeof w);
    const uint64_t low = (w | ones * 0x20) & ones * 0x7F;
    return (low + ones * (0x80 - 'a')) & ~(low + ones * (0x7F - 'z')) & ~w & ones * 0x80;
}

static const char *skip_letters(const char *p, const char *e)
{
    for (; p < e; p += 8) {
        const uint64_t others = ~letters_of(p) & 0x8080808080808080u;
        if (others) {
            p += __builtin_ctzll(others) / 8;
            return p < e ? p : e;
        }
    }
    return e;
}

/* The end of the white space, or of the piece, that p stands in. */
static const char *skip(const char *p, const char *e, bool space)
{
    while (p < e) {
        const uint32_t class = byte_class[(unsigned char)*p];
        const char *next = p;
        const bool is_space = class & MAYBE_SPACE ? text_class(text_next(&next)) & TEXT_SPACE : class & SPACE;
        if (is_space != space)
            break;
        p = next == p ? p + 1 : next;
    }
    return p;
}

/* Letters of ASCII, and perhaps one mark behind them: most of a text. false: the mark is another one. */
static bool put_word(spacy_batch *b, const char *p, const char *letters, const char *e)
{
    const uint32_t n = b->n;
    const bool mark = e > letters && spacy_class((unsigned char)*letters) & SPACY_SUFFIX, dot = *letters == '.';
    if (e > letters && !mark && !dot)
        return false;
    const spacy_special *special = spacy_find_special(p, e);
    const bool suffix = !special && (mark || (e > letters && spacy_suffix(p, e)));
    if (suffix)
        special = spacy_find_special(p, letters);
    if (special)
        put_special(b, special, p);
    else
        put(b, p, suffix ? letters : e);
    if (suffix)
        put(b, letters, e);
    if (b->n - n > 2)
        b->joint = b->n;
    return true;
}

bool spacy_each(sl_str t, spacy_take take, void *to)
{
    if (t.n == 0)
        return true;
    spacy_batch b;
    b.text = t.p;
    b.take = take;
    b.to = to;
    b.n = b.done = b.joint = 0;
    b.stopped = false;
    const char *const end = t.p + t.n;
    for (const char *p = skip(t.p, end, true); p < end && !b.stopped; p = skip(p, end, true)) {
        if (b.n >= SPACY_BATCH - SPACY_PARTS) /* put_word: a special case and a suffix */
            spacy_flush(&b, false);
        const char *letters = skip_letters(p, end);
        const char *e = skip(letters, end, false);
        if (letters == p || e - letters > 1 || !put_word(&b, p, letters, e))
            split_piece(&b, p, e);
        p = e;
    }
    spacy_flush(&b, true);
    return !b.stopped;
}

static bool take_spans(void *to, const sl_span *tokens, uint32_t n)
{
    text_spans *out = to;
    if (!text_spans_room(out, (size_t)out->n + n))
        return false;
    memcpy(out->v + out->n, tokens, n * sizeof *tokens);
    out->n += n;
    return true;
}

bool text_split_spacy_en(sl_str t, text_spans *out)
{
    out->n = 0;
    return spacy_each(t, take_spans, out);
}
