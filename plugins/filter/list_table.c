#include "list_table.h"
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

/* A slot is 40 bits of place and 24 bits of hash: a search looks at an entry that is not the one it wants once in 16
 * million times, so a text that is not listed costs one miss of the cache, and one that is costs two. The table is made
 * once, when the number of entries is known: at 70 % full it takes 11.4 bytes an entry, and it never grows. */
enum { TAG_BITS = 24, LENGTH_MAX = 3 /* bytes of a length */, SLACK = 64 /* readable bytes behind a text */ };
#define TAG_MASK  ((1ull << TAG_BITS) - 1)
#define PLACE_MAX (1ull << 40)

static bool make_room(list_table *t, uint64_t more)
{
    if (t->cap - t->n >= more)
        return true;
    uint64_t cap = t->cap ? t->cap : 4096;
    while (cap - t->n < more)
        cap += cap / 2;
    if (cap > PLACE_MAX)
        return false;
    char *bytes = realloc(t->bytes, cap);
    if (!bytes)
        return false;
    t->bytes = bytes;
    t->cap = cap;
    return true;
}

bool list_add(list_table *t, const char *p, size_t n)
{
    if (!make_room(t, n + 1 + LENGTH_MAX + SLACK))
        return false;
    t->n += t->n == 0; /* no entry stands at 0 */
    size_t rest = n;
    for (; rest >= 0x80; rest >>= 7)
        t->bytes[t->n++] = (char)(rest | 0x80);
    t->bytes[t->n++] = (char)rest;
    memcpy(t->bytes + t->n, p, n);
    t->n += n;
    t->added++;
    return true;
}

static sl_str entry_at(const list_table *t, uint64_t place)
{
    uint32_t n = 0;
    for (unsigned shift = 0;; shift += 7) {
        const uint8_t byte = (uint8_t)t->bytes[place++];
        n |= (uint32_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return (sl_str){ .p = t->bytes + place, .n = n };
    }
}

static uint64_t home_of(const list_table *t, uint64_t hash)
{
    return (uint64_t)((unsigned __int128)hash * t->n_slots >> 64);
}

/* The slot that holds the text, or the free one where it would stand. */
static uint64_t find_slot(const list_table *t, uint64_t hash, const char *p, size_t n, sl_str *entry)
{
    uint64_t i = home_of(t, hash);
    for (; t->slots[i]; i = i + 1 == t->n_slots ? 0 : i + 1) {
        if ((t->slots[i] ^ hash) & TAG_MASK)
            continue;
        *entry = entry_at(t, t->slots[i] >> TAG_BITS);
        if (entry->n == n && !memcmp(entry->p, p, n))
            break;
    }
    return i;
}

/* Entries move down over those that repeat an earlier one. */
bool list_seal(list_table *t)
{
    t->n_slots = t->added + t->added * 3 / 7 + 8;
    t->slots = calloc(t->n_slots, sizeof(*t->slots));
    if (!t->slots)
        return false;
    uint64_t to = 1;
    for (uint64_t at = 1; at < t->n;) {
        const sl_str text = entry_at(t, at);
        const uint64_t next = (uint64_t)(text.p - t->bytes) + text.n;
        const uint64_t hash = XXH3_64bits(text.p, text.n);
        sl_str earlier;
        const uint64_t slot = find_slot(t, hash, text.p, text.n, &earlier);
        if (!t->slots[slot]) {
            memmove(t->bytes + to, t->bytes + at, next - at);
            t->slots[slot] = to << TAG_BITS | (hash & TAG_MASK);
            t->entries++;
            to += next - at;
        }
        at = next;
    }
    t->n = to;
    char *bytes = t->entries ? realloc(t->bytes, t->n + SLACK) : NULL;
    if (bytes) { /* a block that cannot shrink stays as it is */
        t->bytes = bytes;
        t->cap = t->n + SLACK;
        memset(bytes + t->n, 0, SLACK);
    }
    return true;
}

uint64_t list_ask(const list_table *t, const char *p, size_t n)
{
    const uint64_t hash = XXH3_64bits(p, n);
    __builtin_prefetch(&t->slots[home_of(t, hash)]);
    return hash;
}

bool list_find(const list_table *t, uint64_t asked, const char *p, size_t n, sl_str *entry)
{
    return t->slots[find_slot(t, asked, p, n, entry)] != 0;
}

bool list_next(const list_table *t, uint64_t *at, sl_str *entry)
{
    *at += *at == 0; /* no entry stands at 0 */
    if (*at >= t->n)
        return false;
    *entry = entry_at(t, *at);
    *at = (uint64_t)(entry->p - t->bytes) + entry->n;
    return true;
}

uint64_t list_memory(const list_table *t) { return t->cap + t->n_slots * sizeof(*t->slots); }

void list_free(list_table *t)
{
    free(t->bytes);
    free(t->slots);
    *t = (list_table){ 0 };
}
