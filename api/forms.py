"""A form as a page sends it: its fields, and its files with their content."""

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from api.errors import ApiError

UNREADABLE = "Het formulier is niet leesbaar; open de pagina opnieuw."
MOST_BYTES = 1_000_000  # of a field
_MAX_FIELDS = 20


async def read_form(
    request: Request, files: int = 0, part_bytes: int = MOST_BYTES, unreadable: str = UNREADABLE
) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    """Return the fields of a form, and the name and content of each file in it.

    Raises:
        ApiError: 422, `unreadable`, where it is none, has more `files`, or a field of more than `part_bytes`.
    """
    try:
        async with request.form(max_files=files, max_fields=_MAX_FIELDS, max_part_size=part_bytes) as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            sent = [one for one in form.getlist("file") if isinstance(one, UploadFile) and one.filename]
            return fields, [(one.filename or "", await one.read()) for one in sent]
    except HTTPException as error:  # starlette's own
        raise ApiError(422, unreadable) from error
