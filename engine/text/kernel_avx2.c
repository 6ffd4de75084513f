#include "text/cpu.h"
#include "text/kernel.h"
#include "text/kernel_places.h"
#ifdef __AVX2__
#include <immintrin.h>

static int runs(void) { return (cpu_has() & CPU_AVX2) != 0; }

typedef struct half2 {
    __m256i a, b;
} half2;
static inline uint64_t bits(__m256i a, __m256i b)
{
    return (uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}
static inline uint64_t is(half2 x, int c)
{
    const __m256i k = _mm256_set1_epi8((char)c);
    return bits(_mm256_cmpeq_epi8(x.a, k), _mm256_cmpeq_epi8(x.b, k));
}
/* from <= x <= from + n: unsigned, by a minimum */
static inline __m256i in_half(__m256i x, int from, int n)
{
    const __m256i d = _mm256_sub_epi8(x, _mm256_set1_epi8((char)from));
    return _mm256_cmpeq_epi8(_mm256_min_epu8(d, _mm256_set1_epi8((char)n)), d);
}
static inline uint64_t in(half2 x, int from, int n) { return bits(in_half(x.a, from, n), in_half(x.b, from, n)); }
static inline uint64_t space_of(half2 x) { return in(x, 0x09, 4) | in(x, 0x1C, 4); }
static inline half2 load(const char *p)
{
    return (half2){ _mm256_loadu_si256((const __m256i *)(const void *)p),
                    _mm256_loadu_si256((const __m256i *)(const void *)(p + 32)) };
}

static inline text_masks look(const char *p)
{
    const half2 x = load(p);
    text_masks m = { .space = space_of(x),
                     .newline = is(x, '\n'),
                     .breaks = in(x, 0x0B, 2) | in(x, 0x1C, 2),
                     .dot = is(x, '.'),
                     .hash = is(x, '#'),
                     .high = bits(x.a, x.b) };
    if (m.high) {
        const __m256i k = _mm256_set1_epi8(-64);
        m.within = bits(_mm256_cmpgt_epi8(k, x.a), _mm256_cmpgt_epi8(k, x.b));
        m.lead = is(x, 0xC2) | in(x, 0xE1, 2);
    }
    return m;
}

static inline word_masks look_words(const char *p)
{
    const __m256i lower = _mm256_set1_epi8(32);
    const half2 x = load(p), low = { _mm256_or_si256(x.a, lower), _mm256_or_si256(x.b, lower) };
    return (word_masks){ .word = in(low, 'a', 25) | in(x, '0', 9) | is(x, '_'),
                         .space = space_of(x),
                         .high = bits(x.a, x.b) };
}

static inline uint64_t match(const char *p, const text_needle *needles, uint32_t n)
{
    const __m256i lower = _mm256_set1_epi8(32);
    half2 x[4];
    uint64_t found = 0;
    for (unsigned i = 0; i < 4; i++) {
        x[i] = load(p + i);
        x[i] = (half2){ _mm256_or_si256(x[i].a, lower), _mm256_or_si256(x[i].b, lower) };
    }
    for (uint32_t k = 0; k < n; k++) {
        uint64_t here = is(x[0], needles[k].p[0] | 32);
        for (unsigned i = 1; i < needles[k].n; i++)
            here &= is(x[i], needles[k].p[i] | 32);
        found |= here;
    }
    return found;
}

#include "text/kernel_body.h"

const text_kernel text_kernel_avx2 = { "avx2", runs, scan, split_wordpunct, seek };
#else
static int never(void) { return 0; }
const text_kernel text_kernel_avx2 = { .name = "avx2", .runs = never };
#endif
