"$SLUICE" inspect demo.polite --md --plugin-path $DEMO
