# A document that is cut and put together: each part has its own way. What goes by places of parts is the same as in the run.
awk 'BEGIN { for (i = 0; i < 40; i++) { t = ""; for (k = 0; k < 3; k++) t = t sprintf("line %d\\n", (i * 7 + k * k) % 61)
    printf "{\"id\":\"d%d\",\"text\":\"%s\"}\n", i, t } }' >docs.jsonl
echo '{"id":"long","text":"1\n2\nline 0\n4\n5\n6\nline 1\n8\n9\n10\n11\n12\n13"}' >>docs.jsonl
cat >p.yaml <<'END'
batch_rows: 7
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - { use: expand.split, by: lines }
  - { use: dedup.exact }
  - { use: join.parts, parts_as: lines, min_parts: 2 }
  - { use: sink.jsonl, path: out/a.jsonl }
END
"$SLUICE" run p.yaml -q
for id in d0 d36 d38 long; do echo "--- $id"; "$SLUICE" why $id; grep "\"$id\"" out/a.jsonl; done
echo '--- as JSON'; "$SLUICE" why d36 --json | python3 -m json.tool | grep -E '"(id|fate|made_by|taken_by|reason|part)"'
echo '--- all of them, against what was written'
for i in {0..39}; do "$SLUICE" why d$i | grep -q 'written   to' && echo "d$i"; done >kept
sed -E 's/.*"id": ?"([^"]*)".*/\1/' out/a.jsonl | grep -v long | diff - kept && wc -l <kept
echo '--- a part that goes its own way'
sed 's/  - { use: join.*/  - { use: filter.length, min: 2 }/; s/out.a/out\/b/' p.yaml >q.yaml; "$SLUICE" run q.yaml -q; "$SLUICE" why d36; "$SLUICE" why long | tail -5
