/* Public suffixes: libpsl's own, or those of a file as publicsuffix.org has it. Of both, the ICANN section. A file is
 * not read by libpsl: where memory ends, that drops rules without a word. */
#ifndef FILTER_SUFFIXES_H
#define FILTER_SUFFIXES_H
#include <libpsl.h>
#include "list_table.h"

enum { SUFFIX_MOST = 100 }; /* bytes of a rule; longer ones of a file are left out */

typedef struct suffixes {        /* zeroed: none */
    const psl_ctx_t *own;        /* libpsl's; NULL: the tables have them */
    list_table rules, any, not ; /* "co.uk"; "ck" of "*.ck"; "www.ck" of "!www.ck"; also as they are in ASCII (xn--) */
} suffixes;

/* path NULL: libpsl's own. 0, or a failure with its message left; suffixes_free in any case. */
int suffixes_open(sl_ctx *c, const char *path, suffixes *out);
/* Is the name, in lower case and without a dot in front, a suffix, by a rule for itself or by one for any label? */
bool suffixes_has(const suffixes *s, const char *name);
/* Does a rule such as *.kobe.jp stand for any label before the name, of at most SUFFIX_MOST bytes? */
bool suffixes_any(const suffixes *s, const char *name);
void suffixes_free(suffixes *s);

#endif
