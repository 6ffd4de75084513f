/* Files that a process locks while it lives: the kernel gives the lock back when the process dies. What stands in the
 * file is for messages alone. Any thread. */
#ifndef SLUICE_LOCK_H
#define SLUICE_LOCK_H
#include <stdbool.h>
#include "base/str.h"

/* Makes the file if need be; *fd is the lock, closing it gives it back. 0 or a negative errno, *fd -1 then;
 * -EWOULDBLOCK: somebody has it, also this process; who: as it signed ("process 4711 since ..."), or nothing. */
int lock_take(const char *path, int *fd, sbuf *who);
/* Does somebody hold it? The file need not be there. */
bool lock_is_held(const char *path, sbuf *who);
/* Removes the file, then gives the lock back. fd < 0: nothing. */
void lock_drop(const char *path, int fd);
/* Removes a file that nobody holds: its process was killed. */
void lock_sweep(const char *path);
#endif
