docs 4 >docs.jsonl
pipeline p.yaml
"$SLUICE" stats p.yaml --json
