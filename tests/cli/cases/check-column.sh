# A column that a stage reads and nothing provides.
docs 3 >docs.jsonl
cat >my.yaml <<END
stages:
  - use: source.jsonl
    path: docs.jsonl
  - use: filter.where
    all:
      - { column: edu_score, min: 3 }
  - use: sink.null
END
"$SLUICE" check my.yaml
