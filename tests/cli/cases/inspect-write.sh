"$SLUICE" inspect --write-schemas schemas --plugin-path $DEMO && tree schemas | grep -E 'demo|pipeline|inspect'
grep -c '"const": "demo.polite"' schemas/pipeline.schema.json
: >file; "$SLUICE" inspect --write-schemas file
