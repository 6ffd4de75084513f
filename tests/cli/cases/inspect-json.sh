"$SLUICE" inspect demo.polite --json --plugin-path $DEMO
