/* What can be told of a shared object without running any of it. */
#ifndef SLUICE_ELF_H
#define SLUICE_ELF_H
#include "base/str.h"

/* true: a 64-bit little-endian shared object of this machine that exports sl_plugin_main, and nothing else beside what
 * sanitizers add. Otherwise `why` says what is wrong with it. The file is untrusted: every offset is checked. */
bool elf_check_plugin(const char *path, sbuf *why);
#endif
