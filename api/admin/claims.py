"""One key, one content: also for what concerns no loan."""

from hashlib import sha256

from api.models.base import Model
from api.parts import Parts


async def claim(parts: Parts, operation_id: str, kind: str, body: Model) -> bool:
    """False when the same was asked before. Raises OperationReused when the key came with something else.

    A password is left out: a fast digest of it would be easier to guess than its slow hash.
    """
    digest = sha256(body.model_dump_json(exclude={"password"}).encode()).hexdigest()
    return await parts.operations.claim(operation_id, kind=kind, body_digest=digest, at=parts.now())
