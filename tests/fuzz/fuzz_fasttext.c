/* layer: text, plugin: language model_check.c */
/* A model file. What passes must agree with itself: cut anywhere it must not pass, nor with a byte more. The library is
 * not linked: unit tests hand it what passes. */
#include <stdlib.h>
#include <string.h>
#include "../../plugins/language/model_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool what)
{
    if (!what)
        abort();
}

/* In memory of exactly n bytes. */
static bool check(const uint8_t *data, size_t n, size_t more, model_facts *facts, char why[MODEL_WHY])
{
    uint8_t *p = malloc(n + more + !(n + more));
    if (!p)
        abort();
    memcpy(p, data, n);
    memset(p + n, 0, more);
    memset(why, 1, MODEL_WHY);
    const bool ok = model_check(p, n + more, facts, why);
    free(p);
    must(ok || memchr(why, 0, MODEL_WHY)); /* a message that ends */
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    model_facts facts = { 0 }, other = { 0 };
    char why[MODEL_WHY];
    if (!check(data, size, 0, &facts, why))
        return 0;
    must(facts.labels > 0 && facts.words >= 0 && facts.dim > 0 && facts.memory >= size);
    must(!check(data, size - 1, 0, &other, why) && !check(data, size / 2, 0, &other, why));
    must(!check(data, size, 1, &other, why));
    return 0;
}
