cat >my.yaml <<END
stages:
  - use: filter.length
  - use: sink.null
END
"$SLUICE" check my.yaml
echo 'stages: []' >my.yaml; "$SLUICE" check my.yaml
: >my.yaml; "$SLUICE" check my.yaml
