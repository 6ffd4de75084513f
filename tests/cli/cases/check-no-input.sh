# A file that is not there, a glob and a folder without files.
mkdir empty
cat >my.yaml <<END
stages:
  - use: source.jsonl
    path: \${path}
  - use: sink.null
END
for path in gone.jsonl '*.jsonl' empty; do "$SLUICE" check my.yaml --set path="$path"; echo "exit $?" >&2; done
