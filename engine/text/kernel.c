/* Which kernel runs. */
#include "text/kernel.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "text/scan.h"

static const text_kernel *const kernels[] = { &text_kernel_avx512, &text_kernel_avx2, &text_kernel_plain };
const char *const text_kernels[] = { "avx512", "avx2", "plain", NULL };
static _Atomic(const text_kernel *) chosen;

static const text_kernel *find(const char *name)
{
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
        if ((!name || !strcmp(kernels[i]->name, name)) && kernels[i]->runs())
            return kernels[i];
    return NULL;
}

const text_kernel *text_kernel_now(void)
{
    const text_kernel *k = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (!k) { /* whoever comes at the same time finds the same */
        const char *name = getenv("SLUICE_ISA");
        k = name ? find(name) : NULL;
        k = k ? k : find(NULL);
        atomic_store_explicit(&chosen, k, memory_order_relaxed);
    }
    return k;
}

bool text_use_kernel(const char *name)
{
    const text_kernel *k = find(name);
    if (k)
        atomic_store_explicit(&chosen, k, memory_order_relaxed);
    return k != NULL;
}
