#include "probe.h"

SL_PLUGIN("test-probe", "1.0", &test_contract, &test_write, &test_vector, &test_upper, &test_spans, &test_fail,
          &test_fail_sink, &test_source, &test_lines, &test_observe, &test_report, &test_reject_twice, &test_misuse,
          &test_fit, &test_ordered, &test_ports, &test_ports_only, &test_reshape, &test_reshape_ordered, &test_families,
          &test_whole, &test_order, &test_sorted, &test_once, &test_break, &test_break_reshape, &test_break_fit,
          &test_fickle)
