#include "base/machine.h"
#include <string.h>
#include <unistd.h>
#include "base/fs.h"

static uint64_t limit_in(const char *path)
{
    sbuf text = { 0 };
    uint64_t n = UINT64_MAX;
    if (fs_read_file(path, 64, &text) == 0)
        (void)str_to_u64(sbuf_z(&text), strcspn(sbuf_z(&text), "\n"), &n); /* "max" is no number */
    sbuf_free(&text);
    return n;
}

uint64_t machine_memory(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t least = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : (uint64_t)4 << 30;
    const uint64_t groups[] = { limit_in("/sys/fs/cgroup/memory.max"),
                                limit_in("/sys/fs/cgroup/memory/memory.limit_in_bytes") };
    for (int i = 0; i < 2; i++)
        least = groups[i] < least && groups[i] ? groups[i] : least;
    return least;
}
