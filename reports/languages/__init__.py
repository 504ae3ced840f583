"""What analyses say, in languages other than English."""
