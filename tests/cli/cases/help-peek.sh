# help COMMAND and COMMAND --help say the same, whatever else is wrong
"$SLUICE" peek --help && "$SLUICE" help peek | cmp - <("$SLUICE" peek --help)
