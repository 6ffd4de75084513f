#include "text/cpu.h"
#include "text/kernel.h"
#ifdef __AVX512VBMI2__
#include <immintrin.h>

static int runs(void) { return (cpu_has() & CPU_AVX512) != 0; }

static inline uint64_t is(__m512i x, int c) { return _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8((char)c)); }
/* from <= x <= from + n */
static inline uint64_t in(__m512i x, int from, int n)
{
    return _mm512_cmple_epu8_mask(_mm512_sub_epi8(x, _mm512_set1_epi8((char)from)), _mm512_set1_epi8((char)n));
}
static inline uint64_t space_of(__m512i x) { return in(x, 0x09, 4) | in(x, 0x1C, 4); }

static inline text_masks look(const char *p)
{
    const __m512i x = _mm512_loadu_si512(p);
    text_masks m = { .space = space_of(x),
                     .newline = is(x, '\n'),
                     .breaks = in(x, 0x0B, 2) | in(x, 0x1C, 2),
                     .dot = is(x, '.'),
                     .hash = is(x, '#'),
                     .high = _mm512_movepi8_mask(x) };
    if (m.high) {
        m.within = _mm512_cmplt_epi8_mask(x, _mm512_set1_epi8(-64));
        m.lead = is(x, 0xC2) | in(x, 0xE1, 2);
    }
    return m;
}

static inline word_masks look_words(const char *p)
{
    const __m512i x = _mm512_loadu_si512(p), low = _mm512_or_si512(x, _mm512_set1_epi8(32));
    return (word_masks){ .word = in(low, 'a', 25) | in(x, '0', 9) | is(x, '_'),
                         .space = space_of(x),
                         .high = _mm512_movepi8_mask(x) };
}

/* Up to 32 more than there are may be written. */
static inline uint32_t *put_places(uint32_t *out, uint64_t bits, uint32_t at)
{
    const __m512i order =
        _mm512_set_epi8(63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40,
                        39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16,
                        15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const unsigned n = (unsigned)__builtin_popcountll(bits);
    const __m512i places = _mm512_maskz_compress_epi8(bits, order), base = _mm512_set1_epi32((int)at);
#define PUT(i)                                                                                                         \
    _mm512_storeu_si512(out + 16 * i,                                                                                  \
                        _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(places, i))))
    PUT(0);
    PUT(1);
    if (n > 32) {
        PUT(2);
        PUT(3);
    }
#undef PUT
    return out + n;
}

static inline uint64_t match(const char *p, const text_needle *needles, uint32_t n)
{
    const __m512i low = _mm512_set1_epi8(32);
    __m512i x[4];
    uint64_t found = 0;
    for (unsigned i = 0; i < 4; i++)
        x[i] = _mm512_or_si512(_mm512_loadu_si512(p + i), low);
    for (uint32_t k = 0; k < n; k++) {
        uint64_t here = is(x[0], needles[k].p[0] | 32);
        for (unsigned i = 1; i < needles[k].n; i++)
            here &= is(x[i], needles[k].p[i] | 32);
        found |= here;
    }
    return found;
}

#include "text/kernel_body.h"

const text_kernel text_kernel_avx512 = { "avx512", runs, scan, split_wordpunct, seek };
#else
static int never(void) { return 0; }
const text_kernel text_kernel_avx512 = { .name = "avx512", .runs = never };
#endif
