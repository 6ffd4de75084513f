# Tests inside of a pipeline file: a line each. Nothing is read but their own documents, nothing is written.
cat >my.yaml <<END
vars: { min: 3 }
stages:
  - { use: source.jsonl, path: "nowhere/*.jsonl", text: body }
  - { use: filter.length, min: "\${min}", unit: words }
  - { use: filter.length, name: brief, max: 5, unit: words }
  - { use: sink.jsonl, path: out.jsonl }
tests:
  - name: short ones go
    at: filter.length
    options: { min: 2 }
    in:  [ { text: "short" }, { text: "long enough", n: 1.50 } ]
    out: [ { n: 1.5, text: "long enough" } ]
    rejects: { too_short: 1 }
  - in:  [ { body: one two three } ]
    out: 1
  - name: neither short nor long
    from: filter.length
    to: brief
    in:  [ { text: a }, { text: a b c }, { text: a b c d }, { text: a b c d e f } ]
    out: [ { text: a b c d }, { text: a b c } ]
    unordered: true
    rejects: { too_short: 1, too_long: 1 }
END
"$SLUICE" test my.yaml && ls
echo '--- quiet'; "$SLUICE" test -q my.yaml
echo '--- another bound'; "$SLUICE" test my.yaml --set min=4 | tail -4
