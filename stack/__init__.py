"""The whole of Tenor on one machine without Docker: embedded servers and Tenor's own processes as one thing.

Stands alone: it starts the other packages as programs and imports none of them.
"""
