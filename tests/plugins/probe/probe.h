/* The stages of this plugin. */
#ifndef PROBE_H
#define PROBE_H
#include "sluice/util.h"

extern const sl_stage test_contract, test_write, test_vector, test_upper, test_spans, test_fail, test_fail_sink,
    test_source, test_lines, test_observe, test_report, test_reject_twice, test_fit, test_reshape, test_ordered,
    test_families, test_order, test_ports, test_misuse;
#endif
