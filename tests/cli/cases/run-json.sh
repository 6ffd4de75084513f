# --json is run.json, whatever became of the run, and nothing else.
docs 4 >docs.jsonl
pipeline p.yaml
"$SLUICE" run --json p.yaml >out.json && cmp out.json runs/p-1/run.json
echo oops >>docs.jsonl; sed -i '1i max_errors: 0' p.yaml
"$SLUICE" run --json p.yaml >out.json; echo "exit $?"
cmp out.json runs/p-2/run.json; fields out.json state exit_code message
