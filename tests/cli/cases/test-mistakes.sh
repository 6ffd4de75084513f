# Mistakes in tests: all at once, by test and by check, with nothing run.
cat >my.yaml <<END
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - { use: filter.length, min: 3 }
  - { use: sink.null }
tests:
  - att: filter.length
    in: [ { text: a } ]
    out: 1
  - at: filter.lenght
    in: [ { text: a } ]
    out: 1
  - at: filter.length
    options: { mim: 3 }
    in: [ { text: a } ]
    rejects: { too_shrt: 1 }
  - in: [ { id: 007, text: a } ]
END
"$SLUICE" test my.yaml; echo "exit $?"
"$SLUICE" check my.yaml 2>&1 | tail -1
"$SLUICE" run my.yaml 2>&1 | tail -1
