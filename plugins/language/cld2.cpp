#include "cld2.h"
#include <cstdio> /* its header needs FILE and does not say so */
#include <cld2/public/compact_lang_det.h>

int cld2_is_here() { return 1; }

int cld2_detect(sl_str text, cld2_guess *out)
{
    CLD2::Language languages[3];
    int percents[3], bytes, n = text.n < 1u << 30 ? static_cast<int>(text.n) : 1 << 30;
    bool reliable;
    while (n > 0 && n < static_cast<int64_t>(text.n) && (static_cast<unsigned char>(text.p[n]) & 0xC0) == 0x80)
        n--;
    *out = {};
    try {
        CLD2::ExtDetectLanguageSummary(text.p, n, true, languages, percents, &bytes, &reliable);
    } catch (...) { /* it throws nothing of its own */
        return SL_E_NOMEM;
    }
    if (languages[0] == CLD2::UNKNOWN_LANGUAGE)
        return SL_OK;
    out->code = CLD2::LanguageCode(languages[0]);
    out->share = reliable ? percents[0] / 100.0 : 0;
    return SL_OK;
}
