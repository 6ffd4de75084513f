/* spaCy's tokenizer as spaCy has it: the whole text at once, everything kept in lists, special cases sorted by length.
 * Slow and simple, with the same prefixes, suffixes and infixes: what is compared is all that stands above them. */
#ifndef SPACY_SLOW_H
#define SPACY_SLOW_H
#include <stdlib.h>
#include <string.h>
#include "text/spacy_join.h"
#include "text/spacy_rules.h"
#include "text/unicode.h"
#include "text/utf8.h"

typedef struct slow_list {
    sl_span *v;
    uint32_t n, cap;
} slow_list;

static inline void slow_add(slow_list *l, uint32_t begin, uint32_t end)
{
    if (l->n == l->cap && !(l->v = realloc(l->v, (l->cap = l->cap * 2 + 16) * sizeof *l->v)))
        abort();
    l->v[l->n++] = (sl_span){ begin, end };
}

static inline bool slow_add_special(slow_list *l, const char *text, uint32_t begin, uint32_t end)
{
    const spacy_special *s = spacy_find_special(text + begin, text + end);
    for (uint32_t i = 0, from = 0; s && i < s->n; i++)
        if (i + 1 == s->n || s->cuts >> (i + 1) & 1) {
            slow_add(l, begin + from, begin + i + 1);
            from = i + 1;
        }
    return s;
}

static inline void slow_infixes(const char *text, uint32_t b, uint32_t e, slow_list *out)
{
    const char *at = text + b;
    uint32_t from = b;
    for (size_t n; !spacy_is_url(text + b, text + e) && (n = spacy_infix(text + b, text + e, &at)); at += n) {
        const uint32_t here = (uint32_t)(at - text);
        if (here == b)
            continue;
        if (here > from)
            slow_add(out, from, here);
        from = here + (uint32_t)n;
        slow_add(out, here, from);
    }
    if (from < e)
        slow_add(out, from, e);
}

static inline bool slow_special(const char *text, uint32_t b, uint32_t e)
{
    return b < e && spacy_find_special(text + b, text + e);
}

static inline void slow_piece(const char *text, uint32_t b, uint32_t e, slow_list *out)
{
    slow_list suffixes = { 0 };
    while (b < e && !slow_special(text, b, e)) {
        const uint32_t prefix = (uint32_t)spacy_prefix(text + b, text + e);
        if (prefix && slow_special(text, b + prefix, e)) {
            slow_add(out, b, b + prefix);
            b += prefix;
            break;
        }
        const uint32_t suffix = (uint32_t)spacy_suffix(text + b + prefix, text + e);
        if (suffix)
            slow_add(&suffixes, e - suffix, e);
        if (suffix && slow_special(text, b, e - suffix)) {
            e -= suffix;
            break;
        }
        if (prefix)
            slow_add(out, b, b + prefix);
        b += prefix;
        e -= suffix;
        if (!prefix && !suffix)
            break;
    }
    if (b < e && !slow_add_special(out, text, b, e))
        slow_infixes(text, b, e, out);
    while (suffixes.n) {
        suffixes.n--;
        slow_add(out, suffixes.v[suffixes.n].begin, suffixes.v[suffixes.n].end);
    }
    free(suffixes.v);
}

typedef struct slow_match {
    uint32_t begin, end; /* tokens */
} slow_match;

static inline int slow_order(const void *a, const void *b)
{
    const slow_match *x = a, *y = b;
    const uint32_t m = x->end - x->begin, n = y->end - y->begin;
    return m != n ? (m < n ? 1 : -1) : (x->begin > y->begin) - (x->begin < y->begin);
}

/* All rows of tokens that some special case would be split into. */
static inline uint32_t slow_matches(const char *text, const slow_list *l, slow_match **out)
{
    uint32_t n = 0;
    *out = malloc((l->n * (size_t)SPACY_PARTS + 1) * sizeof **out);
    if (!*out)
        abort();
    for (uint32_t i = 0; i < l->n; i++) {
        char key[SPACY_LONGEST + 64];
        uint32_t bytes = 0, cuts = 0;
        for (uint32_t j = i; j < l->n; j++) {
            const sl_span s = l->v[j];
            const uint32_t before = j > i ? l->v[j - 1].end : s.begin;
            if (s.begin - before > 1 || (s.begin > before && text[before] != ' ') ||
                bytes + s.end - s.begin > SPACY_LONGEST)
                break;
            memcpy(key + bytes, text + s.begin, s.end - s.begin);
            cuts |= 1u << bytes;
            bytes += s.end - s.begin;
            const spacy_special *special = spacy_find_special(key, key + bytes);
            if (special && special->plain == cuts)
                (*out)[n++] = (slow_match){ i, j + 1 };
        }
    }
    qsort(*out, n, sizeof **out, slow_order);
    return n;
}

static inline void slow_join(const char *text, const slow_list *l, slow_list *out)
{
    slow_match *matches;
    const uint32_t n = slow_matches(text, l, &matches);
    uint32_t *to = calloc(l->n + 1, sizeof *to); /* where what begins here ends */
    bool *seen = calloc(l->n + 1, sizeof *seen);
    if (!to || !seen)
        abort();
    for (uint32_t i = 0; i < n; i++) {
        if (!seen[matches[i].begin] && !seen[matches[i].end - 1])
            to[matches[i].begin] = matches[i].end;
        for (uint32_t j = matches[i].begin; j < matches[i].end; j++)
            seen[j] = true;
    }
    for (uint32_t i = 0; i < l->n;) {
        if (to[i] && slow_add_special(out, text, l->v[i].begin, l->v[to[i] - 1].end)) {
            i = to[i];
            continue;
        }
        slow_add(out, l->v[i].begin, l->v[i].end);
        i++;
    }
    free(matches);
    free(to);
    free(seen);
}

/* out: emptied first. */
static inline void slow_split(sl_str t, slow_list *out)
{
    slow_list plain = { 0 };
    const char *const e = t.p + t.n;
    for (const char *p = t.p; p < e;) {
        const char *begin = p, *next = p;
        while (p < e && !(text_class(text_next(&next)) & TEXT_SPACE))
            p = next;
        if (p > begin)
            slow_piece(t.p, (uint32_t)(begin - t.p), (uint32_t)(p - t.p), &plain);
        else
            p = next;
    }
    out->n = 0;
    slow_join(t.p, &plain, out);
    free(plain.v);
}
#endif
