# An id that several documents have.
cat >p.yaml <<'END'
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - { use: filter.length, min: 6 }
  - { use: sink.jsonl, path: out/a.jsonl }
END
printf '{"id":"%s","text":"%s"}\n' x short y longer x longer >docs.jsonl
"$SLUICE" run p.yaml -q; "$SLUICE" why x
for i in {1..13}; do echo '{"id":"z","text":"a"}'; done >docs.jsonl
"$SLUICE" run p.yaml -q; echo ---; "$SLUICE" why z | grep record | sed -n '1p;$p'; "$SLUICE" why z | tail -1
"$SLUICE" why z --json | python3 -m json.tool | grep -c '"key"'
