# The same of a pattern that makes the other's name; nothing is left behind.
docs 3 >docs.jsonl
cat >my.yaml <<END
stages:
  - use: source.jsonl
    path: docs.jsonl
  - use: sink.jsonl
    path: out/a-{shard}.jsonl
  - use: sink.jsonl
    from: source.jsonl
    path: out/a-00000.jsonl
END
"$SLUICE" run my.yaml
code=$?
tree . ; exit $code
