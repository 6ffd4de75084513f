/* What this machine lends a process. */
#ifndef SLUICE_MACHINE_H
#define SLUICE_MACHINE_H
#include <stdint.h>

uint64_t machine_memory(void); /* bytes: of the machine, or of the control group if that allows less */
#endif
