# help COMMAND and COMMAND --help say the same, whatever else is wrong
"$SLUICE" diff --help && "$SLUICE" help diff | cmp - <("$SLUICE" diff --help)
