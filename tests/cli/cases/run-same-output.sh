# Two runs with folders of their own that write the same file: the second stops with 75, also where the patterns differ.
docs 4 >docs.jsonl
pipeline p.yaml
for name in 'part-{shard}.jsonl' part-00001.jsonl; do
    mkdir out; exec 9>"out/.$name.sluice-lock"; flock 9; echo 'process 4711 since 2026-01-02T03:04:05Z' >&9
    "$SLUICE" run p.yaml --run-dir second; echo "exit $?"
    tree .
    exec 9>&-; "$SLUICE" run p.yaml --run-dir third -q; echo "free again: exit $?"
    tree out; rm -r out third
done
