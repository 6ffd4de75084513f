/* cld2.h where CLD2 is missing. */
#include "cld2.h"

int cld2_is_here(void) { return 0; }

int cld2_detect(sl_str text, cld2_guess *out)
{
    (void)text;
    *out = (cld2_guess){ 0 };
    return SL_E_INTERNAL;
}
