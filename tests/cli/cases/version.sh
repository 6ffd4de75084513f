"$SLUICE" --version && "$SLUICE" version | cmp - <("$SLUICE" --version)
