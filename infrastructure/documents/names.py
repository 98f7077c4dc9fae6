"""What a file is called by whoever sends it: shown to people, and used for nothing else."""

import unicodedata

LONGEST_NAME = 100  # characters


def shown_name(sent: str | None) -> str | None:
    """Without folders, control characters or marks that turn the reading direction; None when nothing is left."""
    last = (sent or "").replace("\\", "/").rpartition("/")[2]
    plain = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C")
    return plain.strip(" .")[:LONGEST_NAME] or None
