"$SLUICE" inspect filter.lenght
