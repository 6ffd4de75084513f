# Behind a sort a document's place hangs on all others: without --whole nothing is said that could be wrong.
docs 500 | sed -E 's/"d([0-9]*)([0-9])"/"d\1\2","n":\2/' >docs.jsonl
cat >p.yaml <<'END'
seed: 3
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - { use: filter.length, min: 200, unit: words }
  - { use: shuffle }
  - { use: sink.jsonl, path: out/a.jsonl }
END
"$SLUICE" run p.yaml -q
"$SLUICE" why d100; "$SLUICE" why d300; "$SLUICE" why --whole d300 >way; cat way
place=$(sed -En 's/.*place ([0-9]+) of.*/\1/p' way); sed -n "${place}p" out/a.jsonl | grep -o '"id":"d300"'
echo '--- a fit below'
sed 's|shuffle }|&\n  - { use: dedup.exact, of: n }\n  - { use: filter.length, name: last, max: 400, unit: words }|; s/out.a/out\/b/' p.yaml >q.yaml
"$SLUICE" run q.yaml -q; "$SLUICE" why d300; echo "exit $?"; "$SLUICE" why --json d300 | grep -E '"(fate|sure)"'
"$SLUICE" why --whole d300; "$SLUICE" why --whole "$(grep -o '"d[0-9]*"' out/b.jsonl | head -1 | tr -d '"')"
