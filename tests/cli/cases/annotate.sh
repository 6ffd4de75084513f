printf '%s\n' '{"id":"x","text":"please"}' '{"id":"y","text":"so rude of you"}' >docs.jsonl
cat >my.yaml <<END
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - { use: demo.polite, mode: annotate, as: manners }
  - { use: sink.jsonl, path: "-" }
END
"$SLUICE" run my.yaml --plugin-path $DEMO && "$SLUICE" peek my.yaml --plugin-path $DEMO
