printf '%s\n' '{"id":"x","text":"please","n":[1, 2]}' '{"id":"y","text":"so rude of you"}' 'no JSON' >docs.jsonl
cat >my.yaml <<END
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - use: demo.polite
  - use: sink.null
END
"$SLUICE" peek my.yaml --json --plugin-path $DEMO
