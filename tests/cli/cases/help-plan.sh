# help COMMAND and COMMAND --help say the same, whatever else is wrong
"$SLUICE" plan --help && "$SLUICE" help plan | cmp - <("$SLUICE" plan --help)
