# What is committed in schemas/ is what the option tables of our plugins say. tools/gen-schemas writes it anew.
"$SLUICE" inspect --write-schemas new && cp "$ROOT/schemas/run.schema.json" new/ && diff -r "$ROOT/schemas" new && echo same
