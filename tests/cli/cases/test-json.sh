# --json: every test with what was expected and what came; mistakes like those of check.
cat >my.yaml <<END
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - { use: filter.length, min: 3 }
  - { use: sink.null }
tests:
  - { name: one, at: filter.length, in: [ { text: ab }, { text: abc } ], out: 1 }
  - { in: [ { text: abc } ], out: [ { text: ab } ], rejects: {} }
END
"$SLUICE" test --json my.yaml; echo "exit $?"
sed -i 's/at: filter.length,/at: filter.lenght,/' my.yaml
"$SLUICE" test --json my.yaml 2>/dev/null; echo "exit $?"
