# The list of commands on standard output when asked for, on standard error otherwise.
"$SLUICE" --help && "$SLUICE" help | cmp - <("$SLUICE" --help) && "$SLUICE" -h | cmp - <("$SLUICE" --help)
"$SLUICE"
