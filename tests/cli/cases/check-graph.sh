# from: a stage below (a cycle), one that is not there, itself.
docs 3 >docs.jsonl
cat >my.yaml <<END
stages:
  - use: source.jsonl
    name: docs
    path: docs.jsonl
  - use: filter.length
    name: long
    from: short
    min: 3
  - use: filter.length
    name: short
    from: long
    max: 3
  - use: filter.length
    name: self
    from: self
  - use: sink.null
    from: [dosc, short]
  - use: sink.null
    name: docs
END
"$SLUICE" check my.yaml
