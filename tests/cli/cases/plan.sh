docs 5 >docs.jsonl; docs 2 10 >more.jsonl
cat >my.yaml <<END
name: two-ways
stages:
  - { use: source.jsonl, name: a, path: docs.jsonl }
  - { use: source.jsonl, name: b, path: more.jsonl }
  - { use: filter.length, from: [a, b], min: 2, unit: words, mode: annotate, as: short }
  - { use: sink.jsonl, name: all, path: "out/all-{shard}.jsonl.zst" }
  - { use: sample.random, name: half, from: filter.length, keep: 50% }
  - { use: sink.jsonl, name: some, path: "-" }
END
"$SLUICE" plan my.yaml --threads 2
