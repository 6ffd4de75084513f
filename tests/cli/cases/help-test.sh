# help COMMAND and COMMAND --help say the same, whatever else is wrong
"$SLUICE" test --help && "$SLUICE" help test | cmp - <("$SLUICE" test --help)
