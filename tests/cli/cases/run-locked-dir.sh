docs 4 >docs.jsonl
pipeline p.yaml
"$SLUICE" run p.yaml --run-dir r -q; exec 9>r/lock; flock 9
"$SLUICE" run p.yaml --run-dir r
