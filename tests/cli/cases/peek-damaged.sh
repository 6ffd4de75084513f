# What stands before the damage is shown, then the error.
docs 2 >docs.jsonl; gzip docs.jsonl; truncate -s -4 docs.jsonl.gz
printf 'stages:\n  - { use: source.jsonl, path: docs.jsonl.gz }\n  - use: sink.null\n' >my.yaml
"$SLUICE" peek my.yaml
