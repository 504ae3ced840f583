"""PDF files: what they show, read character by character, and written anew where a text changed."""
