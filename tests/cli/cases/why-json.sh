# One object, whatever the documents hold.
printf '%s\n' '{"id":"a\u001b\"","text":"please \u0007"}' '{"id":"b","text":"so rude of you"}' >docs.jsonl
cat >p.yaml <<'END'
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - use: demo.polite
  - { use: sink.jsonl, path: out/a.jsonl }
END
"$SLUICE" run p.yaml --plugin-path $DEMO -q
"$SLUICE" why b --plugin-path $DEMO; "$SLUICE" why b --plugin-path $DEMO --json | tee whole | python3 -m json.tool >/dev/null && cat whole
"$SLUICE" why docs.jsonl:1 --plugin-path $DEMO; "$SLUICE" why $'a\e"' --plugin-path $DEMO --json --columns text | python3 -m json.tool | grep -A4 -E '"(id|columns|measured|changes|written_to)"'
