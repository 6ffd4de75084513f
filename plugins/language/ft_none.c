/* ft.h where the fastText library is missing: a model is still checked, and refused when it would be loaded. */
#include <stdio.h>
#include "ft.h"

int ft_load(const void *bytes, size_t n, ft_model **out, char why[FT_WHY])
{
    (void)bytes, (void)n, (void)out;
    snprintf(why, FT_WHY, "Sluice was built without fastText; tools/setup installs it, then build again");
    return SL_E_CONFIG;
}

/* The rest is never reached: there is no model. */

void ft_free(ft_model *m) { (void)m; }

int32_t ft_labels(const ft_model *m)
{
    (void)m;
    return 0;
}

const char *ft_label(const ft_model *m, int32_t i, size_t *n)
{
    (void)m, (void)i;
    *n = 0;
    return "";
}

ft_scratch *ft_scratch_new(void) { return (ft_scratch *)""; } /* nobody looks into it */
void ft_scratch_free(ft_scratch *s) { (void)s; }

int ft_predict(const ft_model *m, ft_scratch *s, sl_str text, int newlines, int32_t k, const ft_guess **out, size_t *n,
               char why[FT_WHY])
{
    (void)m, (void)s, (void)text, (void)newlines, (void)k, (void)out;
    *n = 0;
    why[0] = 0;
    return SL_E_INTERNAL;
}
