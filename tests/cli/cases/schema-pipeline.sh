# The generated schema takes what the program takes, and knows its mistakes.
"$SLUICE" inspect --schema --plugin-path $DEMO >schema.json
docs 5 >docs.jsonl
pipeline good.yaml 'seed: 5' 'max_errors: 1%' 'vars: { a: 1 }'
cat >also.yaml <<END
max_record_bytes: 10 MB
stages:
  - { use: source.jsonl, path: [docs.jsonl] }
  - { include: more.yaml }
  - { use: demo.polite, share: 50%, manner: "\${a}", rules: { word: x, times: 2 }, mode: annotate, as: b }
  - { use: other.thing, any: thing }
END
$DEMO/check_schema schema.json good.yaml also.yaml "$ROOT"/pipelines/*.yaml && echo good
cat >bad.yaml <<END
sead: 5
max_record_bytes: lots
stages:
  - { use: source.jsonl }
  - { use: demo.polite, share: 2, manner: gruff, rules: [{ times: x }], minn: 1 }
  - { include: more.yaml, use: demo.polite }
  - { yuse: demo.polite }
END
$DEMO/check_schema schema.json bad.yaml | sort | cut -c1-50
