docs 1 >docs.jsonl
cat >my.yaml <<END
stages:
  - use: source.jsonl
    path: docs.jsonl
  - use: dedup.everything
  - use: sink.null
END
"$SLUICE" check my.yaml
