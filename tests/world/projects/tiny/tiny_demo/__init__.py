"""Says hello."""

HELLO = "hello"
