printf '%s\n' '{"id":"x","text":"please"}' '{"id":"y","text":"so rude of you"}' 'no JSON' >docs.jsonl
cat >my.yaml <<END
on_reject: quarantine
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - use: demo.polite
  - { use: sink.jsonl, path: out/a.jsonl }
END
"$SLUICE" run my.yaml --plugin-path $DEMO -q && zstd -dcq runs/my-1/quarantine.jsonl.zst; cat out/a.jsonl
grep -A2 '"quarantine"' runs/my-1/run.json
"$SLUICE" run my.yaml --plugin-path $DEMO -q --run-dir r 2>/dev/null; rm -r out runs
"$SLUICE" run my.yaml --plugin-path $DEMO -q --run-dir r && "$SLUICE" run my.yaml --plugin-path $DEMO -q --run-dir r && ls r
