#include "base/budget.h"

void budget_init(budget *b, uint64_t limit, bool tight)
{
    b->limit = limit;
    b->tight = tight;
    atomic_init(&b->used, 0);
    atomic_init(&b->peak, 0);
}

bool budget_change(budget *b, uint64_t held, uint64_t wanted, uint64_t least)
{
    if (wanted <= held) {
        atomic_fetch_sub_explicit(&b->used, held - wanted, memory_order_relaxed);
        return true;
    }
    const uint64_t more = wanted - held, now = atomic_fetch_add_explicit(&b->used, more, memory_order_relaxed) + more;
    if (wanted > least && (now > b->limit || b->tight)) {
        atomic_fetch_sub_explicit(&b->used, more, memory_order_relaxed);
        return false;
    }
    uint64_t peak = atomic_load_explicit(&b->peak, memory_order_relaxed);
    while (now > peak &&
           !atomic_compare_exchange_weak_explicit(&b->peak, &peak, now, memory_order_relaxed, memory_order_relaxed))
        ;
    return true;
}

void budget_give(budget *b, uint64_t held) { atomic_fetch_sub_explicit(&b->used, held, memory_order_relaxed); }
