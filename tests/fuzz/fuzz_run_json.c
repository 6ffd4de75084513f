/* layer: run */
/* Two run.json from anywhere, with a byte FF between them (none: the same twice): read and compared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/fs.h"
#include "run/run_diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_one(run_report *r, const uint8_t *data, size_t size)
{
    char path[40];
    sbuf err = { 0 };
    const int fd = memfd_create("run.json", MFD_CLOEXEC);
    if (fd < 0 || fs_write_all(fd, data, size))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const int code = run_report_read(r, path, &err);
    if ((code != 0) != (err.n > 0))
        abort(); /* refused without a message, or a message without a refusal */
    sbuf_free(&err);
    close(fd);
    return code == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *cut = size ? memchr(data, 0xFF, size) : NULL;
    const size_t first = cut ? (size_t)(cut - data) : size;
    run_report a, b;
    run_diff d;
    const bool good = read_one(&a, data, first);
    if (read_one(&b, cut ? cut + 1 : data, cut ? size - first - 1 : size) && good) {
        run_diff_make(&d, &a, &b, (sl_amount){ 0.05, SL_SHARE, 0 });
        if (!d.failed && run_diff_same(&d, (sl_amount){ 0 }) && !(d.decides_same && d.outputs_same))
            abort();
        run_diff_free(&d);
    }
    run_report_free(&a);
    run_report_free(&b);
    return 0;
}
