# The script for zsh names every command; where there is a zsh, it can read it.
"$SLUICE" completion zsh >_sluice
head -n 1 _sluice
! command -v zsh >/dev/null || zsh -n _sluice
for c in $("$SLUICE" help | sed -nE 's/^  ([a-z]+) .*/\1/p'); do grep -cE "^ +'$c:|^    $c\)" _sluice | tr '\n' ' '; echo "$c"; done
sed -n '/^    diff)/,/;;/p' _sluice
