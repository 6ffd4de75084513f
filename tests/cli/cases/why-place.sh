# By file and number, and by key; in plain and compressed files, with and without the splits of the run.
mkdir -p in/sub other
docs 3000 >a.jsonl; sed 's/"d/"e/' a.jsonl | gzip >in/b.jsonl.gz; sed 's/"d/"f/' a.jsonl | zstd -q >in/sub/c.jsonl.zst
sed 's/"d/"g/' a.jsonl >g; head -1000 g | zstd -q >in/m.zst; tail -2000 g | zstd -q >>in/m.zst; docs 2 >other/b.jsonl.gz
cat >p.yaml <<'END'
split_bytes: 4 MiB
stages:
  - { use: source.jsonl, path: [ a.jsonl, in, other ] }
  - { use: filter.length, max: 100, unit: words }
  - { use: sink.null }
END
"$SLUICE" run p.yaml -q
places() {
    for place in a.jsonl:3000 in/b.jsonl.gz:2900 c.jsonl.zst:1 sub/c.jsonl.zst:2999 m.zst:1001 m.zst:3000; do "$SLUICE" why $place | head -1; done
    for id in d2999 e2998 f1500 g2500; do "$SLUICE" why $id | head -1; done
}
places
rm runs/p-1/splits.jsonl; echo '--- without splits.jsonl'; places
echo '--- mistakes'
"$SLUICE" why a.jsonl:3001; echo "exit $?"; "$SLUICE" why b.jsonl.gz:1; echo "exit $?"; "$SLUICE" why c.jsonl:1; echo "exit $?"; "$SLUICE" why a.jsonl:0; echo "exit $?"
echo '--- key'; key=$("$SLUICE" why e7 --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["documents"][0]["key"])')
"$SLUICE" why "$key" | head -1; "$SLUICE" why "$key" -j 1 --json | python3 -m json.tool | grep -E '"(found|id|record)"'
