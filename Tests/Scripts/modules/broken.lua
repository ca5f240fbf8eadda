-- Does not parse.
return %
