/* What the processor has, and the system saves. By hand: __builtin_cpu_supports brings a constructor, which a plugin
 * may not have. */
#ifndef TEXT_CPU_H
#define TEXT_CPU_H
#if defined(__x86_64__)
#include <cpuid.h>
#include <stdint.h>

enum { CPU_AVX2 = 1, CPU_AVX512 = 2 /* with BW, VL and VBMI2; both with BMI1, BMI2 and POPCNT */ };

static inline unsigned cpu_has(void)
{
    unsigned a, b, c, d, low, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_POPCNT))
        return 0;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 6) != 6 || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_AVX2) || !(b & bit_BMI) ||
        !(b & bit_BMI2))
        return 0;
    const unsigned want = bit_AVX512F | bit_AVX512BW | bit_AVX512VL;
    const unsigned vbmi2 = 1u << 6; /* of ecx */
    return (low & 0xE6) == 0xE6 && (b & want) == want && (c & vbmi2) ? CPU_AVX2 | CPU_AVX512 : CPU_AVX2;
}
#endif
#endif
