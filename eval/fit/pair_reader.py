"""Train the pair reader: which unit answers a question, with which words, or does none?

A view of a question is some of the passages that were found for it, with all their units; "none of them" has log-odds
0, and is right where no unit answers, or the passages that do have been left out. Loss: minus the log-probability of
all that is right together, and of both ends of the words that answer. Minutes on a GPU, hours on two cores.
"""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor
from torch.nn.functional import cross_entropy

from eval.fit.reader_data import POOL, Found, Task
from index.answer.reader import READ_TOGETHER
from index.errors import TuningError
from index.model.adapter import save_weights
from index.model.embed import SentenceTransformerEmbedder, path_of_computation
from index.model.pair_reader import (
    MANIFEST_NAME,
    WEIGHTS_NAME,
    Packed,
    Packer,
    ReaderManifest,
    batch,
    best_span,
    make_net,
)
from index.store.intake import Progress

MIN_TASKS = 8  # fewer fill no batch
GPU_SECONDS, CPU_SECONDS = 300.0, 28_800.0  # on a GPU twice what the shipped weights took with batches made beside it
VIEW = 6  # passages of a view: some more than answering reads, for harder ones to choose from
DROPPED = 0.3  # share of views without what answers: so often a question of our own has no answer in reach
WHOLE_KEPT = 0.6  # share of the views of questions of which only the whole answer is known: they are the most
_MOST_RIGHT = 3  # of a view, so that wrong ones are left to tell apart
_FALL = 0.85  # chance of a passage to be in a view, over that of the one found before it
_SPAN_LOSS = 0.3
_CPU_VIEWS = 2  # that are in memory at once
_PARTS = 3  # of a batch, each of passages of like length
_HEADS_FASTER = 5  # learning rate of what starts from nothing, over that of layers that can read already
_WARM_UP, _LEAST_RATE = 0.03, 0.01  # share of the time; share of the highest rate
_HELD_BACK = 0.05  # share of the questions with labelled units, kept to judge words by
View = tuple[Task, Sequence[Found]]
Read = tuple[Tensor, Tensor, Packed]  # of a passage log-odds (n_units,), marks (n_tokens, 2) and how it was packed
save_reader = partial(save_weights, (WEIGHTS_NAME, MANIFEST_NAME))
UNIT_RIGHT, LATE_RIGHT = "own questions, best unit right", "own questions, best unit right by late interaction"


@dataclass(frozen=True, slots=True)
class ReaderOptions:
    """How to train; the defaults are the recipe of the shipped weights."""

    layers: int = 12  # lowest ones of the model that it starts from
    seconds: float | None = None  # longest time; None takes GPU_SECONDS or CPU_SECONDS
    steps: int = 12_000  # most steps
    learning_rate: float = 1e-4  # highest one of the layers; falls with the time, or steps, used
    questions: int = 24  # views a step
    seed: int = 0  # of all that is random


@dataclass(frozen=True, slots=True)
class Trained:
    """What training brought."""

    manifest: ReaderManifest  # with its figures
    tensors: dict[str, Tensor]  # the weights as they are stored
    kept: bool  # whether it finds the best unit of own questions more often than late interaction alone


def train(
    embedder: SentenceTransformerEmbedder,
    tasks: Sequence[Task],  # to train on; those whose answer was not found are left out
    own: Sequence[Task],  # to judge by
    options: ReaderOptions,
    show: Progress = lambda *_: None,  # called after each step with the share of the time used, in thousandths
) -> Trained:
    """Train a reader for a model; TuningError where there are too few tasks."""
    usable = [task for task in tasks if task.found and (task.is_found or not task.asked.answers)]
    if len(usable) < MIN_TASKS:
        raise TuningError(f"{len(usable)} vragen zijn te weinig om van te leren; geef er minstens {MIN_TASKS}.")
    torch.manual_seed(options.seed)
    draw = np.random.default_rng(options.seed)
    labelled = draw.permutation([i for i, task in enumerate(usable) if task.asked.weight == 1])
    held = set(labelled[: int(_HELD_BACK * len(labelled))].tolist())
    learner = _Learner(embedder, options)
    learner.learn([task for i, task in enumerate(usable) if i not in held], draw, show)
    tensors = quantise(learner.net)  # what is kept is what is judged
    figures = learner.judge(own, "own questions") | learner.judge([usable[i] for i in sorted(held)], "held back")
    asked = [[task.asked.question, task.asked.answers] for task in usable]
    manifest = ReaderManifest(
        base_model=embedder.name.partition("+")[0],
        layers=options.layers,
        questions=len(usable) - len(held),
        data_sha256=hashlib.sha256(json.dumps(asked).encode()).hexdigest(),
        figures=figures,
    )
    return Trained(manifest, tensors, figures.get(UNIT_RIGHT, 0.0) > figures.get(LATE_RIGHT, 0.0))


def quantise(net: torch.nn.Module) -> dict[str, Tensor]:
    """Return the weights as stored, matrices of the layers int8 with a scale a row; the net gets what is read back."""
    stored: dict[str, Tensor] = {}
    with torch.no_grad():
        for name, weight in net.named_parameters():
            if name.startswith("layers") and weight.dim() == 2:
                scale = (weight.abs().amax(1, keepdim=True) / 127).clamp(min=1e-7).half()
                whole = (weight / scale.float()).round().clamp(-127, 127).to(torch.int8)
                stored |= {name: whole.cpu(), f"{name}.scale": scale[:, 0].cpu()}
                weight.copy_(whole.float() * scale.float())
            else:
                stored[name] = weight.half().cpu()
                weight.copy_(weight.half().float())
    return stored


def draw_view(task: Task, draw: np.random.Generator) -> list[Found]:
    """Draw passages of a question to learn from, those that answer first."""
    right = [one for one in task.found if one.right.any()]
    draw.shuffle(right)
    right = [] if draw.random() < DROPPED else right[:_MOST_RIGHT]
    other = [one for one in task.found if not one.right.any()][:POOL]
    room = min(VIEW - len(right), len(other))
    chance = _FALL ** np.arange(len(other))
    drawn: list[int] = draw.choice(len(other), room, replace=False, p=chance / chance.sum()).tolist() if room else []
    return [*right, *(other[i] for i in drawn)]


def _views(tasks: Sequence[Task], draw: np.random.Generator) -> Iterator[View]:
    """Yield views without end, those of each question in turn."""
    while True:
        for i in draw.permutation(len(tasks)):
            kept = tasks[i].asked.weight == 1 or draw.random() < WHOLE_KEPT
            if kept and (view := draw_view(tasks[i], draw)):
                yield tasks[i], view


def _answer_words(view: Sequence[Found], rows: Sequence[Read]) -> Iterator[tuple[Tensor, int, int]]:
    """Yield marks (n_tokens, 2) of each unit of which the words that answer were read, and their first and last."""
    for one, (_, marks, row) in zip(view, rows, strict=True):
        if one.span and one.span[2] < len(row.units[one.span[0]]):
            unit, start, end = one.span
            yield marks[list(row.units[unit])], start, end


class _Learner:
    """A net with what it reads."""

    def __init__(self, embedder: SentenceTransformerEmbedder, options: ReaderOptions) -> None:
        transformer = embedder.transformer
        self._options = options
        self._device, self._precision = path_of_computation()
        self._embeddings = transformer.get_submodule("embeddings")
        self.net = make_net(transformer, options.layers).to(self._device).float()
        self._pack = lru_cache(None)(Packer(embedder.tokenizer).pack)

    def learn(self, tasks: Sequence[Task], draw: np.random.Generator, show: Progress) -> None:
        """Change the net."""
        options, views = self._options, _views(tasks, draw)
        fresh = [p for name, p in self.net.named_parameters() if not name.startswith("layers")]
        layers = [p for name, p in self.net.named_parameters() if name.startswith("layers")]
        rates = (_HEADS_FASTER * options.learning_rate, options.learning_rate)
        optimizer = torch.optim.AdamW([{"params": fresh}, {"params": layers}], weight_decay=0.01)
        seconds = options.seconds or (GPU_SECONDS if self._device == "cuda" else CPU_SECONDS)
        together = options.questions if self._device == "cuda" else _CPU_VIEWS
        started, step, used = time.monotonic(), 0, 0.0
        self.net.train()
        while used < 1:
            share = min(1, (used + 1 / options.steps) / _WARM_UP) * max(_LEAST_RATE, 1 - used)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * share
            optimizer.zero_grad()
            batch = list(islice(views, options.questions))
            for at in range(0, len(batch), together):
                part = batch[at : at + together]
                (self._loss(part) * len(part) / len(batch)).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
            optimizer.step()
            step += 1
            used = max((time.monotonic() - started) / seconds, step / options.steps)
            show("leren", min(1000, round(1000 * used)), 1000)
        self.net.eval()

    def judge(self, tasks: Sequence[Task], name: str) -> dict[str, float]:
        """Return how often the best unit is right, how well answerable questions are told, and words that overlap."""
        right, odds, words = [], [], []  # the first two by the net and by late interaction
        views = [(task, view) for task in tasks if (view := task.found[:READ_TOGETHER])]
        with torch.no_grad():
            for task, view in views:
                rows = self._run([(task, view)])
                found = torch.cat([one for one, _, _ in rows])
                late = np.concatenate([one.late for one in view])
                odds.append((float(found.logsumexp(0)), float(late.max())))
                if task.asked.answers:
                    answers = np.concatenate([one.right for one in view])
                    right.append((answers[int(found.argmax())], answers[late.argmax()]))
                for inside, start, end in _answer_words(view, rows):
                    first, last, _ = best_span(inside.cpu().numpy())
                    words.append(first <= end and start <= last)
        able = [bool(task.asked.answers) for task, _ in views]
        best, late_best = np.mean(right, axis=0) if right else (0.0, 0.0)
        figures = {
            f"{name}, best unit right": best,
            f"{name}, best unit right by late interaction": late_best,
            f"{name}, answerable": len(right),
        }
        if any(able) and not all(able):
            figures[f"{name}, AUROC"] = roc_auc_score(able, [net for net, _ in odds])
            figures[f"{name}, AUROC by late interaction"] = roc_auc_score(able, [late for _, late in odds])
        if words:
            figures[f"{name}, words overlap"] = np.mean(words)
        return {key: round(float(value), 3) for key, value in figures.items()}

    def _loss(self, views: Sequence[View]) -> Tensor:
        rows, losses, at, spans = self._run(views), [], 0, []
        none = rows[0][0].new_zeros(1)
        for task, view in views:
            own = rows[at : at + len(view)]
            odds = torch.cat([*(one for one, _, _ in own), none])
            answers = np.concatenate([*(one.right for one in view), [False]])
            answers[-1] = not answers.any()
            right = torch.from_numpy(np.flatnonzero(answers)).to(odds.device)
            losses.append(task.asked.weight * (odds.logsumexp(0) - odds[right].logsumexp(0)))
            for inside, *ends in _answer_words(view, own):
                spans.append(cross_entropy(inside.T, torch.tensor(ends, device=odds.device)))
            at += len(view)
        loss = torch.stack(losses).mean()
        return loss + 2 * _SPAN_LOSS * torch.stack(spans).mean() if spans else loss

    def _run(self, views: Sequence[View]) -> list[Read]:
        """Read each passage of views."""
        read = [(task.asked.question, one) for task, view in views for one in view]
        rows = [self._pack(question, one.text, one.place, one.units) for question, one in read]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i].ids))
        found: dict[int, Read] = {}
        for part in np.array_split(order, min(_PARTS, len(order))):
            arrays = batch([rows[i] for i in part], [read[i][1].late for i in part])
            ids, *rest = (torch.from_numpy(one).to(self._device, non_blocking=True) for one in arrays)
            with torch.no_grad():
                embedded = self._embeddings(input_ids=ids).float()
            with torch.autocast(self._device, torch.bfloat16, enabled=self._precision == "bfloat16"):
                odds, marks = self.net(embedded, *rest)
            odds, marks = odds.float(), marks.float()
            for row, i in enumerate(part.tolist()):
                unread = torch.tensor([not places for places in rows[i].units], dtype=torch.bool, device=odds.device)
                found[i] = odds[row, : len(unread)].masked_fill(unread, -1e4), marks[row], rows[i]
        return [found[i] for i in range(len(rows))]
