/* layer: text */
/* Normal forms: of a form the same again, the same over either way, known to be normal; without marks there are none.
 */
#include "fuzz_text.h"
#include "text/normal.h"
#include "text/unicode.h"

static sl_str make(sl_str t, text_form form, text_buf *out)
{
    out->n = 0;
    must(text_normalize(t, form, out));
    return fuzz_end(out);
}

static void forms(sl_str t)
{
    text_buf b[5] = { { 0 } };
    sl_str s[4];
    for (int form = TEXT_NFC; form <= TEXT_NFKD; form++) {
        s[form] = make(t, (text_form)form, &b[form]);
        must(fuzz_same(make(s[form], (text_form)form, &b[4]), s[form]));
        must(!text_is_normal(t, (text_form)form) || fuzz_same(t, s[form]));
    }
    must(text_is_normal(s[TEXT_NFD], TEXT_NFD) && text_is_normal(s[TEXT_NFKD], TEXT_NFKD));
    must(fuzz_same(make(s[TEXT_NFD], TEXT_NFC, &b[4]), s[TEXT_NFC]));
    must(fuzz_same(make(s[TEXT_NFC], TEXT_NFD, &b[4]), s[TEXT_NFD]));
    must(fuzz_same(make(s[TEXT_NFC], TEXT_NFKC, &b[4]), s[TEXT_NFKC]));
    must(fuzz_same(make(s[TEXT_NFKC], TEXT_NFKD, &b[4]), s[TEXT_NFKD]));
    for (int i = 0; i < 5; i++)
        text_buf_free(&b[i]);
}

static void no_marks(sl_str t)
{
    text_buf out = { 0 };
    must(text_strip_marks(t, &out));
    const sl_str s = fuzz_end(&out);
    for (const char *p = s.p; p < s.p + s.n;)
        must(!(text_class(text_next(&p)) & TEXT_MARK));
    text_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const sl_str t = fuzz_text(data, size);
    forms(t);
    no_marks(t);
    free((char *)t.p);
    return 0;
}
