#include "identity.h"
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

void identity_init(identity *i, const sl_json_api *json, uint32_t first, uint32_t n, uint32_t normalize)
{
    *i = (identity){ .json = json, .first = first, .n = n, .exact = normalize == NORMALIZE_NONE };
    normal_form_init(&i->form, normalize);
}

/* ---- values ---- */

static int unquote(sl_ctx *c, const sl_batch *b, const sl_json_api *json, sl_str quoted, sl_str *out)
{
    if (!memchr(quoted.p, '\\', quoted.n)) {
        *out = (sl_str){ .p = quoted.p + 1, .n = quoted.n - 2 };
        return SL_OK;
    }
    uint64_t valid = 1;
    sl_column one = { .name = "", .data = out, .valid = &valid, .type = SL_T_STR, .width = 1 };
    const int ret = json->convert(c, b, quoted, &one, 0);
    return ret < 0 ? ret : SL_OK;
}

/* out->p is NULL for null and for what is absent, and only then. *is_text: a text or a JSON string, whose form counts;
 * a number, a truth or an object counts as it is written. */
static int text_of(sl_ctx *c, const identity *i, const sl_batch *b, const sl_column *column, uint32_t row, sl_str *out,
                   bool *is_text)
{
    *out = (sl_str){ 0 };
    *is_text = false;
    if (!sl_is_valid(column, row))
        return SL_OK;
    if (column->type != SL_T_STR && column->type != SL_T_JSON)
        return i->json->value(c, b, column, row, out);
    const sl_str value = ((const sl_str *)column->data)[row];
    *is_text = column->type == SL_T_STR || (value.n && value.p[0] == '"');
    if (column->type == SL_T_STR)
        *out = value.p ? value : (sl_str){ .p = "" };
    else if (*is_text)
        return unquote(c, b, i->json, value, out);
    else if (value.n && value.p[0] != 'n')
        *out = value;
    return SL_OK;
}

/* ---- hashing ---- */

/* Gathers short pieces, so that most documents are hashed at once. */
typedef struct hasher {
    size_t n;
    bool streams; /* the buffer was full before */
    char buffer[4096];
    XXH3_state_t state;
} hasher;

static void hasher_empty(hasher *h)
{
    if (!h->streams)
        XXH3_128bits_reset(&h->state);
    h->streams = true;
    XXH3_128bits_update(&h->state, h->buffer, h->n);
    h->n = 0;
}

static void hasher_add(hasher *h, const void *p, size_t n)
{
    if (n > sizeof(h->buffer) - h->n)
        hasher_empty(h);
    if (n > sizeof(h->buffer)) {
        XXH3_128bits_update(&h->state, p, n);
        return;
    }
    memcpy(h->buffer + h->n, p, n);
    h->n += n;
}

static XXH128_hash_t hasher_end(hasher *h)
{
    if (!h->streams)
        return XXH3_128bits(h->buffer, h->n);
    hasher_empty(h);
    return XXH3_128bits_digest(&h->state);
}

/* The text's length once it is normalised. */
static uint64_t add_text(const identity *i, hasher *h, sl_str text, bool exact)
{
    if (exact) {
        hasher_add(h, text.p, text.n);
        return text.n;
    }
    normal_cursor k = { 0 };
    uint64_t n = 0;
    for (;;) {
        if (sizeof(h->buffer) - h->n < 2)
            hasher_empty(h);
        const size_t made = normalize(&i->form, &k, text.p, text.n, h->buffer + h->n, sizeof(h->buffer) - h->n);
        if (made == 0)
            return n;
        h->n += made;
        n += made;
    }
}

static void add_length(hasher *h, uint64_t n)
{
    unsigned char bytes[8];
    for (unsigned k = 0; k < sizeof(bytes); k++)
        bytes[k] = (unsigned char)(n >> 8 * k);
    hasher_add(h, bytes, sizeof(bytes));
}

static void put(XXH128_hash_t hash, unsigned char out[IDENTITY_SIZE])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, hash);
    memcpy(out, canonical.digest, IDENTITY_SIZE);
}

int identity_of(sl_ctx *c, const identity *i, const sl_batch *b, uint32_t row, unsigned char out[IDENTITY_SIZE],
                bool *known)
{
    hasher h;
    sl_str text;
    h.n = 0;
    h.streams = false;
    *known = false;
    for (uint32_t k = 0; k < i->n; k++) {
        bool is_text;
        const int ret = text_of(c, i, b, b->columns[i->first + k], row, &text, &is_text);
        if (ret < 0)
            return ret;
        const bool exact = i->exact || !is_text;
        *known |= text.p != NULL;
        if (i->n == 1 && (!text.p || exact)) {
            if (text.p)
                put(XXH3_128bits(text.p, text.n), out);
            return SL_OK;
        }
        const uint64_t n = text.p ? add_text(i, &h, text, exact) : UINT64_MAX;
        if (i->n > 1)
            add_length(&h, n);
    }
    if (*known)
        put(hasher_end(&h), out);
    return SL_OK;
}
