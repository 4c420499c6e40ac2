"""What a question names and what its operators let through, as it goes over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import BaseModel, Field

from index.search.named import Named, NamedBy


class NamedOut(BaseModel):
    """Iets waarmee de vraag documenten noemt; die komen eerst."""

    by: Annotated[NamedBy, Field(description="waarmee")]
    text: Annotated[str, Field(description="wat herkend is")]
    key: Annotated[str, Field(description="naam om het uit te zetten, met `filters.ignore`")]
    documents: Annotated[int, Field(ge=0, description="aantal documenten dat zo genoemd wordt")]

    @classmethod
    def each(cls, named: Sequence[Named]) -> list[Self]:
        """Return what is named as it goes out."""
        return [cls(by=one.by, text=one.text, key=one.key, documents=len(one.documents)) for one in named]


class ExactOut(BaseModel):
    """Wat voldoet aan de zoektekens van de vraag en aan de filters, geteld over alle documenten."""

    passages: Annotated[int, Field(ge=0)]
    documents: Annotated[int, Field(ge=0)]
