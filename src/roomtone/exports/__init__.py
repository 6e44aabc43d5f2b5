"""How training data leaves: each member makes rows of conversations, or a file of rows."""
