"""Files that come in by multipart form, read in memory only, so that nothing lies about unsealed."""

from dataclasses import dataclass

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from api.errors import Refused

LONGEST_WORD = 1024  # bytes


class _InMemory(MultiPartParser):
    spool_max_size = 0  # never to the disk; how large a body may be was said at the door


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFile:
    """`declared` and `name` are the sender's words."""

    content: bytes
    declared: str
    name: str | None


async def one_file(request: Request, *, word: str) -> tuple[str, UploadedFile]:
    """The text of the field `word`, and the field `file`. Raises Refused for anything more, less or else."""
    if parse_options_header(request.headers.get("content-type"))[0] != b"multipart/form-data":
        raise Refused("InvalidRequest", "send multipart/form-data")
    reader = _InMemory(request.headers, request.stream(), max_files=1, max_fields=1, max_part_size=LONGEST_WORD)
    try:
        form = await reader.parse()
    except MultiPartException as reason:
        raise Refused("InvalidRequest", str(reason.message)) from None
    except UnicodeError:
        raise Refused("InvalidRequest", "the form is not in the charset that it names") from None
    try:
        text, file = form.get(word), form.get("file")
        if len(form.multi_items()) != 2 or not isinstance(text, str) or not isinstance(file, UploadFile):
            raise Refused("InvalidRequest", f"send two fields: the text `{word}` and one `file`")
        return text, UploadedFile(content=await file.read(), declared=file.content_type or "", name=file.filename)
    finally:
        await form.close()
