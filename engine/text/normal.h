/* Unicode normal forms, equal to Python's unicodedata.normalize. */
#ifndef TEXT_NORMAL_H
#define TEXT_NORMAL_H
#include "text/buf.h"

typedef enum text_form { TEXT_NFC, TEXT_NFD, TEXT_NFKC, TEXT_NFKD } text_form;

/* Adds the normal form of t to out. Linear also where thousands of marks follow one letter. false: out of memory. */
bool text_normalize(sl_str t, text_form form, text_buf *out);
/* Is it normal already? Cheap, and exact: true only if text_normalize would change nothing; false may be wrong for NFC
 * and NFKC. */
bool text_is_normal(sl_str t, text_form form);
/* NFD without category Mn: "Café" -> "Cafe". */
bool text_strip_marks(sl_str t, text_buf *out);
#endif
