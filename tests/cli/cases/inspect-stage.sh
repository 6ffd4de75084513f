"$SLUICE" inspect demo.polite --plugin-path $DEMO
