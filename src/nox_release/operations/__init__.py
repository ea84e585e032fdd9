"""The stories: what each session does, told with the adapters."""
