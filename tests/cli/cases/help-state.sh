# help COMMAND and COMMAND --help say the same, whatever else is wrong
"$SLUICE" state --help && "$SLUICE" help state | cmp - <("$SLUICE" state --help)
