# Documents to standard output leave nothing else there: the summary goes to standard error.
docs 3 >docs.jsonl
pipeline p.yaml; sed -i 's|out/part-{shard}.jsonl|"-"|; /shard_records/d' p.yaml
"$SLUICE" run p.yaml
"$SLUICE" run p.yaml --json
