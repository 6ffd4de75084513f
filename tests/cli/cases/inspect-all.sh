# Every stage stands in the list, and our own plugins are all loaded.
SLUICE_PLUGIN_PATH=$DEMO "$SLUICE" inspect | grep -E 'demo|refused|not loaded'
"$SLUICE" inspect | grep -c -E '^(source|filter|map|sample|dedup|sink)\.'
"$SLUICE" inspect --json --plugin-path $DEMO | grep -E '"name": "(demo|demo.polite)"'
