# run.json keeps to its committed schema: done, with everything in it; failed; stopped before the data; and the check itself can fail.
printf '%s\n' '{"id":"x","text":"please"}' '{"id":"y","text":"so rude of you"}' 'no JSON' >docs.jsonl
cat >my.yaml <<END
on_reject: quarantine
max_errors: \${most}
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - { use: demo.polite }
  - { use: sink.jsonl, path: "out/a-{shard}.jsonl.zst" }
END
"$SLUICE" run my.yaml --plugin-path $DEMO --set most=1 -q
"$SLUICE" run my.yaml --plugin-path $DEMO --set most=0 -q 2>/dev/null
$DEMO/check_schema $ROOT/schemas/run.schema.json runs/*/run.json && echo good
sed 's/"kept": 1/"kept": -1/; s/"state": "done"/"state": "finished"/; s/"seed"/"sead"/' runs/my-1/run.json >bad.json
$DEMO/check_schema $ROOT/schemas/run.schema.json bad.json | cut -d: -f4-
