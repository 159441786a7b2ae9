"""Voice match: find the blend of the stock voices that sounds most like a recording."""
