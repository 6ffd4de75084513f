# Several files; without any, those of pipelines/, else those that lie here.
one() { printf 'stages: [ { use: source.jsonl, path: x }, { use: filter.length, min: %s }, { use: sink.null } ]\n' "$1"; }
t() { printf 'tests: [ { name: "%s", at: filter.length, in: [ { text: ab } ], out: 1 } ]\n' "$1"; }
"$SLUICE" test; echo "exit $?"
mkdir sub
{ one 1; t 'in a'; } >a.yaml
one 1 >b.yaml
{ one 3; t 'in c'; } >sub/c.yaml
"$SLUICE" test; echo "exit $?"
"$SLUICE" test b.yaml sub/c.yaml a.yaml a.yaml a.yaml; echo "exit $?"
mkdir pipelines; one 1 >pipelines/d.yaml; one 1 >pipelines/e.yaml
"$SLUICE" test; echo "exit $?"
"$SLUICE" test b.yaml; echo "exit $?"
"$SLUICE" test nowhere.yaml a.yaml; echo "exit $?"
