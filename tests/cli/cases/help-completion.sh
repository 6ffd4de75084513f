# help COMMAND and COMMAND --help say the same, whatever else is wrong
"$SLUICE" completion --help && "$SLUICE" help completion | cmp - <("$SLUICE" completion --help)
