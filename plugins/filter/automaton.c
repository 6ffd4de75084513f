#include "automaton.h"
#include <stdlib.h>
#include <string.h>

/* States are numbered twice. While the trie grows, in the order of making; then so that those where a pattern ends
 * stand last, and one comparison a byte tells whether there is anything to look at. */
enum { TABLE_MOST = 1 << 28 /* entries */ };

static void make_classes(automaton *a, const list_table *list, uint64_t *bytes)
{
    sl_str text;
    *bytes = 0;
    a->n_classes = 1;
    for (uint64_t at = 0; list_next(list, &at, &text); *bytes += text.n)
        for (uint32_t i = 0; i < text.n; i++) {
            uint8_t *class = &a->class_of[(uint8_t)text.p[i]];
            if (!*class)
                *class = (uint8_t)a->n_classes++; /* bytes of UTF-8: fewer than 256 of them stand in texts */
        }
}

/* The trie; of `next` the rows alone that it needs. States count from 0, and 0 in `next` is "not there". */
static void grow(automaton *a, const list_table *list)
{
    sl_str text;
    a->n_states = 1;
    for (uint64_t at = 0; list_next(list, &at, &text);) {
        uint32_t state = 0;
        for (uint32_t i = 0; i < text.n; i++) {
            uint32_t *to = &a->next[(size_t)state * a->n_classes + a->class_of[(uint8_t)text.p[i]]];
            if (!*to)
                *to = a->n_states++;
            state = *to;
        }
        a->pattern[a->n_patterns++] = text;
        a->ends[state] = a->n_patterns;
    }
}

/* Breadth first: the row of a state is that of its longest proper suffix, but for its own children. `back`: that
 * suffix; `queue`: the states, by depth. */
static void complete(automaton *a, uint32_t *back, uint32_t *queue)
{
    uint32_t n = 0;
    queue[n++] = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t state = queue[i];
        uint32_t *row = a->next + (size_t)state * a->n_classes;
        const uint32_t *suffix = a->next + (size_t)back[state] * a->n_classes;
        a->fall[state] = a->ends[back[state]] ? back[state] : a->fall[back[state]];
        for (uint32_t class = 0; class < a->n_classes; class ++) {
            if (row[class]) {
                back[row[class]] = state ? suffix[class] : 0;
                queue[n++] = row[class];
            } else if (state) {
                row[class] = suffix[class];
            }
        }
    }
}

/* Is something to be found in the state? */
static bool speaks(const automaton *a, uint32_t state) { return a->ends[state] || a->fall[state]; }

static void move_rows(const automaton *a, automaton *to, const uint32_t *number)
{
    for (uint32_t state = 0; state < a->n_states; state++) {
        const uint32_t *from = a->next + (size_t)state * a->n_classes;
        uint32_t *row = to->next + (size_t)number[state] * a->n_classes;
        for (uint32_t class = 0; class < a->n_classes; class ++)
            row[class] = number[from[class]] * a->n_classes;
        to->ends[number[state]] = a->ends[state];
        to->fall[number[state]] = a->fall[state] ? number[a->fall[state]] : 0;
    }
}

static bool make_tables(automaton *a, uint64_t states)
{
    a->next = calloc(states * a->n_classes, sizeof(*a->next));
    a->ends = calloc(states, sizeof(*a->ends));
    a->fall = calloc(states, sizeof(*a->fall));
    return a->next && a->ends && a->fall;
}

static void free_tables(automaton *a)
{
    free(a->next);
    free(a->ends);
    free(a->fall);
}

/* The quiet states first, each kind in the order of depth, so that what texts mostly visit stands together. */
static bool renumber(automaton *a, const uint32_t *queue, uint32_t *number)
{
    automaton to = *a;
    uint32_t n = 0;
    for (int loud = 0; loud < 2; loud++) {
        for (uint32_t i = 0; i < a->n_states; i++)
            if (speaks(a, queue[i]) == loud)
                number[queue[i]] = n++;
        if (!loud)
            to.quiet = n * a->n_classes;
    }
    if (!make_tables(&to, a->n_states)) {
        free_tables(&to);
        return false;
    }
    move_rows(a, &to, number);
    free_tables(a);
    *a = to;
    return true;
}

bool automaton_make(automaton *a, const list_table *list, bool *too_large)
{
    uint64_t bytes;
    make_classes(a, list, &bytes);
    *too_large = (bytes + 1) * a->n_classes > TABLE_MOST;
    if (*too_large)
        return false;
    a->pattern = calloc(list->entries + 1, sizeof(*a->pattern));
    uint32_t *numbers = calloc(2 * (bytes + 1), sizeof(*numbers)); /* first `back`, then the new numbers */
    bool done = a->pattern && numbers && make_tables(a, bytes + 1);
    if (done) {
        uint32_t *queue = numbers + bytes + 1;
        grow(a, list);
        complete(a, numbers, queue);
        done = renumber(a, queue, numbers);
    }
    free(numbers);
    return done;
}

uint64_t automaton_memory(const automaton *a)
{
    return (uint64_t)a->n_states * (a->n_classes + 2) * sizeof(*a->next) + a->n_patterns * sizeof(*a->pattern);
}

void automaton_free(automaton *a)
{
    free_tables(a);
    free(a->pattern);
    *a = (automaton){ 0 };
}

bool automaton_next(const automaton *a, automaton_walk *w, sl_str *hit)
{
    uint32_t state = w->more;
    if (!state) {
        const char *p = w->p, *const end = a->n_patterns ? w->end : w->p;
        uint32_t at = w->state;
        bool loud = false;
        while (p < end && !loud) {
            at = a->next[at + a->class_of[(uint8_t)*p++]];
            loud = at >= a->quiet;
        }
        w->p = p;
        w->state = at;
        if (!loud)
            return false;
        state = at / a->n_classes;
        if (!a->ends[state])
            state = a->fall[state];
    }
    *hit = a->pattern[a->ends[state] - 1];
    w->more = a->fall[state];
    return true;
}
