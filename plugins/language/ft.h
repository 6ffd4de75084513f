/* The fastText library behind C. No exception leaves it. A model is constant once loaded: any number of threads predict
 * from it, each with a scratch of its own. */
#ifndef LANGUAGE_FT_H
#define LANGUAGE_FT_H
#include <stddef.h>
#include <stdint.h>
#include "sluice/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ft_model ft_model;
typedef struct ft_scratch ft_scratch;
typedef struct ft_guess {
    double p;      /* as the library says it: may be a hair above 1 */
    int32_t label; /* 0 … ft_labels - 1 */
} ft_guess;
enum { FT_WHY = 160 };
enum { FT_SPACE, FT_GLUE }; /* what becomes of \n, at which the library would stop: a space, or nothing */

/* Bytes that model_check let pass. SL_OK, SL_E_NOMEM or SL_E_CONFIG with the library's words in `why`. */
int ft_load(const void *bytes, size_t n, ft_model **out, char why[FT_WHY]);
void ft_free(ft_model *m);
int32_t ft_labels(const ft_model *m);
/* Its name, without the prefix __label__. Lives as long as the model. */
const char *ft_label(const ft_model *m, int32_t i, size_t *n);

ft_scratch *ft_scratch_new(void); /* NULL: out of memory */
void ft_scratch_free(ft_scratch *s);

/* The k likeliest labels, likeliest first; k -1: all that the model finds possible. They live in s until the next call.
 * *n is 0 where the text has nothing that the model knows. SL_OK, SL_E_NOMEM, or SL_E_INTERNAL with `why`. */
int ft_predict(const ft_model *m, ft_scratch *s, sl_str text, int newlines, int32_t k, const ft_guess **out, size_t *n,
               char why[FT_WHY]);

#ifdef __cplusplus
}
#endif
#endif
