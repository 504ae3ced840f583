"""The privacy gateway: scrambles personal data out of prompts and restores it in the answers."""
