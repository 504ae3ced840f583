"""OpenAI's chat completions said in other providers' words, and their answers said in OpenAI's. Pure."""
