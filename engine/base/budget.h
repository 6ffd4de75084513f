/* One budget of memory for all that gathers: sorts, spills, states of stages. What merely streams (a chunk, a batch,
 * the window of the outputs) is not counted here. Any thread. */
#ifndef SLUICE_BUDGET_H
#define SLUICE_BUDGET_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct budget {
    uint64_t limit;
    atomic_uint_fast64_t used, peak;
    bool tight; /* a test setting: everybody spills as soon as they can */
} budget;

void budget_init(budget *b, uint64_t limit, bool tight);
/* From `held` bytes to `wanted`. false: not granted, and `held` stays; wanting less is always granted. A holder is
 * granted `least` bytes in any case, so that everybody gets on. */
bool budget_change(budget *b, uint64_t held, uint64_t wanted, uint64_t least);
void budget_give(budget *b, uint64_t held); /* all of it back */
#endif
