#include "text/masks.h"
#ifdef __AVX512BW__
#include <immintrin.h>

static int runs(void) { return __builtin_cpu_supports("avx512bw"); }

static inline uint64_t is(__m512i x, int c) { return _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8((char)c)); }
/* from <= x <= from + n */
static inline uint64_t in(__m512i x, int from, int n)
{
    return _mm512_cmple_epu8_mask(_mm512_sub_epi8(x, _mm512_set1_epi8((char)from)), _mm512_set1_epi8((char)n));
}
static inline uint64_t space_of(__m512i x) { return in(x, 0x09, 4) | in(x, 0x1C, 4); }

static void look(const char *p, size_t blocks, text_masks *out)
{
    for (size_t i = 0; i < blocks; i++, p += TEXT_BLOCK) {
        const __m512i x = _mm512_loadu_si512(p);
        const uint64_t high = _mm512_movepi8_mask(x);
        out[i] = (text_masks){ .space = space_of(x),
                               .newline = is(x, '\n'),
                               .breaks = in(x, 0x0B, 2) | in(x, 0x1C, 2),
                               .dot = is(x, '.'),
                               .hash = is(x, '#'),
                               .high = high };
        if (high) {
            out[i].within = _mm512_cmplt_epi8_mask(x, _mm512_set1_epi8(-64));
            out[i].lead = is(x, 0xC2) | in(x, 0xE1, 2);
        }
    }
}

static void words(const char *p, size_t blocks, word_masks *out)
{
    for (size_t i = 0; i < blocks; i++, p += TEXT_BLOCK) {
        const __m512i x = _mm512_loadu_si512(p), low = _mm512_or_si512(x, _mm512_set1_epi8(32));
        out[i] = (word_masks){ .word = in(low, 'a', 25) | in(x, '0', 9) | is(x, '_'),
                               .space = space_of(x),
                               .high = _mm512_movepi8_mask(x) };
    }
}

const text_kernel text_kernel_avx512 = { "avx512", runs, look, words };
#else
static int never(void) { return 0; }
const text_kernel text_kernel_avx512 = { .name = "avx512", .runs = never };
#endif
