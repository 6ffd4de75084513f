# On a terminal the living line is gone when the run has ended; the summary stands.
docs 2000 >docs.jsonl
pipeline p.yaml; sed -i '/shard_records/d' p.yaml
script -qec "$SLUICE run p.yaml" /dev/null </dev/null | sed 's/\r$//; s/.*\r//; s/^\x1b\[K//' | grep -v '^$' | sed -E 's/[0-9.]+ s$/T s/; s/[0-9.]+ MB/N MB/'
