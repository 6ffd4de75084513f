# The script for zsh names every command; where there is a zsh, it can read it.
"$SLUICE" completion zsh >_sluice
head -n 1 _sluice
! command -v zsh >/dev/null || zsh -n _sluice
"$SLUICE" help | sed -nE 's/^  ([a-z]+) .*/\1/p' | grep -v '^sluice$' >commands
for c in $(cat commands); do grep -qE "^        '$c:" _sluice || echo "$c is not offered"; done
for c in $(grep -v version commands); do grep -q "^    $c)" _sluice || echo "$c is not completed"; done
sed -n '/^    diff)/,/;;/p' _sluice
