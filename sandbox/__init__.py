"""An HTTP stand-in for the outside world: identity checks, credit bureau, payouts, notices. See docs/sandbox.md."""
