# What must see everything first is looked at when it is named.
docs 6 >docs.jsonl; cat docs.jsonl >>docs.jsonl.2; cat docs.jsonl.2 >>docs.jsonl; rm docs.jsonl.2
cat >p.yaml <<'END'
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - { use: filter.length, min: 2, unit: words }
  - { use: dedup.exact }
  - { use: sink.null }
END
"$SLUICE" stats p.yaml && "$SLUICE" stats p.yaml --stage dedup.exact
