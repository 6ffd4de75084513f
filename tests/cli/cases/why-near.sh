# An id that is not there: a slip of the pen, a part of one, of two that are as near the first; ids are whole in a pipe.
long=docs/reference/a/rather/long/path/that/no/terminal/shows/at/once
for i in 1 2 3; do echo "{\"id\":\"$long/page-$i.md\",\"text\":\"page number $i\"}"; done >docs.jsonl
echo '{"id":7,"text":"an id that is a number"}' >>docs.jsonl
pipeline p.yaml; "$SLUICE" run p.yaml -q
for id in "$long/pgae-3.md" page-2.md "$long" "$long/page-9.md" docs/other age7; do "$SLUICE" why "$id"; echo "exit $?"; done
"$SLUICE" why "$long/page-3.md"
