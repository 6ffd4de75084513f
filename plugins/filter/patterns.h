/* Regular expressions of a list, one by one: PCRE2, with its JIT where there is one. */
#ifndef FILTER_PATTERNS_H
#define FILTER_PATTERNS_H
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include "list_table.h"

enum { PATTERN_MEMORY = 64 << 10 }; /* KiB that one search may take, once it is interpreted */

typedef struct patterns { /* zeroed: none */
    pcre2_code **code;
    pcre2_match_context *limits;
    sl_str *text; /* of the list */
    uint32_t n;
} patterns;

/* Of a sealed list, which must stay. 0, or a failure with its message left; patterns_free in any case. */
int patterns_make(sl_ctx *c, const list_table *list, patterns *out);
/* *hit: the first one that matches somewhere in the text; p NULL: none. *given_up: how many took more steps than PCRE2
 * allows, or more than PATTERN_MEMORY. One `work` a thread. false: out of memory. */
bool patterns_find(const patterns *all, pcre2_match_data *work, sl_str text, sl_str *hit, uint32_t *given_up);
void patterns_free(patterns *all);

#endif
