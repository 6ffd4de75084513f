# Documents that repeat another: of the same stream, of a port, of a saved state; when the port is not there any more.
cat >docs.jsonl <<'END'
{"id":"a","text":"first"}
{"id":"b","text":"second"}
{"id":"c","text":"first"}
{"id":"d","text":"of old"}
END
printf '%s\n' '{"id":"o1","text":"nothing"}' '{"id":"o2","text":"of old"}' | gzip >old.jsonl.gz
cat >p.yaml <<'END'
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - { use: dedup.exact, index: { use: source.jsonl, path: old.jsonl.gz } }
  - { use: sink.jsonl, path: out/a.jsonl }
END
"$SLUICE" run p.yaml -q
for id in a c d; do echo "--- $id"; "$SLUICE" why $id; done
echo '--- from a saved part'
sed 's|{ use: source.jsonl, path: old.jsonl.gz }|{ state: old.state }|; s|out/a|out/b|' p.yaml >q.yaml
cp runs/states/*port-1* old.state 2>/dev/null || cp runs/states/*port1* old.state
"$SLUICE" run q.yaml -q; "$SLUICE" why d
echo '--- as JSON'; "$SLUICE" why p-1 d --json | grep -A9 '"partner"'
