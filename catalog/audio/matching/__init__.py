"""Voice match: find the blend of stock voices that sounds most like a recording."""
