"""Keys: what wraps them, what they seal, and how long an unwrapped one stays in memory."""
