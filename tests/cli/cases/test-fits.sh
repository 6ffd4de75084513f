# Stages that see the whole stream first, that have a second input, make other documents, or sort. No state is saved.
cat >my.yaml <<END
stages:
  - { use: source.jsonl, path: nowhere.jsonl }
  - { use: dedup.exact, index: { use: source.jsonl, path: nowhere.jsonl } }
  - { use: expand.split, by: lines }
  - { use: order.by, column: n }
  - { use: sink.null }
tests:
  - name: copies go
    at: dedup.exact
    ports: { index: [] }
    in:  [ { id: 1, text: a }, { id: 2, text: b }, { id: 3, text: a } ]
    out: [ { id: 1, text: a }, { id: 2, text: b } ]
    rejects: { duplicate: 1 }
  - name: and what the index has
    at: dedup.exact
    options: { normalize: lower }
    ports: { index: [ { text: B }, { text: z } ] }
    in:  [ { id: 1, text: a }, { id: 2, text: b }, { id: 3, text: A } ]
    out: [ { id: 1, text: a } ]
    rejects: { duplicate: 2 }
  - name: a document becomes several
    at: expand.split
    in:  [ { id: x, text: "a\nb" } ]
    out: 2
  - name: sorted
    at: order.by
    in:  [ { text: a, n: 3 }, { text: b, n: 1 }, { text: c, n: 2 } ]
    out: [ { text: b, n: 1 }, { text: c, n: 2 }, { text: a, n: 3 } ]
  - name: all of it
    ports: { index: [ { text: "c\nd" } ] }
    in:  [ { id: a, text: "a\nb", n: 3 }, { id: b, text: e, n: 1 }, { id: c, text: "c\nd", n: 2 }, { id: d, text: e, n: 0 } ]
    out: 3
    rejects: { duplicate: 2 }
  - name: a broken document in a port
    at: dedup.exact
    ports: { index: [ { txt: a } ] }
    in:  [ { id: 1, text: a } ]
    out: 1
END
"$SLUICE" test my.yaml; echo "exit $?"; ls
sed -i 's/ports: { index: \[\] }/ports: { indx: [] }/' my.yaml; "$SLUICE" test my.yaml
