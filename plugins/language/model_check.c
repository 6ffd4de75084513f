/* The format, little-endian and packed, as fastText 0.9.2 writes it:
 *   magic, version; 12 numbers of the training, a double
 *   dictionary: entries, words, labels, tokens (8 bytes), pruned n-grams (8 bytes; -1: not pruned)
 *     each entry: name, NUL, count (8), kind (1); words come first
 *     each pruned n-gram: its hash, its row
 *   is the input quantized? (1)  input matrix   is the output? (1)  output matrix
 * Bounds that the format does not have keep hostile numbers from making the library quadratic or infinite. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include "model_file.h"
#include "text/utf8.h"

enum { MAGIC = 793712314, SUPERVISED = 3, HS = 1, NS = 2, OVA = 4, KSUB = 256 };
enum { DIM_MAX = 1 << 16, NGRAM_MAX = 32 /* characters */, WORDS_MAX = 16 /* words of an n-gram */ };
enum { ENTRY_MEMORY = 128, NEGATIVES_MEMORY = 10000000 * 4 /* a table of the loss ns */ };
#define COUNT_MAX  1000000000000000 /* the tree of hs takes it for infinite */
#define WEIGHT_MAX 1e6f             /* sums and products stay far from infinity */

typedef struct cursor {
    const uint8_t *begin, *p, *end;
    char *why;
} cursor;

typedef struct shape { /* what the parts must agree in */
    int32_t version, dim, word_ngrams, loss, bucket, minn, maxn, words, labels;
    int64_t pruned;
    uint64_t name_bytes;
} shape;

__attribute__((format(printf, 2, 3))) static bool wrong(cursor *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(c->why, MODEL_WHY, fmt, ap);
    va_end(ap);
    if (n >= 0 && n < MODEL_WHY)
        snprintf(c->why + n, MODEL_WHY - (size_t)n, " (at byte %zu)", (size_t)(c->p - c->begin));
    return false;
}

static uint64_t left(const cursor *c) { return (uint64_t)(c->end - c->p); }

static bool take(cursor *c, void *out, size_t n)
{
    if (left(c) < n) {
        wrong(c, "it ends too early");
        return false; /* said here, for gcc to see that *out is set where it goes on */
    }
    memcpy(out, c->p, n);
    c->p += n;
    return true;
}
static bool skip(cursor *c, uint64_t n)
{
    if (left(c) < n)
        return wrong(c, "it ends too early, %" PRIu64 " bytes short", n - left(c));
    c->p += n;
    return true;
}
static bool take_flag(cursor *c, bool *out)
{
    uint8_t v;
    if (!take(c, &v, 1))
        return false;
    *out = v;
    return v <= 1 || wrong(c, "a flag is %u", v);
}

static bool check_weights(cursor *c, uint64_t n)
{
    if (left(c) / sizeof(float) < n)
        return wrong(c, "it ends too early, among its weights");
    for (; n; n--, c->p += sizeof(float)) {
        float v;
        memcpy(&v, c->p, sizeof(v));
        if (!(v >= -WEIGHT_MAX && v <= WEIGHT_MAX)) /* NaN too */
            return wrong(c, "a weight is %g", (double)v);
    }
    return true;
}

static bool check_head(cursor *c, shape *s)
{
    int32_t magic, ws, epoch, min_count, neg, kind, rate;
    double t;
    if (!take(c, &magic, 4) || !take(c, &s->version, 4))
        return false;
    if (magic != MAGIC)
        return wrong(c, "it does not begin like one");
    if (s->version != 11 && s->version != 12)
        return wrong(c, "format %" PRId32 "; 11 and 12 are known", s->version);
    if (!take(c, &s->dim, 4) || !take(c, &ws, 4) || !take(c, &epoch, 4) || !take(c, &min_count, 4) ||
        !take(c, &neg, 4) || !take(c, &s->word_ngrams, 4) || !take(c, &s->loss, 4) || !take(c, &kind, 4) ||
        !take(c, &s->bucket, 4) || !take(c, &s->minn, 4) || !take(c, &s->maxn, 4) || !take(c, &rate, 4) ||
        !take(c, &t, 8))
        return false;
    if (kind != SUPERVISED)
        return wrong(c, "it holds word vectors (kind %" PRId32 ") and no labels; supervised models have", kind);
    if (s->version == 11)
        s->maxn = 0; /* as the library does */
    if (s->dim < 1 || s->dim > DIM_MAX)
        return wrong(c, "%" PRId32 " dimensions", s->dim);
    if (s->loss < HS || s->loss > OVA)
        return wrong(c, "unknown loss %" PRId32, s->loss);
    if (s->maxn < 0 || s->maxn > NGRAM_MAX || s->minn < 0)
        return wrong(c, "n-grams of %" PRId32 " to %" PRId32 " characters", s->minn, s->maxn);
    if (s->word_ngrams < 0 || s->word_ngrams > WORDS_MAX)
        return wrong(c, "n-grams of %" PRId32 " words", s->word_ngrams);
    if (s->bucket < 0 || (s->bucket == 0 && (s->maxn > 0 || s->word_ngrams > 1)))
        return wrong(c, "n-grams, and %" PRId32 " buckets for them", s->bucket);
    return true;
}

static bool check_entry(cursor *c, shape *s, int32_t i)
{
    const uint8_t *nul = memchr(c->p, 0, left(c));
    if (!nul)
        return wrong(c, "it ends too early, in its dictionary");
    const size_t n = (size_t)(nul - c->p);
    if (i >= s->words && text_utf8_valid((const char *)c->p, n) < n) /* a label becomes the value of a column */
        return wrong(c, "entry %" PRId32 " of the dictionary is no UTF-8", i);
    s->name_bytes += n + 2; /* with the marks that the library puts around it */
    c->p = nul + 1;
    int64_t count;
    uint8_t kind;
    if (!take(c, &count, 8) || !take(c, &kind, 1))
        return false;
    if (kind != (i >= s->words))
        return wrong(c, "entry %" PRId32 " of the dictionary is of the wrong kind", i);
    if (count < 0 || count >= COUNT_MAX || (kind && s->loss == HS && count == 0))
        return wrong(c, "entry %" PRId32 " of the dictionary was seen %" PRId64 " times", i, count);
    return true;
}

static bool check_dictionary(cursor *c, shape *s)
{
    int32_t entries;
    int64_t tokens;
    if (!take(c, &entries, 4) || !take(c, &s->words, 4) || !take(c, &s->labels, 4) || !take(c, &tokens, 8) ||
        !take(c, &s->pruned, 8))
        return false;
    if (s->words < 0 || s->labels < 1 || (int64_t)s->words + s->labels != entries)
        return wrong(c, "%" PRId32 " words and %" PRId32 " labels in %" PRId32 " entries", s->words, s->labels,
                     entries);
    for (int32_t i = 0; i < entries; i++)
        if (!check_entry(c, s, i))
            return false;
    if (s->pruned < -1 || s->pruned > INT32_MAX || (s->pruned > 0 && left(c) / 8 < (uint64_t)s->pruned))
        return wrong(c, "%" PRId64 " pruned n-grams", s->pruned);
    for (int64_t i = 0; i < s->pruned; i++) {
        int32_t pair[2];
        if (!take(c, pair, sizeof(pair)))
            return false;
        if (pair[1] < 0 || pair[1] >= s->pruned)
            return wrong(c, "a pruned n-gram has row %" PRId32 " of %" PRId64, pair[1], s->pruned);
    }
    return true;
}

static bool check_size(cursor *c, int64_t rows, int64_t columns, int64_t want_rows, int32_t want_columns)
{
    return (rows == want_rows && columns == want_columns) ||
           wrong(c, "a matrix of %" PRId64 " x %" PRId64 " where %" PRId64 " x %" PRId32 " is wanted", rows, columns,
                 want_rows, want_columns);
}

static bool check_dense(cursor *c, int64_t want_rows, int32_t want_columns)
{
    int64_t rows, columns;
    return take(c, &rows, 8) && take(c, &columns, 8) && check_size(c, rows, columns, want_rows, want_columns) &&
           check_weights(c, (uint64_t)rows * (uint64_t)columns);
}

/* The code book of vectors of length dim, cut into pieces of which the last may be shorter. */
static bool check_quantizer(cursor *c, int32_t dim, int32_t *pieces)
{
    int32_t d, n, piece, last;
    if (!take(c, &d, 4) || !take(c, &n, 4) || !take(c, &piece, 4) || !take(c, &last, 4))
        return false;
    if (d != dim || piece < 1 || piece > dim || n != (dim + piece - 1) / piece || last != dim - (n - 1) * piece)
        return wrong(c, "%" PRId32 " dimensions in %" PRId32 " pieces of %" PRId32 ", the last of %" PRId32, d, n,
                     piece, last);
    *pieces = n;
    return check_weights(c, (uint64_t)dim * KSUB);
}

static bool check_quantized(cursor *c, int64_t want_rows, int32_t want_columns)
{
    bool norms;
    int64_t rows, columns;
    int32_t codes, pieces;
    if (!take_flag(c, &norms) || !take(c, &rows, 8) || !take(c, &columns, 8) || !take(c, &codes, 4) ||
        !check_size(c, rows, columns, want_rows, want_columns))
        return false;
    if (codes < 0)
        return wrong(c, "%" PRId32 " bytes of codes", codes);
    if (!skip(c, (uint64_t)codes) || !check_quantizer(c, want_columns, &pieces))
        return false;
    if (codes != rows * pieces)
        return wrong(c, "%" PRId32 " bytes of codes for %" PRId64 " rows of %" PRId32, codes, rows, pieces);
    return !norms || (skip(c, (uint64_t)rows) && check_quantizer(c, 1, &pieces));
}

static bool check_matrices(cursor *c, const shape *s, bool *quantized)
{
    bool output_too;
    if (!take_flag(c, quantized))
        return false;
    if (!*quantized && s->pruned >= 0)
        return wrong(c, "its dictionary is pruned, its matrix is not; the library calls such models outdated");
    /* Rows that n-grams can reach. */
    const int64_t rows = (int64_t)s->words + (s->pruned >= 0 ? s->pruned : s->bucket);
    if (!(*quantized ? check_quantized : check_dense)(c, rows, s->dim) || !take_flag(c, &output_too))
        return false;
    return (*quantized && output_too ? check_quantized : check_dense)(c, s->labels, s->dim);
}

bool model_check(const void *p, size_t n, model_facts *facts, char why[MODEL_WHY])
{
    cursor c = { .begin = p, .p = p, .end = (const uint8_t *)p + n, .why = why };
    shape s = { 0 };
    if (!check_head(&c, &s) || !check_dictionary(&c, &s) || !check_matrices(&c, &s, &facts->quantized))
        return false;
    if (left(&c))
        return wrong(&c, "%" PRIu64 " bytes follow its end", left(&c));
    const uint64_t lengths = s.maxn >= s.minn ? (uint64_t)(s.maxn - s.minn) + 1 : 0;
    facts->words = s.words;
    facts->labels = s.labels;
    facts->dim = s.dim;
    facts->memory = n + ((uint64_t)s.words + (uint64_t)s.labels) * ENTRY_MEMORY + s.name_bytes * lengths * 4 +
                    (s.loss == NS ? NEGATIVES_MEMORY : 0);
    return true;
}
