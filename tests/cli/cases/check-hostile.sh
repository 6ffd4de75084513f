# Files that were made to do harm, or were mangled: refused with a place, at once.
refuse() { "$SLUICE" check bad.yaml 2>&1 | cut -c1-150 | head -5; echo "exit ${PIPESTATUS[0]}"; }
head -c 1000000 /dev/zero | tr '\0' '[' >bad.yaml; refuse
{ echo 'a: &a [x,x]'; for i in $(seq 20); do echo "b$i: &b$i [*a,*a]"; done; } >bad.yaml; refuse
printf 'name: a\0b\nstages: []\n' >bad.yaml; refuse
printf 'stages:\n\t- use: sink.null\n' >bad.yaml; refuse
printf 'name: \xff\xfe\n' >bad.yaml; refuse
printf 'name: a\nname: b\n' >bad.yaml; refuse
printf 'stages: [\n' >bad.yaml; refuse
printf 'stages:\n  - use: source.jsonl\n    path: *.zst\n' >bad.yaml; refuse
head -c 6000000 /dev/zero | tr '\0' 'x' >bad.yaml; refuse
