"$SLUICE" inspect demo.polite --schema --plugin-path $DEMO
