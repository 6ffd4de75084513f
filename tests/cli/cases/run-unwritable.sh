# An output folder that cannot be made.
docs 3 >docs.jsonl
pipeline p.yaml; : >out
"$SLUICE" run p.yaml; echo "exit $?"; tree runs
