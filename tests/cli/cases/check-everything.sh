# One mistake of every kind: each is told once, in the order of the file, and nothing that only follows from another.
printf '{"text":"a b c","lang":"en"}\n{"text":"a b d"}\n' >docs.jsonl
cat >my.yaml <<'YAML'
name: everything wrong
on_eror: fail
max_record_bytes: 0
description: !text everything
vars:
  corpus: nowhere
  9bad: x
stages:
  - use: source.jsonl
    path: ${corpus}/*.jsonl.zst
  - use: source.jsonl
    name: there
    path: docs.jsonl
  - use: filter.lenght
    from: [there]
    min: 3
  - use: filter.length
    from: [source.jsonl, there]
    name: length
    min: -5
    unit: char
    minn: 3
  - use: filter.length
    max: ${unknown}
  - filter.length
  - use: filter.where
    from: length
    all: [{ column: lnag, is: x }]
  - use: filter.where
  - use: map.fields
    drop: [title]
  - use: filter.where
    all: [{ column: title, is: x }]
  - use: language.identify
    as: kind
  - use: language.identify
    as: other
    score_as: kind
  - use: filter.length
    min: 1
    mode: annotate
    as: text
  - use: dedup.exact
    index: { use: source.jsonl, path: no-index.jsonl }
  - use: dedup.exact
    index: { state: no.state }
  - use: dedup.exact
    name: two
    index: [there]
  - use: filter.list
    column: lang
    keep: listed
    path: no-list.txt
  - use: filter.list
    file: listed.txt
    keep: listed
  - use: sink.jsonl
    path: out/{shrad}.jsonl
  - use: filter.length
    from: nobody
    min: 10
    max: 5
    max: 50
    mode: anotate
  - use: sink.jsonl
    name: two
    path: out/a.jsonl.zst
    on_reject: keep
tests:
  - name: first
    at: filter.lenght
    in: [{ text: a }]
    rejects: { anything: 1 }
  - at: length
    options: { mni: 3 }
    in: [{ text: a }]
    rejects: { too_shrt: 1 }
  - at: nosuch
    in: [{ text: a }]
    out: [{ text: a }]
  - in: [{ text: a }]
YAML
"$SLUICE" check my.yaml
echo "exit $?" >&2
for command in run plan peek stats; do
    "$SLUICE" "$command" my.yaml 2>"$command"; echo "$command: exit $?, $(tail -1 "$command")"
done
tree .
