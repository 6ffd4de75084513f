# Variables: from the file, the environment, --set; unknown ones with a suggestion.
docs 5 >docs.jsonl
cat >my.yaml <<END
vars: { input: docs.jsonl, least: 3 }
stages:
  - use: source.jsonl
    path: \${input}
  - use: filter.length
    min: \${least}
    unit: words
  - use: sink.null
END
"$SLUICE" check my.yaml && least=x "$SLUICE" check my.yaml
"$SLUICE" check my.yaml --set laest=4
"$SLUICE" run my.yaml --set least=4 --set input=docs.jsonl --quiet && grep -A3 '"vars"' runs/my-1/run.json
