# What was expected and what came, field by field where a document is still the same one.
cat >my.yaml <<END
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - { use: filter.length, min: 3 }
  - { use: map.fields, set: [ { column: kind, value: page } ] }
  - { use: sink.null }
tests:
  - name: another field, another value, another document
    at: map.fields
    in:
      - { id: 1, text: "a text that is the same for a long while and only differs at its very end", meta: { a: 1, b: 2 } }
      - { id: 2, text: two }
      - { id: 3, text: three }
    out:
      - { id: 1, text: "a text that is the same for a long while and only differs at its very tail", meta: { a: 1, b: 3 } }
      - { id: 2, text: two, kind: page }
      - { id: 4, text: four, kind: pages }
  - name: none too many
    at: filter.length
    in:  [ { id: 1, text: ab }, { id: 2, text: abc } ]
    out: 2
    rejects: { too_long: 1 }
  - name: in order
    at: filter.length
    in:  [ { id: 1, text: abcd }, { id: 2, text: abcd } ]
    out: [ { id: 2, text: abcd }, { id: 1, text: abcd } ]
  - name: no text
    in:  [ { id: 1, txt: ab } ]
    out: 0
  - name: more than anybody wants to see
    at: filter.length
    in:  []
    out: [$(for i in $(seq 25); do printf '{ n: %s },' $i; done)]
  - name: as many as are shown
    at: filter.length
    in:  []
    out: [$(for i in $(seq 20); do printf '{ n: %s },' $i; done)]
  - name: "steers \e[31mthe terminal"
    at: filter.length
    in:  [ { text: "\e[31m\u202e" } ]
    out: []
END
"$SLUICE" test my.yaml; echo "exit $?"
echo '--- quiet'; "$SLUICE" test -q my.yaml | grep -c 'not ok'
