# Mistakes are told before anything is read.
pipeline p.yaml
"$SLUICE" stats p.yaml --stage filter.legnth; echo "exit $?"
"$SLUICE" stats p.yaml --sample 0; echo "exit $?"
"$SLUICE" stats p.yaml; echo "exit $?"
"$SLUICE" stats; echo "exit $?"
