/* The stages of this plugin, and how they complain. */
#ifndef PROBE_H
#define PROBE_H
#include "sluice/util.h"

/* What a stage is promised by sluice/plugin.h, in words; a run fails with these words where it is not so. */
#define PROMISE(holds, words)                                                                                          \
    do {                                                                                                               \
        if (!(holds))                                                                                                  \
            return c->host->fail(c, SL_E_INTERNAL, "the contract is broken: %s (%s:%d)", words, __FILE_NAME__,         \
                                 __LINE__);                                                                            \
    } while (0)
#define WANT(what) PROMISE(what, #what)
#ifndef __FILE_NAME__
#define __FILE_NAME__ __FILE__
#endif

/* 0, or the failure that the call answers. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        const int tried_ = (call);                                                                                     \
        if (tried_ < 0)                                                                                                \
            return tried_;                                                                                             \
    } while (0)

extern const sl_stage test_contract, test_write, test_vector, test_upper, test_spans, test_fail, test_fail_sink,
    test_source, test_lines, test_observe, test_report, test_reject_twice, test_misuse;
extern const sl_stage test_fit, test_ordered, test_ports, test_ports_only, test_reshape, test_reshape_ordered,
    test_families, test_whole, test_order, test_sorted, test_once, test_break, test_break_reshape, test_break_fit,
    test_fickle;
#endif
