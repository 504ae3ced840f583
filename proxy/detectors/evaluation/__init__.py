"""`sting eval`: reads labelled text, runs engines over it, counts what they leak and what they cover too much."""
