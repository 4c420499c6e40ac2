"""Tune the embedding model on pairs of a question and the passage that answers it, on a CPU, in minutes.

Both losses of the search at once: contrastive over dense vectors (InfoNCE, van den Oord et al. 2018,
https://arxiv.org/abs/1807.03748) and over late-interaction scores. Word embeddings, and layers below those that are
tuned, stay as they are, so what they make of each text is computed once. The change of the others is kept as a small
adapter. Half of each batch are passages near to one of them by the model's own vectors: hard negatives.
"""

import hashlib
import json
import math
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy, normalize
from torch.nn.utils.rnn import pad_sequence

from eval.fit.pairs import Pair, says_same
from index.errors import TuningError
from index.model.adapter import AdapterManifest, adapter_id, apply_change, compress_change
from index.model.embed import Embedder, SentenceTransformerEmbedder
from index.store.intake import Progress
from index.store.token_vectors import TokenBook
from index.terms import terms

DENSE_TEMPERATURE, LATE_TEMPERATURE = 0.03, 0.02
_MAX_TOKENS = 320  # of a text while tuning; a passage has 200 on average
_AT_ONCE, _LIKE = 16, 4  # texts that are compared at once; texts that go through the layers at once
_SAME = 0.6  # share of terms from which two passages count as the same answer
_BOOK_PASSAGES, _BOOK_TOKENS = 1400, 150_000  # from which the book of token vectors is learned
_FITS = 0.2  # nDCG@10 that the untuned model must reach, else questions and passages do not belong together
Tensor = torch.Tensor


@dataclass(frozen=True, slots=True)
class TuneOptions:
    """How to tune; the defaults made the shipped adapter."""

    layers: int = 12  # number of top ones that change
    passes: int = 6  # times that each passage is seen
    learning_rate: float = 4e-5  # highest one, after a warm-up of a tenth of the steps; falls to 5 % of it
    batch: int = 16  # passages that compete in a step
    questions: int = 3  # questions a passage in a step
    held_back: float = 0.05  # share of the questions, and of the passages, that are kept to judge by
    seed: int = 0  # of all that is random


@dataclass(frozen=True, slots=True)
class Tuned:
    """What tuning brought."""

    manifest: AdapterManifest  # with nDCG@10 before and after on held-back questions and on passages never seen
    tensors: dict[str, Tensor]  # the adapter
    kept: bool  # whether neither figure fell and the first rose


def tune(
    embedder: SentenceTransformerEmbedder,  # untuned, BERT-like
    pairs: Sequence[Pair],
    options: TuneOptions,
    progress: Progress = lambda *_: None,  # called after each step
) -> Tuned:
    """Tune a model; the embedder itself is left unchanged.

    TuningError where the model is of another kind, or shows, untuned, that the pairs do not belong together.
    """
    draw = random.Random(options.seed)
    torch.manual_seed(options.seed)
    half = _Half(embedder, options.layers, pairs)
    base = half.weights()
    train, held, unseen = _split(half.answers, options.held_back, draw)
    judged = {"held back": held, "unseen": unseen}
    before = half.ndcg(judged)
    if before["held back"] < _FITS:
        raise TuningError(
            f"Het model vindt zo weinig van deze passages (nDCG@10 {100 * before['held back']:.0f}) dat vragen en "
            "passages niet bij elkaar kunnen horen; kijk de paren na."
        )
    try:
        _train(half, train, options, draw, progress)
        tensors = compress_change(base, half.weights())
        half.bert.load_state_dict(base, strict=False)
        apply_change(half.bert, tensors)  # what is kept is what is judged
        after = half.ndcg(judged)
    finally:
        half.bert.load_state_dict(base, strict=False)
    times = (("before", before), ("after", after))
    figures = {f"{name}, {when}": round(100 * row[name], 1) for when, row in times for name in row}
    manifest = AdapterManifest(
        base_model=embedder.name,
        layers=options.layers,
        rank=max((t.shape[0] for n, t in tensors.items() if n.endswith(".down")), default=1),
        pairs=len(pairs),
        data_sha256=hashlib.sha256(json.dumps([[p.question, p.passage] for p in pairs]).encode()).hexdigest(),
        figures=figures,
    )
    kept = after["held back"] > before["held back"] and after["unseen"] >= before["unseen"]
    return Tuned(manifest, tensors, kept)


def save_book(folder: Path, embedder: Embedder, pairs: Sequence[Pair]) -> None:
    """Learn the book by which token vectors are packed, on passages of pairs, and write it beside their adapter."""
    chance = np.random.default_rng(0)
    passages = chance.permutation(sorted({pair.passage for pair in pairs}))[:_BOOK_PASSAGES].tolist()
    tokens = np.concatenate(embedder.embed_passages(passages).tokens)
    TokenBook.train(tokens[chance.permutation(len(tokens))[:_BOOK_TOKENS]]).save(folder, adapter_id(folder))


def _split(answers: Sequence[int], share: float, draw: random.Random) -> tuple[list[int], list[int], list[int]]:
    """Split questions into those to train on, held back, and about passages that are never seen."""
    passages = list(range(1 + max(answers)))
    draw.shuffle(passages)
    unseen_passages = set(passages[: math.ceil(share * len(passages))])
    unseen = [i for i, passage in enumerate(answers) if passage in unseen_passages]
    rest = [i for i, passage in enumerate(answers) if passage not in unseen_passages]
    draw.shuffle(rest)
    cut = math.ceil(share * len(rest))
    return sorted(rest[cut:]), sorted(rest[:cut]), unseen


class _Half:
    """The upper layers of a model over what the lower ones, which do not change, made of each text."""

    def __init__(self, embedder: SentenceTransformerEmbedder, layers: int, pairs: Sequence[Pair]) -> None:
        bert = getattr(embedder.model[0], "auto_model", None)
        stack = getattr(getattr(bert, "encoder", None), "layer", None)
        if bert is None or stack is None or len(stack) < layers:
            raise TuningError(f"{embedder.name} is geen BERT van minstens {layers} lagen; kies een ander model.")
        first = len(stack) - layers
        self.bert, self._lower, self._upper = bert, stack[:first], stack[first:]
        names = tuple(f"encoder.layer.{i}." for i in range(first, len(stack)))
        self.tuned = {name: p for name, p in bert.named_parameters() if name.startswith(names)}
        numbers: dict[tuple[str, str], int] = {}  # corpus and text of a passage -> its number
        self.answers = [numbers.setdefault((pair.corpus, pair.passage), len(numbers)) for pair in pairs]
        self.corpora = [corpus for corpus, _ in numbers]
        passages = [text for _, text in numbers]
        vectors = embedder.embed_passages(passages).vectors
        self.similar: np.typing.NDArray[np.float32] = vectors @ vectors.T
        self.passages = self._encode(embedder.ids(passages, "passage"))
        self.questions = self._encode(embedder.ids([pair.question for pair in pairs], "query"))
        self._terms = [frozenset(terms(text)) for text in passages]

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of the weights that are tuned, under the model's names."""
        return {name: p.detach().clone() for name, p in self.tuned.items()}

    def same(self, one: int, other: int) -> bool:
        """Whether two passages say so much the same that neither may count as wrong for the other's question."""
        return one != other and says_same(self._terms[one], self._terms[other], _SAME)

    @torch.no_grad()
    def ndcg(self, judged: Mapping[str, Sequence[int]]) -> dict[str, float]:
        """Return nDCG@10 of each set of questions over all passages of their corpus, by dense plus late score."""
        gains: dict[int, float] = {}
        for corpus in sorted(set(self.corpora)):
            pool = [i for i, name in enumerate(self.corpora) if name == corpus]
            every = sorted({i for rows in judged.values() for i in rows})
            asked = [i for i in every if self.corpora[self.answers[i]] == corpus]
            if not asked:
                continue
            encoded = [self.run(self.questions, asked[i : i + _AT_ONCE]) for i in range(0, len(asked), _AT_ONCE)]
            columns = []
            for i in range(0, len(pool), _AT_ONCE):
                passages = self.run(self.passages, pool[i : i + _AT_ONCE])
                columns.append(torch.cat([torch.add(*_scores(questions, passages)) for questions in encoded]))
            for question, scores in zip(asked, torch.cat(columns, 1), strict=True):
                rank = 1 + int((scores > scores[pool.index(self.answers[question])]).sum())
                gains[question] = 1 / math.log2(rank + 1) if rank <= 10 else 0.0
        return {name: sum(gains[i] for i in rows) / len(rows) if rows else 0.0 for name, rows in judged.items()}

    def run(self, texts: Sequence[Tensor], rows: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Return hidden states (n, length, dimension) and mask (n, length) of some questions or passages."""
        hidden = self._through([texts[row] for row in rows], self._upper)
        return pad_sequence(hidden, batch_first=True), _mask(hidden)

    def _through(self, states: Sequence[Tensor], layers: Iterable[torch.nn.Module]) -> list[Tensor]:
        """Return what layers make of texts; those of like length go together, since padding costs as much as words."""
        order = sorted(range(len(states)), key=lambda i: len(states[i]))
        made: dict[int, Tensor] = {}
        for start in range(0, len(order), _LIKE):
            some = order[start : start + _LIKE]
            hidden = pad_sequence([states[i].float() for i in some], batch_first=True)
            bias = (1 - _mask([states[i] for i in some])[:, None, None]) * torch.finfo(torch.float32).min
            for layer in layers:
                hidden = layer(hidden, attention_mask=bias)
            made |= {i: state[: len(states[i])] for i, state in zip(some, hidden, strict=True)}
        return [made[i] for i in range(len(states))]

    @torch.no_grad()
    def _encode(self, texts: Iterable[Sequence[int]]) -> list[Tensor]:
        """Return what the model below the layers that are tuned makes of texts, given as their tokens."""
        ids = (torch.tensor([tokens[:_MAX_TOKENS]]) for tokens in texts)
        embedded = [self.bert.embeddings(input_ids=one)[0].half() for one in ids]
        return [state.half() for state in self._through(embedded, self._lower)]


def _mask(states: Sequence[Tensor]) -> Tensor:
    return pad_sequence([torch.ones(len(one)) for one in states], batch_first=True)


def _scores(questions: tuple[Tensor, Tensor], passages: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Return dense and late-interaction scores, each (n_questions, n_passages), in [-1, 1]."""
    (asked, asked_mask), (read, read_mask) = questions, passages
    dense = _mean(asked, asked_mask) @ _mean(read, read_mask).T
    similarity = torch.einsum("qid,pjd->qipj", normalize(asked, dim=2), normalize(read, dim=2))
    best = similarity.masked_fill(read_mask[None, None] == 0, -1e4).amax(3)
    late = (best * asked_mask[..., None]).sum(1) / asked_mask.sum(1)[:, None]
    return dense, late


def _mean(hidden: Tensor, mask: Tensor) -> Tensor:
    return normalize((hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True), dim=1)


def _train(
    half: _Half, questions: Sequence[int], options: TuneOptions, draw: random.Random, progress: Progress
) -> None:
    by_passage: dict[int, list[int]] = defaultdict(list)
    for question in questions:
        by_passage[half.answers[question]].append(question)
    parameters = list(half.tuned.values())
    matrices, others = [p for p in parameters if p.dim() > 1], [p for p in parameters if p.dim() < 2]
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}])
    batches = [batch for _ in range(options.passes) for batch in _batches(half, by_passage, options.batch, draw)]
    warm_up = max(1, len(batches) // 10)
    for step, rows in enumerate(batches):
        left = (len(batches) - step) / max(1, len(batches) - warm_up)
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * min((step + 1) / warm_up, max(0.05, left))
        chosen = [
            (question, place)
            for place, row in enumerate(rows)
            for question in draw.sample(by_passage[row], min(options.questions, len(by_passage[row])))
        ]
        target = torch.tensor([place for _, place in chosen])
        also_right = torch.tensor([[half.same(rows[place], row) for row in rows] for _, place in chosen])
        asked = half.run(half.questions, [question for question, _ in chosen])
        dense, late = _scores(asked, half.run(half.passages, rows))
        loss = cross_entropy((dense / DENSE_TEMPERATURE).masked_fill(also_right, -1e4), target) + cross_entropy(
            (late / LATE_TEMPERATURE).masked_fill(also_right, -1e4), target
        )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        progress("leren", step + 1, len(batches))


def _batches(half: _Half, by_passage: dict[int, list[int]], size: int, draw: random.Random) -> Iterator[list[int]]:
    """Yield each passage once, in random batches of one corpus: half of a batch are near to one of its passages."""
    batches = []
    for corpus in sorted({half.corpora[row] for row in by_passage}):
        left = sorted(row for row in by_passage if half.corpora[row] == corpus)
        while left:
            seed = draw.choice(left)
            near = sorted(left, key=lambda row: -half.similar[seed, row])[: size // 2]
            rest = [row for row in left if row not in near]
            batch = near + draw.sample(rest, min(len(rest), size - len(near)))
            left = [row for row in left if row not in batch]
            batches.append(batch)
    draw.shuffle(batches)
    yield from batches
