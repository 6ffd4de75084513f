/* Where saved states lie, for all who look for them. */
#ifndef SLUICE_STATE_DIR_H
#define SLUICE_STATE_DIR_H

/* What was asked for (NULL or "": nothing), else SLUICE_STATE_DIR, else runs/states. Lives as long as `asked` and the
 * environment do. */
const char *state_dir(const char *asked);
#endif
