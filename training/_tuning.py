"""A MiniLM that learns: the shipped base stays, low-rank adapters, norms and heads are trained."""

from __future__ import annotations

import importlib
import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from roomtone.models import _minilm
from training.emotion import say

torch: Any = importlib.import_module("torch")
functional = torch.nn.functional

RANK = 16
DROP = 0.1
POOL = 1 << 23  # chances of dropout are drawn once; each use takes a run of them at random
HEAD_SPREAD = 0.02


class Net(torch.nn.Module):  # type: ignore[misc]
    """BERT by its formulas: the base's matrices are fixed, all else learns."""

    def __init__(self, base: _minilm.Base, labels: int) -> None:
        super().__init__()
        # Without instructions for it bfloat16 takes ten times as long as single precision.
        fast = torch.ops.mkldnn._is_mkldnn_bf16_supported()
        self.kind = torch.bfloat16 if fast else torch.float32
        chance = torch.Generator().manual_seed(1)
        self.words = torch.tensor(base.words[:] * base.word_scales[:, None])
        self.places = torch.tensor(base.places)
        self.fixed: dict[str, Any] = {}
        self.learnt = torch.nn.ParameterDict()
        for i, layer in enumerate(base.layers):
            for part in _minilm.PARTS:
                wide, high = layer[part].shape
                self.fixed[f"{i}_{part}"] = torch.tensor(layer[part]).to(self.kind)
                down = torch.randn(wide, RANK, generator=chance) / math.sqrt(wide)
                self._learns(f"{i}_{part}_A", down)
                self._learns(f"{i}_{part}_B", torch.zeros(RANK, high))
                self._learns(f"{i}_{part}_b", torch.tensor(layer[f"{part}.b"]))
            for norm in ("n1", "n2"):
                self._learns(f"{i}_{norm}_w", torch.tensor(layer[f"{norm}.w"]))
                self._learns(f"{i}_{norm}_b", torch.tensor(layer[f"{norm}.b"]))
        for name, one in zip("wb", base.norm, strict=True):
            self._learns(f"n0_{name}", torch.tensor(one))
        self.head = torch.nn.Linear(2 * _minilm.WIDE, labels)
        torch.nn.init.normal_(self.head.weight, std=HEAD_SPREAD)
        drawn = torch.rand(POOL, generator=torch.Generator().manual_seed(7)) >= DROP
        self.chances = drawn.float() / (1 - DROP)

    def _learns(self, name: str, value: Any) -> None:
        self.learnt[name] = torch.nn.Parameter(value.clone())

    def _product(self, x: Any, name: str) -> Any:
        low = x @ self.learnt[f"{name}_A"].to(self.kind)
        add = low @ self.learnt[f"{name}_B"].to(self.kind)
        return x @ self.fixed[name] + add + self.learnt[f"{name}_b"].to(self.kind)

    def _norm(self, x: Any, name: str) -> Any:
        of = self.learnt[f"{name}_w"], self.learnt[f"{name}_b"]
        return functional.layer_norm(x.float(), (_minilm.WIDE,), *of, _minilm.EPSILON)

    def _dropped(self, x: Any) -> Any:
        if not self.training:
            return x
        size = x.numel()
        at = int(torch.randint(0, POOL - size, (1,)))
        return x * self.chances[at : at + size].view(x.shape)

    def forward(self, ids: Any, mask: Any) -> Any:
        """The log odds of each text of a batch; `mask` is 1 where there is a token."""
        count, size = ids.shape
        away = ((mask[:, None, None, :] - 1) * 1e4).to(self.kind)
        x = self._dropped(self._norm(self.words[ids] + self.places[:size], "n0"))
        for i in range(_minilm.LAYERS):
            h = x.to(self.kind)
            shape = (count, size, _minilm.HEADS, _minilm.WIDE // _minilm.HEADS)
            q, k, v = [self._product(h, f"{i}_{p}").view(shape).transpose(1, 2) for p in "qkv"]
            near = torch.softmax(q @ k.transpose(-1, -2) * shape[3] ** -0.5 + away, -1)
            mixed = (near @ v).transpose(1, 2).reshape(count, size, _minilm.WIDE)
            x = self._norm(x + self._dropped(self._product(mixed, f"{i}_o").float()), f"{i}_n1")
            bent = functional.gelu(self._product(x.to(self.kind), f"{i}_up"))
            x = self._norm(x + self._dropped(self._product(bent, f"{i}_down").float()), f"{i}_n2")
        told = mask[..., None].float()
        pooled = torch.cat([x[:, 0], (x * told).sum(1) / told.sum(1)], 1)
        return self.head(self._dropped(pooled))

    def arrays(self) -> dict[str, Any]:
        """What was learnt, by name."""
        out = {name: one.detach().numpy().copy() for name, one in self.learnt.items()}
        out["head_w"] = self.head.weight.detach().numpy().T.copy()
        out["head_b"] = self.head.bias.detach().numpy().copy()
        return out


def padded(rows: Sequence[Any]) -> tuple[Any, Any]:
    """Ids of several texts side by side, and 1 where there are any."""
    size = max(map(len, rows))
    ids = np.zeros((len(rows), size), np.int64)
    mask = np.zeros((len(rows), size), np.float32)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


def batches(rows: Sequence[Any], some: Any, size: int, pile: int, chance: Any) -> list[Any]:
    """All of some rows in an order of chance, those of a batch about equally long."""
    order, out = chance.permutation(some), []
    for at in range(0, len(order), size * pile):
        part = order[at : at + size * pile]
        part = part[np.argsort([len(rows[i]) for i in part], kind="stable")]
        found = [part[i : i + size] for i in range(0, len(part), size)]
        out += [found[i] for i in chance.permutation(len(found))]
    return out


def tune(
    base: _minilm.Base, rows: Sequence[Any], y: Any, some: Any, chance: Any, how: dict[str, Any]
) -> dict[str, Any]:
    """Train on some rows; `how` holds epochs, batch, pile, rate, norm_rate, warm, decay, seed."""
    torch.set_num_threads(1)
    net = Net(base, y.shape[1])
    torch.manual_seed(how["seed"])
    often = y[some].mean(0)
    with torch.no_grad():
        net.head.bias.copy_(torch.tensor(np.log(often / (1 - often))))
    low = [one for name, one in net.learnt.items() if name[-2:] in ("_A", "_B")]
    rest = [one for name, one in net.learnt.items() if name[-2:] not in ("_A", "_B")]
    groups = [
        {"params": low, "lr": how["rate"], "weight_decay": how["decay"]},
        {"params": rest, "lr": how["norm_rate"], "weight_decay": 0.0},
        {"params": list(net.head.parameters()), "lr": how["rate"], "weight_decay": how["decay"]},
    ]
    steps = how["epochs"] * math.ceil(len(some) / how["batch"])
    warm = how["warm"] * steps
    learner = torch.optim.AdamW(groups, betas=(0.9, 0.98))
    pace = torch.optim.lr_scheduler.LambdaLR(
        learner, lambda i: min((i + 1) / warm, max(0.0, (steps - i) / (steps - warm)))
    )
    truth, loss_so_far, step = torch.from_numpy(y.astype(np.float32)), math.nan, 0
    for _ in range(how["epochs"]):
        for at in batches(rows, some, how["batch"], how["pile"], chance):
            odds = net(*padded([rows[i] for i in at])).float()
            loss = functional.binary_cross_entropy_with_logits(odds, truth[at], reduction="none")
            loss = loss.sum(1).mean()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            learner.step()
            pace.step()
            learner.zero_grad(set_to_none=True)
            step += 1
            own = loss.item()
            loss_so_far = own if math.isnan(loss_so_far) else 0.99 * loss_so_far + 0.01 * own
            if step % 100 == 0:
                say(f"step {step} of {steps}, loss {loss_so_far:.4f}, {time.process_time():.0f} s")
    return net.arrays()
