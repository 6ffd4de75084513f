# Kept, dropped with value and limit, marked, changed; what is broken; --columns; the newest run, and a run by name.
cat >docs.jsonl <<'END'
{"id":"a","text":"one","url":"http://x/1","n":1}
{"id":"b","text":"two words here","url":"http://x/2","n":2}
no JSON
{"id":4,"text":"a number for an id","n":3}

{"text":"no id at all"}
END
cat >p.yaml <<'END'
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - { use: filter.length, min: 2, unit: words }
  - { use: map.fields, rename: [ { from: url, to: link } ], set: [ { column: n, json: '[7]' }, { column: lang, value: en } ] }
  - { use: filter.length, name: long, max: 2, unit: words, mode: annotate }
  - { use: sink.jsonl, path: out/a.jsonl }
END
"$SLUICE" run p.yaml -q
for id in a b 4; do echo "--- $id"; "$SLUICE" why $id; done
echo '--- a broken record'; "$SLUICE" why docs.jsonl:3
echo '--- no id, behind a blank line'; "$SLUICE" why docs.jsonl:5
echo '--- columns'; "$SLUICE" why p-1 b --columns n,link,url,nothing
"$SLUICE" run p.yaml -q --run-dir mine; echo '--- by folder'; "$SLUICE" why mine a; "$SLUICE" why mine/run.json a | head -1
echo '--- to a pipe'; sed -i 's|out/a.jsonl|"-"|' p.yaml; "$SLUICE" run p.yaml -q >/dev/null; "$SLUICE" why b | tail -1
echo '--- to shards'; sed -i 's|"-"|"out/{shard}.jsonl", shard_records: 1|' p.yaml; "$SLUICE" run p.yaml -q; "$SLUICE" why b | tail -1
