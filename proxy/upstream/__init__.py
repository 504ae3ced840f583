"""The way out to the providers: who serves a model, how a request gets there, and how its answer comes back."""
