# help COMMAND and COMMAND --help say the same, whatever else is wrong
"$SLUICE" run --help && "$SLUICE" help run | cmp - <("$SLUICE" run --help)
