"""The tokenizer of the default model in 40 MB instead of 290: its pieces in SentencePiece's own trie.

What goes before (normalising, parting in words) and where each token stands stays with the tokenizers library; only the
pieces of a word are looked up elsewhere. A mark written out in a text ("<pad>") is text here. Source: Kudo (2018),
Subword Regularization, https://arxiv.org/abs/1804.10959.
"""

import json
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

_RULES, _PIECES = "rules.json", "pieces.model"
_FEW = 4  # pieces that stay with the rules: the marks
_KEPT = 50_000  # words whose pieces are kept


class LeanTokenizer:
    """A tokenizer that neither pads nor cuts, from a folder that `write_lean` wrote."""

    def __init__(self, folder: Path) -> None:
        from sentencepiece import SentencePieceProcessor
        from tokenizers import Tokenizer

        self._rules = Tokenizer.from_file(str(folder / _RULES))
        self._pieces = SentencePieceProcessor(model_file=str(folder / _PIECES))
        self._word = lru_cache(_KEPT)(self._cut)

    def encode(self, text: str) -> "Encoding":
        """Return the tokens of a text, with the marks at both ends, whose offsets are (0, 0)."""
        from tokenizers import PreTokenizedString

        parted = PreTokenizedString(text)
        parted.normalize(self._rules.normalizer.normalize)
        self._rules.pre_tokenizer.pre_tokenize(parted)
        parted.tokenize(self._word)
        return self._rules.post_process(parted.to_encoding())

    def _cut(self, word: str) -> list[object]:
        from tokenizers import Token

        written, ids = (self._pieces.encode(word, out_type=kind) for kind in (str, int))
        places = pairwise(accumulate((len(piece.encode()) for piece in written), initial=0))
        return [Token(number, piece, place) for number, piece, place in zip(ids, written, places, strict=True)]


def write_lean(tokenizer: "Tokenizer", folder: Path) -> None:
    """Write a Unigram tokenizer as LeanTokenizer reads it."""
    from sentencepiece import sentencepiece_model_pb2

    form: Any = sentencepiece_model_pb2
    whole, kind = json.loads(tokenizer.to_str()), form.ModelProto.SentencePiece
    pieces = whole["model"]["vocab"]
    special = {one["id"]: kind.CONTROL for one in whole["added_tokens"]} | {whole["model"]["unk_id"]: kind.UNKNOWN}
    model = form.ModelProto()
    for number, (piece, score) in enumerate(pieces):
        model.pieces.add(piece=piece, score=score, type=special.get(number, kind.NORMAL))
    model.trainer_spec.model_type = form.TrainerSpec.UNIGRAM
    model.normalizer_spec.name = "identity"  # what it gets is normalised
    model.normalizer_spec.add_dummy_prefix = False
    model.normalizer_spec.remove_extra_whitespaces = False
    model.normalizer_spec.escape_whitespaces = False
    (folder / _PIECES).write_bytes(model.SerializeToString())
    whole["model"]["vocab"] = pieces[:_FEW]
    (folder / _RULES).write_text(json.dumps(whole), encoding="utf-8")
