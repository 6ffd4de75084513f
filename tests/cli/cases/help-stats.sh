# help COMMAND and COMMAND --help say the same
"$SLUICE" stats --help && "$SLUICE" help stats | cmp - <("$SLUICE" stats --help)
