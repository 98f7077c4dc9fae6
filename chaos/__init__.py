"""Real loans under fire: people use the API while processes are killed and providers misbehave. `python -m chaos`."""
