# What there is: good ones, broken ones, files that are none; the names that are looked for.
states s
"$SLUICE" state list --state-dir s
for words in 0badcafe "3f9c1a dedup.exact-3f9c1a2b" order.by-3f9c77aa00112233.applied s/notes.state "./s/../s/notes.state notes" mix-d; do
    echo "$ $words"
    "$SLUICE" state list --state-dir s $words
done
COLUMNS=40 "$SLUICE" state list --state-dir s 3f9c1a2b
