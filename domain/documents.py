"""What customers show to prove who they are and what they earn."""

from dataclasses import dataclass
from enum import StrEnum


class DocumentKind(StrEnum):
    PASSPORT = "passport"
    IDENTITY_CARD = "identity_card"
    DRIVING_LICENCE = "driving_licence"
    RESIDENCE_PERMIT = "residence_permit"
    PROOF_OF_ADDRESS = "proof_of_address"
    PAYSLIP = "payslip"
    BANK_STATEMENT = "bank_statement"
    TAX_RETURN = "tax_return"
    OTHER = "other"


class MediaType(StrEnum):
    """What a document may be."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDocument:
    """What names a document; `digest` is SHA-256 of the file, in hexadecimal."""

    kind: DocumentKind
    media_type: MediaType
    digest: str
