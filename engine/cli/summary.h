/* What a run did, for people: a line for each stage, and where the outputs are. */
#ifndef SLUICE_SUMMARY_H
#define SLUICE_SUMMARY_H
#include "exec/exec.h"

/* After exec_publish. dir: the run's folder. width: columns to stay within, where names allow it. */
void summary_text(const plan *p, const exec *x, const char *dir, double seconds, unsigned width, sbuf *out);
#endif
