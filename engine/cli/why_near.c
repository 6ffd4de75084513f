/* Did you mean: an id that differs by a slip of the pen, else one of which only a part was given. */
#include <string.h>
#include "cli/why.h"

enum { SLIPS = 3 /* at most, of str_suggest */, LEAST = 6 /* bytes, with the quotes: shorter ones are near to many */ };

unsigned why_near(const char *asked, const char *id)
{
    const size_t n = strlen(asked), m = strlen(id);
    if (*id != '"' || *asked != '"' || n < LEAST || m < 2)
        return 0;
    if (m <= n + SLIPS && n <= m + SLIPS && str_suggest(asked, &id, 1)) /* most differ in length: that is cheap */
        return str_distance(asked, id, SLIPS);
    return memmem(id + 1, m - 2, asked + 1, n - 2) ? SLIPS + 1 : 0;
}
