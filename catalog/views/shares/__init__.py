"""Links for outsiders: what the team does with them, and what outsiders see."""
