/* Compact Language Detector 2 behind C. Its tables are constant: any thread, no state. */
#ifndef LANGUAGE_CLD2_H
#define LANGUAGE_CLD2_H
#include <stdint.h>
#include "sluice/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cld2_guess {
    const char *code; /* such as "en" or "zh-Hant", constant; NULL: it cannot tell */
    double share; /* of the text's letters that are of this language, 0 to 1; 0 where it calls itself not reliable */
} cld2_guess;

/* 0: this is a build without it, and cld2_detect fails. */
int cld2_is_here(void);

/* Plain text, not HTML, without hints. Of a text beyond 1 GiB, its first GiB. SL_OK or SL_E_NOMEM. */
int cld2_detect(sl_str text, cld2_guess *out);

#ifdef __cplusplus
}
#endif
#endif
