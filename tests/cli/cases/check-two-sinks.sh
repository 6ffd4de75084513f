docs 3 >docs.jsonl
cat >my.yaml <<END
stages:
  - use: source.jsonl
    path: docs.jsonl
  - use: sink.jsonl
    path: out/a.jsonl
  - use: sink.jsonl
    from: source.jsonl
    path: out/a.jsonl
END
"$SLUICE" check my.yaml
