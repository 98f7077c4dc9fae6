"""Documents that identity checks are made with. They come before the check, and under its key."""

from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Form, UploadFile
from pydantic import BaseModel, StringConstraints

from sandbox.behaviour import Provider
from sandbox.cases import reference_of
from sandbox.door import IdempotencyKey, WorldHere, door_of
from sandbox.faults import Fault
from sandbox.requests import Digest, Name
from sandbox.world import Paper

LARGEST_DOCUMENT = 100 * 1024 * 1024  # bytes

router = APIRouter(prefix="/kyc/documents", tags=["kyc"], dependencies=[Depends(door_of(Provider.KYC))])

CheckKey = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class PaperAnswer(Paper):
    reference: str

    @classmethod
    def of(cls, paper: Paper) -> "PaperAnswer":
        return cls(reference=reference_of("doc", f"{paper.check}/{paper.digest}"), **paper.model_dump())


class PapersAnswer(BaseModel):
    documents: tuple[PaperAnswer, ...]


@router.post("")
async def upload(
    *,
    check: Annotated[CheckKey, Form()],
    kind: Annotated[Name, Form()],
    digest: Annotated[Digest, Form()],
    file: UploadFile,
    idempotency_key: IdempotencyKey,
    world: WorldHere,
) -> PaperAnswer:
    """Take a document for a check to come. Of the file nothing is kept but its size and its digest."""
    content = await file.read(LARGEST_DOCUMENT + 1)
    if len(content) > LARGEST_DOCUMENT:
        raise Fault(413, "document_too_large")
    if sha256(content).hexdigest() != digest:
        raise Fault(422, "digest_mismatch")
    media_type = file.content_type or "application/octet-stream"
    paper = Paper(check=check, kind=kind, media_type=media_type, digest=digest, size=len(content))
    behaviour = world.switches[Provider.KYC]
    if world.papers.recall(idempotency_key, paper) is None:
        if behaviour.refuse:
            raise Fault(422, "refused")
        world.papers.keep(idempotency_key, paper, paper)
        await world.withhold_answer_if(behaviour)
    return PaperAnswer.of(paper)


@router.get("")
async def papers(check: CheckKey, world: WorldHere) -> PapersAnswer:
    """Those of one check, in the order in which they came."""
    return PapersAnswer(documents=tuple(map(PaperAnswer.of, world.papers_of(check))))
