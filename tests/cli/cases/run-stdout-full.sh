# A summary that cannot be written is an error too.
docs 3 >docs.jsonl
pipeline p.yaml
"$SLUICE" run p.yaml >/dev/full; echo "exit $?"
"$SLUICE" --help >/dev/full
