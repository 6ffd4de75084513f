# help COMMAND and COMMAND --help say the same, whatever else is wrong
"$SLUICE" check --help && "$SLUICE" help check | cmp - <("$SLUICE" check --help)
