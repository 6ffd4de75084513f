# Mistakes as JSON, for editors; the same on standard error for people.
docs 3 >docs.jsonl
printf 'stages:\n  - { use: source.jsonl, path: docs.jsonl }\n  - { use: filter.length, min: -1 }\n  - use: sink.nul\n' >my.yaml
"$SLUICE" check --json my.yaml
