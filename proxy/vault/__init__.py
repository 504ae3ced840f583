"""The vault: which token stands for which original, encrypted in Redis."""
