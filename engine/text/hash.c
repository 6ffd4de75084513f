#include "text/hash.h"
#include <pthread.h>
#include <sys/random.h>
#include <time.h>

uint64_t text_secret[2];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void choose(void)
{
    if (getrandom(text_secret, sizeof text_secret, GRND_NONBLOCK) == sizeof text_secret)
        return;
    struct timespec now; /* early in the life of a machine: harder to guess than a constant */
    clock_gettime(CLOCK_REALTIME, &now);
    text_secret[0] = (uint64_t)(uintptr_t)&now * 0x9E3779B97F4A7C15u;
    text_secret[1] = ((uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec) * 0xC2B2AE3D27D4EB4Fu;
}

void text_hash_begin(void) { pthread_once(&once, choose); }
