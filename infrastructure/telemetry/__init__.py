"""What an operator sees of Tenor from outside: traces, logs and metrics. Ids and codes only, never personal data."""
