#include "text/spacy_join.h"
#include <string.h>
#include "text/spacy_rules.h"

uint32_t spacy_special_spans(const spacy_special *s, uint32_t at, sl_span *out)
{
    uint32_t n = 0;
    for (uint32_t cuts = s->cuts; cuts; cuts &= cuts - 1) {
        const uint32_t begin = at + (uint32_t)__builtin_ctz(cuts);
        if (n > 0)
            out[n - 1].end = begin;
        out[n++] = (sl_span){ begin, at + s->n };
    }
    return n;
}

/* Bit k: k tokens from the i-th on are what a special case would be split into. One space may stand between them. */
static uint32_t joins_at(const spacy_batch *b, uint32_t i)
{
    char text[SPACY_LONGEST + 64];
    uint32_t n = 0, cuts = 0, found = 0;
    for (uint32_t k = 1; k <= SPACY_PARTS && i < b->n; k++, i++) {
        const sl_span s = b->v[i];
        if (k > 1 && s.begin != b->v[i - 1].end && (s.begin - b->v[i - 1].end > 1 || b->text[b->v[i - 1].end] != ' '))
            break;
        const uint32_t bytes = s.end - s.begin;
        if (bytes > SPACY_LONGEST - n)
            break;
        memcpy(text + n, b->text + s.begin, bytes);
        cuts |= 1u << n;
        n += bytes;
        const spacy_special *special = k > 1 ? spacy_find_special(text, text + n) : NULL;
        if (special && special->plain == cuts)
            found |= 1u << k;
    }
    return found;
}

/* Cheap: is there anything to look at? What is joined stands without gaps. */
static bool may_join(const spacy_batch *b, uint32_t i)
{
    const uint32_t begin = b->v[i].begin;
    if (!spacy_may_be_split(b->text + begin))
        return false;
    for (uint32_t j = i + 1; j < b->n && j < i + SPACY_PARTS && b->v[j].begin == b->v[j - 1].end; j++) {
        const spacy_special *special = spacy_find_special(b->text + begin, b->text + b->v[j].end);
        if (special && special->plain)
            return true;
    }
    return false;
}

enum { UNKNOWN = 1 }; /* no join is of one token or none */

static uint32_t joins_of(const spacy_batch *b, uint32_t *joins, uint32_t i)
{
    if (joins[i] == UNKNOWN)
        joins[i] = joins_at(b, i);
    return joins[i];
}

/* spaCy takes the longest first, of equally long ones the first, and drops each whose first or last token stands in one
 * that it has looked at, dropped or not: so it is enough to look at those around it. */
static bool stays(const spacy_batch *b, uint32_t *joins, uint32_t i, uint32_t k)
{
    for (uint32_t j = i > SPACY_AROUND ? i - SPACY_AROUND : 0; j < i; j++)
        if (joins_of(b, joins, j) >> (i - j + 1 > k ? i - j + 1 : k))
            return false;
    for (uint32_t j = i + 1; j < i + k; j++)
        if (joins_of(b, joins, j) >> (k + 1))
            return false;
    return true;
}

/* How many tokens from the i-th on become a special case's own; 0: it stays as it is. */
static uint32_t join_at(const spacy_batch *b, uint32_t *joins, uint32_t i)
{
    if (!may_join(b, i) || !joins_of(b, joins, i))
        return 0;
    const uint32_t k = 31 - (uint32_t)__builtin_clz(joins[i]);
    for (uint32_t j = i + 1; j < i + k; j++)
        if (b->v[j].begin != b->v[j - 1].end)
            return 0;
    return stays(b, joins, i, k) ? k : 0;
}

static void give(spacy_batch *b, const sl_span *v, uint32_t n)
{
    if (n > 0 && !b->stopped)
        b->stopped = !b->take(b->to, v, n);
}

/* Joins what begins before `limit`, gives all before it, and returns where it stopped: where what it joined last ends.
 */
static uint32_t give_joined(spacy_batch *b, uint32_t limit)
{
    uint32_t joins[SPACY_BATCH], i = b->done, given = b->done;
    for (uint32_t j = 0; j < b->n; j++)
        joins[j] = UNKNOWN;
    while (i < limit) {
        const uint32_t k = i < b->joint ? join_at(b, joins, i) : 0;
        if (k > 0) {
            const sl_span first = b->v[i], last = b->v[i + k - 1];
            sl_span own[SPACY_PARTS];
            give(b, b->v + given, i - given);
            give(b, own,
                 spacy_special_spans(spacy_find_special(b->text + first.begin, b->text + last.end), first.begin, own));
            given = i + k;
        }
        i += k > 0 ? k : 1;
    }
    give(b, b->v + given, i - given);
    return i;
}

void spacy_flush(spacy_batch *b, bool at_end)
{
    uint32_t limit = b->n;
    /* A join depends on those that overlap it, which reach up to twice SPACY_AROUND from its first token. */
    if (!at_end && b->joint + 2 * SPACY_AROUND > b->n)
        limit = b->n > 2 * SPACY_AROUND ? b->n - 2 * SPACY_AROUND : 0;
    if (b->joint <= b->done) {
        give(b, b->v + b->done, b->n - b->done);
        b->done = b->n;
    } else if (limit > b->done) {
        b->done = give_joined(b, limit);
    }
    const uint32_t from = b->done > SPACY_AROUND ? b->done - SPACY_AROUND : 0;
    memmove(b->v, b->v + from, (b->n - from) * sizeof *b->v);
    b->n -= from;
    b->done -= from;
    b->joint -= b->joint > from ? from : b->joint;
}
