# help COMMAND and COMMAND --help say the same
"$SLUICE" why --help && "$SLUICE" help why | cmp - <("$SLUICE" why --help)
