# A column that a stage above took away.
docs 3 >docs.jsonl
cat >my.yaml <<END
stages:
  - use: source.jsonl
    path: docs.jsonl
  - use: map.fields
    drop: id
  - use: filter.where
    all:
      - { column: id, is: x }
  - use: sink.null
END
"$SLUICE" check my.yaml
