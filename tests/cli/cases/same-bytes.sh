# The output does not depend on threads, batches or splits.
docs 60 >docs.jsonl; docs 40 100 | zstd -q >more.jsonl.zst
cat >my.yaml <<END
seed: 5
split_bytes: \${split}
batch_rows: \${rows}
vars: { split: 8M, rows: 1024 }
stages:
  - { use: source.jsonl, path: [docs.jsonl, more.jsonl.zst] }
  - { use: sample.random, keep: 50% }
  - { use: sink.jsonl, path: "out/p-{shard}.jsonl.zst", shard_records: 20 }
END
for set in '-j1' '-j2' '-j7' '-j2 --set rows=1' '-j3 --set split=1k' '-j3 --set split=700 --set rows=2'; do
    "$SLUICE" run my.yaml -q $set; cat out/* | sha256sum
done | sort | uniq -c | sed 's/^ *//'
"$SLUICE" run my.yaml -q --seed 6; cat out/* | zstd -dcq | wc -l
