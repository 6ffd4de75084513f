# Files that no run of this pipeline wrote are never overwritten; nothing is read, nothing is left behind.
docs 9 >docs.jsonl
pipeline p.yaml
mkdir out; echo precious >out/part-00001.jsonl; echo other >out/other.jsonl
"$SLUICE" run p.yaml; echo "exit $?"
cat out/part-00001.jsonl; tree out runs
rm out/part-00001.jsonl; "$SLUICE" run p.yaml -q; echo "exit $?"
sed -i '1i name: second' p.yaml; "$SLUICE" run p.yaml; echo "exit $?"
