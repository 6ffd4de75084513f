# Where branches part, peek follows the way to the stage asked for.
docs 4 >docs.jsonl
cat >my.yaml <<END
stages:
  - { use: source.jsonl, name: docs, path: docs.jsonl }
  - { use: filter.length, name: long, min: 3, unit: words }
  - { use: sink.null, name: a }
  - { use: filter.length, name: short, from: docs, max: 3, unit: words }
  - { use: sink.null, name: b, from: short }
END
"$SLUICE" peek my.yaml --after long --take 1 --kept
"$SLUICE" peek my.yaml --after short --dropped
"$SLUICE" peek my.yaml --after b --take 4 --columns text
