# All mistakes of a file in one go, each with its place and a way out.
docs 3 >docs.jsonl
cat >my.yaml <<END
name: my
on_eror: fail
stages:
  - use: source.jsonl
    path: docs.jsonl
  - use: filter.lenght
  - use: filter.length
    min: -5
    max: a lot
    unit: char
    minn: 3
  - use: sample.random
    keep: 120%
  - use: demo.polite
    share: 2
  - use: sink.jsonl
END
"$SLUICE" check my.yaml --plugin-path $DEMO
