"""The outside world as the domain's ports want it: HTTP clients of the providers, and the reading of their webhooks."""
