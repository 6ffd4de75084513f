# Every byte is read: damage in the payload is found here, and not in the list.
part() { echo "--- $1"; echo "--- $1" >&2; }
states s
"$SLUICE" state verify --state-dir s; echo "exit $?"
part "good ones"
"$SLUICE" state verify --state-dir s 3f9c1a 0badcafe; echo "exit $?"
part "quiet"
"$SLUICE" state verify --state-dir s -q d000; echo "exit $?"
"$SLUICE" state verify --state-dir s -q 0badcafe; echo "exit $?"
part "none"
"$SLUICE" state verify --state-dir nowhere; echo "exit $?"
part "under another name"
mkdir t; cp s/shuffle-0badcafe00112233.whole.state t/mine.state
"$SLUICE" state verify --state-dir t; echo "exit $?"
