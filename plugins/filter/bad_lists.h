/* The lists of filter.bad_words, one a language. */
#ifndef FILTER_BAD_LISTS_H
#define FILTER_BAD_LISTS_H
#include "automaton.h"
#include "sluice/util.h"

typedef struct bad_list_row {
    const char *language, *path;
} bad_list_row;
extern const sl_option bad_list_options[];
typedef struct bad_lists_config {
    sl_many rows; /* bad_list_row; or, instead: */
    const char *folder;
    sl_many allow; /* const char * */
} bad_lists_config;

typedef struct bad_list {
    char *language;
    bool anywhere; /* Japanese, Thai, Chinese, which write no spaces: words need not stand alone */
    list_table words;
    automaton find;
} bad_list;
typedef struct bad_lists { /* zeroed: none */
    bad_list *v;
    uint32_t n;
} bad_lists;

/* 0, or a failure with its message left; bad_lists_free in any case. */
int bad_lists_check(sl_ctx *c, const bad_lists_config *o);
int bad_lists_read(sl_ctx *c, const bad_lists_config *o, bad_lists *out);
/* NULL: there is none. */
const bad_list *bad_lists_find(const bad_lists *all, sl_str language);
uint64_t bad_lists_memory(const bad_lists *all);
void bad_lists_free(bad_lists *all);

#endif
