# What is committed in schemas/ is what the option tables of our plugins say, but for two files. tools/gen-schemas writes it anew.
"$SLUICE" inspect --write-schemas new && cp "$ROOT"/schemas/{run.schema,abi-1}.json new/ && diff -r "$ROOT/schemas" new && echo same
