/* Runs a fuzz target over the files of the folders and files given: the regression corpus, without libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static unsigned ran;

static void run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(1);
    }
    fseek(f, 0, SEEK_END);
    const size_t n = (size_t)ftell(f);
    rewind(f);
    uint8_t *p = malloc(n ? n : 1); /* exactly n bytes, so that a sanitizer sees an overrun */
    if (!p || fread(p, 1, n, f) != n)
        exit(1);
    fclose(f);
    LLVMFuzzerTestOneInput(p, n);
    free(p);
    ran++;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        DIR *d = opendir(argv[i]);
        if (!d) {
            run_file(argv[i]);
            continue;
        }
        for (const struct dirent *e; (e = readdir(d));) {
            char path[4096];
            if (e->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
            run_file(path);
        }
        closedir(d);
    }
    printf("%u inputs replayed\n", ran);
    return ran ? 0 : 1;
}
