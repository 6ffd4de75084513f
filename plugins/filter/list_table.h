/* A set of texts, millions of them: the texts end to end in one block, and a table of their places. */
#ifndef FILTER_LIST_TABLE_H
#define FILTER_LIST_TABLE_H
#include <stdbool.h>
#include <stdint.h>
#include "sluice/plugin.h"

enum { LIST_ENTRY_MAX = 1 << 20 }; /* bytes */

typedef struct list_table { /* zeroed: empty */
    char *bytes;            /* each entry: its length, 7 bits a byte from the lowest up, and its bytes; from 1 on */
    uint64_t n, cap;
    uint64_t *slots; /* 0: free; else an entry's place, and 24 bits of its hash below */
    uint64_t n_slots;
    uint64_t added, entries; /* entries: distinct ones, once sealed */
} list_table;

/* false: out of memory, or 2^40 bytes of texts. n: at most LIST_ENTRY_MAX. */
bool list_add(list_table *t, const char *p, size_t n);
/* After the last list_add: drops what repeats and makes the table. false: out of memory. */
bool list_seal(list_table *t);
/* In two steps, so that many texts can be on their way from memory at once: list_ask for each, then list_find. */
uint64_t list_ask(const list_table *t, const char *p, size_t n);
/* asked: what list_ask said of the text. *entry: the text in the table, good until list_free. */
bool list_find(const list_table *t, uint64_t asked, const char *p, size_t n, sl_str *entry);
/* Walks the entries of a sealed table: for (uint64_t at = 0; list_next(&t, &at, &entry);) */
bool list_next(const list_table *t, uint64_t *at, sl_str *entry);
uint64_t list_memory(const list_table *t);
void list_free(list_table *t);

#endif
