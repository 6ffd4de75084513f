/* layer: text */
/* Every kernel finds what the plain one does. */
#include "fuzz_text.h"
#include "text/hash.h"
#include "text/scan.h"
#include "text/words.h"

typedef struct found {
    text_scan scan;
    text_spans words, wordpunct;
    text_places places;
} found;

static const text_needle needles[] = { { "{", 1 }, { "psu", 3 }, { "f us", 4 }, { "\xE2\x84\xAA", 3 } };

static void find(found *f, sl_str t)
{
    must(text_scan_read(&f->scan, t) && text_scan_words(t, &f->words) && text_split_wordpunct(t, &f->wordpunct) &&
         text_seek(t, needles, sizeof needles / sizeof *needles, &f->places));
}

static void lose(found *f)
{
    text_scan_free(&f->scan);
    text_spans_free(&f->words);
    text_spans_free(&f->wordpunct);
    text_places_free(&f->places);
}

static bool same_spans(const text_spans *a, const text_spans *b)
{
    return a->n == b->n && (!a->n || !memcmp(a->v, b->v, a->n * sizeof *a->v));
}

static void same(const found *a, const found *b)
{
    const text_scan *s = &a->scan, *z = &b->scan;
    must(s->chars == z->chars && s->hashes == z->hashes && s->ellipses == z->ellipses && s->ascii == z->ascii &&
         s->other_breaks == z->other_breaks && s->n_newline == z->n_newline);
    must(!s->n_newline || !memcmp(s->newline, z->newline, s->n_newline * sizeof *s->newline));
    must(same_spans(&s->words, &z->words) && same_spans(&a->words, &z->words) &&
         same_spans(&a->wordpunct, &b->wordpunct));
    must(a->places.n == b->places.n &&
         (!a->places.n || !memcmp(a->places.v, b->places.v, a->places.n * sizeof *a->places.v)));
}

static void lines(const text_scan *s)
{
    text_lines a = { .t = s->t }, b = a;
    sl_span line, want;
    while (text_next_line(&a, &want))
        must(text_scan_next_line(s, &b, &line) && line.begin == want.begin && line.end == want.end);
    must(!text_scan_next_line(s, &b, &line));
}

/* The words one behind the other are the text without white space. */
static void squeezed(const text_scan *s)
{
    text_squeezed q = { 0 };
    uint32_t at = 0;
    must(text_squeeze(&q, s->t, s->words.v, s->words.n, s->ascii));
    for (uint32_t i = 0; i < s->words.n; i++) {
        const sl_str w = text_part(s->t, s->words.v[i]);
        must(q.begin[i] == at && !memcmp(q.p + at, w.p, w.n) && q.hash[i] == text_quick_hash(w.p, w.n));
        must(q.chars_before[i + 1] - q.chars_before[i] == text_chars(w.p, w.n));
        at += w.n;
    }
    must(q.begin[s->words.n] == at);
    text_squeezed_free(&q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const sl_str t = fuzz_text(data, size);
    found plain = { 0 };
    must(text_use_kernel("plain"));
    find(&plain, t);
    for (const char *const *name = text_kernels; *name; name++) {
        found f = { 0 };
        if (!text_use_kernel(*name))
            continue;
        find(&f, t);
        same(&f, &plain);
        lose(&f);
    }
    lines(&plain.scan);
    squeezed(&plain.scan);
    lose(&plain);
    free((char *)t.p);
    return 0;
}
