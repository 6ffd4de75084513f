# A mistake in the configuration leaves an earlier run in that folder as it was.
docs 4 >docs.jsonl
pipeline p.yaml
"$SLUICE" run p.yaml --run-dir r -q && cp r/run.json before.json
: >out/part-00007.jsonl; "$SLUICE" run p.yaml --run-dir r; echo "exit $?"
cmp r/run.json before.json && rm out/part-00007.jsonl && "$SLUICE" run p.yaml --run-dir r -q
