/* All places in a text where one of many patterns ends: Aho and Corasick's automaton over bytes, a load a byte. */
#ifndef FILTER_AUTOMATON_H
#define FILTER_AUTOMATON_H
#include "list_table.h"

typedef struct automaton { /* zeroed: finds nothing */
    uint8_t class_of[256]; /* bytes that no pattern has are class 0 */
    uint32_t n_classes, n_states;
    uint32_t *next; /* [state * n_classes + class]: where to, as a multiple of n_classes; below `quiet` nothing ends */
    uint32_t quiet;
    uint32_t *ends;  /* [state]: the pattern that ends there + 1, the longest one; 0: none */
    uint32_t *fall;  /* [state]: where the next shorter one ends; 0: none does */
    sl_str *pattern; /* texts of the list */
    uint32_t n_patterns;
} automaton;

/* Of the entries of a sealed list, none of them empty, which must stay. *too_large: the table would take more than 1
 * GiB. false: that, or out of memory; automaton_free in any case. */
bool automaton_make(automaton *a, const list_table *list, bool *too_large);
uint64_t automaton_memory(const automaton *a);
void automaton_free(automaton *a);

/* Walks a text: for (automaton_walk w = { .p = p, .end = p + n }; automaton_next(&a, &w, &hit);) */
typedef struct automaton_walk {
    const char *p, *end;
    uint32_t state; /* a multiple of n_classes */
    uint32_t more;  /* the state where what ends at p too is to be found; 0: nothing */
} automaton_walk;
/* The next pattern in the text, by where they end, the longest first. It ends before w->p. */
bool automaton_next(const automaton *a, automaton_walk *w, sl_str *hit);

#endif
