"""How requests to the large clouds are signed, and how their tokens are asked for. Nothing is sent here."""
