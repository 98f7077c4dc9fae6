"""Documents of customers, as their owners and the lender's people list them."""

from datetime import datetime

from api.models.base import View
from domain.documents import DocumentKind, MediaType


class DocumentView(View):
    """`digest` is the content's SHA-256; `name` what its sender called it, to show and for nothing else."""

    id: str
    kind: DocumentKind
    media_type: MediaType
    size: int
    digest: str
    uploaded_at: datetime
    name: str | None


class DocumentsView(View):
    items: list[DocumentView]
