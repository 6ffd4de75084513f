#include "run/state_dir.h"
#include <stdlib.h>

const char *state_dir(const char *asked)
{
    const char *environment = getenv("SLUICE_STATE_DIR");
    return asked && *asked ? asked : environment && *environment ? environment : "runs/states";
}
