"""Loans that live their lives through the HTTP API, told to a person: `python -m demo`.

Every line of a timeline is read from the loan's audit trail, every outcome is checked. Who is who, and why a name or a
bank account decides what happens, is in docs/sandbox.md.
"""
