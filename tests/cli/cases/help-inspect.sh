# help COMMAND and COMMAND --help say the same, whatever else is wrong
"$SLUICE" inspect --help && "$SLUICE" help inspect | cmp - <("$SLUICE" inspect --help)
