printf '%s\n' '{"id":"x","text":"please"}' '{"id":"y","text":"so rude of you"}' '{"text":1}' 'no JSON' >docs.jsonl
cat >my.yaml <<END
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - use: demo.polite
  - use: sink.null
END
"$SLUICE" peek my.yaml --dropped --plugin-path $DEMO; "$SLUICE" peek my.yaml --kept --plugin-path $DEMO
