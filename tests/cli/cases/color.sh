# No escape sequence unless somebody looks at a terminal or asks for it.
docs 5 >docs.jsonl
pipeline p.yaml; printf 'stages:\n  - use: sink.nul\n' >bad.yaml
count() { grep -c $'\033' || true; }
{ "$SLUICE" peek p.yaml; "$SLUICE" run p.yaml; "$SLUICE" check bad.yaml; "$SLUICE" inspect; } 2>&1 | count
{ "$SLUICE" peek p.yaml --color never; "$SLUICE" check bad.yaml --color never; } 2>&1 | count
"$SLUICE" check bad.yaml --color always 2>&1 | count
"$SLUICE" peek p.yaml --color always | count
in_terminal() { script -qec "$*" /dev/null </dev/null; }
in_terminal "$SLUICE" check bad.yaml | count
NO_COLOR=1 in_terminal "$SLUICE" check bad.yaml | count
TERM=dumb in_terminal "$SLUICE" check bad.yaml | count
