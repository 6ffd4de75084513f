# Counts, distributions and reasons of a stage in run.json.
printf '%s\n' '{"id":"x","text":"please"}' '{"id":"y","text":"so rude of you"}' >docs.jsonl
cat >my.yaml <<END
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - use: demo.polite
  - use: sink.null
END
"$SLUICE" run my.yaml --plugin-path $DEMO -q && sed -n '/"name": "demo.polite"/,/"seconds"/p' runs/my-1/run.json | grep -v -E 'seconds|mean'
