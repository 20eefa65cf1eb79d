"""Writes torch_values.inc: what PyTorch's optimizers, schedules, losses and trainings give, for torch_values_test.cpp.

Usage: .venv-bench/bin/python tests/unit/train/torch_values.py [--check]

--check compares with the file instead: 1 where a number differs by more than rounding.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import torch
from torch import nn

FILE = Path(__file__).with_name("torch_values.inc")
STEPS = 100
ROWS, SCALARS, COLUMNS, LENGTH = 50, 5, 3, 4


def number(*at: int) -> float:
    """A number in [-0.5, 0.5) with 16 bits, which torch_values_test.cpp makes alike."""
    value = 0
    for i in at:
        value = (value * 31 + i + 1) * 2654435761 % 2**32
    return (value >> 16) / 2**16 - 0.5


def optimizers() -> dict[str, list[float]]:
    """Weights after 20 steps down a paraboloid, in double precision."""
    make = {
        "adam": lambda p: torch.optim.Adam(p, lr=0.01),
        "adam_decay": lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.1, betas=(0.8, 0.95), eps=1e-6),
        "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
        "sgd": lambda p: torch.optim.SGD(p, lr=0.01),
        "sgd_momentum": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=0.1),
        "sgd_nesterov": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.1),
        "radam": lambda p: torch.optim.RAdam(p, lr=0.01),
        "radam_decay": lambda p: torch.optim.RAdam(p, lr=0.01, weight_decay=0.1, betas=(0.8, 0.95)),
    }
    minimum = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    result = {}
    for name, optimizer_of in make.items():
        weights = nn.Parameter(torch.tensor([0.3, 0.1, -0.7], dtype=torch.float64))
        optimizer = optimizer_of([weights])
        for _ in range(20):
            optimizer.zero_grad()
            ((weights - minimum) ** 2).sum().backward()
            optimizer.step()
        result[name] = weights.tolist()
    return result


def clipped() -> list[float]:
    weights = nn.Parameter(torch.zeros(3, dtype=torch.float64))
    weights.grad = torch.tensor([3.0, -4.0, 12.0], dtype=torch.float64)
    norm = nn.utils.clip_grad_norm_([weights], 2.0)
    return [*weights.grad.tolist(), norm.item()]


def averaged() -> list[float]:
    layer = nn.Linear(1, 1, bias=False).double()
    average = torch.optim.swa_utils.AveragedModel(layer, avg_fn=lambda old, new, _: 0.9 * old + 0.1 * new)
    values = []
    for step in range(5):
        layer.weight.data.fill_(step**2)
        average.update_parameters(layer)
        values.append(average.module.weight.item())
    return values


def rates(scheduler_of, losses: list[float] | None = None, steps: int = 12) -> list[float]:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.5)
    scheduler = scheduler_of(optimizer)
    result = []
    for step in range(steps):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step(*([losses[step]] if losses else []))
    return result


def schedules() -> dict[str, list[float]]:
    """Learning rates of 12 steps; plateau: of 12 epochs with PLATEAU's losses."""
    from torch.optim import lr_scheduler as lr

    def warm_cosine(optimizer):
        warm = lr.LinearLR(optimizer, start_factor=1 / 3, total_iters=2)
        return lr.SequentialLR(optimizer, [warm, lr.CosineAnnealingLR(optimizer, T_max=9, eta_min=0.01)], [3])

    losses = [1, 0.9, 0.9, 0.91, 0.89, 0.8899999, 0.95, 0.9, 0.9, 0.9, 0.5, 0.6]
    return {
        "cosine": rates(lambda o: lr.CosineAnnealingLR(o, T_max=12, eta_min=0.01)),
        "warm_cosine": rates(warm_cosine),
        "exponential": rates(lambda o: lr.ExponentialLR(o, gamma=0.9)),
        "one_cycle": rates(lambda o: lr.OneCycleLR(o, max_lr=0.5, total_steps=12, cycle_momentum=False)),
        "plateau": rates(lambda o: lr.ReduceLROnPlateau(o, factor=0.5, patience=1, threshold=1e-4), losses),
        "plateau_losses": losses,
    }


def losses() -> dict[str, dict[str, object]]:
    """Sum of weight * loss over four events, and the gradient of the mean."""
    weight = torch.tensor([1.0, -0.5, 2.0, 0.25], dtype=torch.float64)
    binary = torch.tensor([0, 1, 1, 0])
    several = torch.tensor([0, 2, 1, 2])

    def binary_loss(z, smoothing):
        target = binary * (1 - smoothing) + smoothing / 2
        return nn.functional.binary_cross_entropy_with_logits(z[:, 0], target.double(), reduction="none")

    def focal(logarithm, gamma):
        return -((1 - logarithm.exp()) ** gamma) * logarithm

    def binary_focal(z, gamma):
        return focal(nn.functional.logsigmoid(torch.where(binary == 1, z[:, 0], -z[:, 0])), gamma)

    def several_focal(z, gamma):
        return focal(nn.functional.log_softmax(z, 1).gather(1, several[:, None])[:, 0], gamma)

    def cross_entropy(z, smoothing):
        return nn.functional.cross_entropy(z, several, reduction="none", label_smoothing=smoothing)

    target = torch.tensor([[number(7, i, k) for k in range(3)] for i in range(4)], dtype=torch.float64)
    flag = (target > 0).double()
    cases = {
        "binary": (1, lambda z: binary_loss(z, 0)),
        "binary_smooth": (1, lambda z: binary_loss(z, 0.1)),
        "binary_focal": (1, lambda z: binary_focal(z, 2)),
        "binary_focal_half": (1, lambda z: binary_focal(z, 0.5)),
        "several": (3, lambda z: cross_entropy(z, 0)),
        "several_smooth": (3, lambda z: cross_entropy(z, 0.1)),
        "several_focal": (3, lambda z: several_focal(z, 2)),
        "squared": (3, lambda z: ((z - target) ** 2).mean(1)),
        "huber": (3, lambda z: nn.functional.huber_loss(z, target, reduction="none", delta=0.7).mean(1)),
        "quantile": (3, lambda z: torch.maximum(0.8 * (target - z), 0.2 * (z - target)).mean(1)),
        "flags": (3, lambda z: nn.functional.binary_cross_entropy_with_logits(z, flag, reduction="none").mean(1)),
    }
    result = {}
    for name, (width, loss_of) in cases.items():
        values = [[6 * number(3, i, k) for k in range(width)] for i in range(4)]
        z = torch.tensor(values, dtype=torch.float64, requires_grad=True)
        loss = (weight * loss_of(z)).sum()
        (loss / 4).backward()
        result[name] = {"loss": loss.item(), "gradient": z.grad.flatten().tolist()}
    return result


class Residual(nn.Module):
    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.layers(x)


class DeepSets(nn.Module):
    """Padded elements with a mask."""

    def __init__(self, mean: bool):
        super().__init__()
        self.mean = mean
        self.phi = nn.Sequential(nn.Linear(COLUMNS, 8), nn.GELU(), nn.Linear(8, 6), nn.GELU())
        self.rho = nn.Sequential(nn.Linear(SCALARS + 6, 7), nn.GELU(), nn.Linear(7, 1))

    def forward(self, scalars: torch.Tensor, elements: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        mask = (torch.arange(LENGTH)[None, :] < count[:, None]).float()[..., None]
        latent = (self.phi(elements) * mask).sum(1)
        if self.mean:
            latent = latent / count.clamp(min=1)[:, None]
        return self.rho(torch.cat([scalars, latent], 1))


class Flat(nn.Module):
    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, scalars: torch.Tensor, elements: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        mask = (torch.arange(LENGTH)[None, :] < count[:, None]).float()[..., None]
        return self.layers(torch.cat([scalars, (elements * mask).flatten(1)], 1))


class Autoencoder(Flat):
    """Gives the mean squared error of each event's reproduction."""

    def forward(self, scalars: torch.Tensor, elements: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        mask = (torch.arange(LENGTH)[None, :] < count[:, None]).float()[..., None]
        flat = torch.cat([scalars, (elements * mask).flatten(1)], 1)
        return ((self.layers(flat) - flat) ** 2).mean(1, keepdim=True)


class Token(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.token = nn.Parameter(torch.zeros(width))


class Scale(nn.Module):
    """Column by column, or one weight for each head's columns."""

    def __init__(self, weights: int, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(weights))
        self.repeat = width // weights

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.weight.repeat_interleave(self.repeat)


def attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """[rows, heads, length, columns of a head]; gives [rows, length, width]."""
    scores = query @ key.transpose(2, 3) / math.sqrt(query.shape[3]) + bias
    return (scores.softmax(3) @ value).transpose(1, 2).flatten(2)


class Dense(nn.Module):
    """The second half of a block."""

    def __init__(self, width: int):
        super().__init__()
        self.first_norm = nn.LayerNorm(width)
        self.first = nn.Linear(width, 4 * width)
        self.second_norm = nn.LayerNorm(4 * width)
        self.second = nn.Linear(4 * width, width)
        self.scale = Scale(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gelu = nn.functional.gelu
        return self.second(self.second_norm(gelu(self.first(self.first_norm(x))))) + self.scale(x)


class Transformer(nn.Module):
    """One block and one class block of two heads; modules stand in the order in which ours have their weights."""

    WIDTH, HEADS = 8, 2

    def __init__(self):
        super().__init__()
        width, heads = self.WIDTH, self.HEADS
        self.embed_norm = nn.LayerNorm(COLUMNS)
        self.embed = nn.Linear(COLUMNS, width)
        self.pair_norm = nn.BatchNorm1d(4)
        self.pair_linear = nn.Linear(4, 6)
        self.pair_linear_norm = nn.BatchNorm1d(6)
        self.pair_heads = nn.Linear(6, heads)
        self.pair_heads_norm = nn.BatchNorm1d(heads)
        self.block_norm = nn.LayerNorm(width)
        self.block_project = nn.Linear(width, 3 * width)
        self.block_scale = Scale(heads, width)
        self.block_out = nn.Linear(width, width)
        self.block_out_norm = nn.LayerNorm(width)
        self.block_dense = Dense(width)
        self.token = Token(width)
        self.class_norm = nn.LayerNorm(width)
        self.class_own = nn.Linear(width, 2 * width)
        self.class_query = nn.Linear(width, width)
        self.class_scale = Scale(heads, width)
        self.class_out = nn.Linear(width, width)
        self.class_out_norm = nn.LayerNorm(width)
        self.class_dense = Dense(width)
        self.head_norm = nn.LayerNorm(width)
        self.head = nn.Linear(width + SCALARS, 1)

    def heads_of(self, x: torch.Tensor, parts: int) -> torch.Tensor:
        rows, length = x.shape[:2]
        return x.reshape(rows, length, parts, self.HEADS, -1).permute(2, 0, 3, 1, 4)

    def pair_bias(self, elements: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        """The pairs i and j <= i of real elements go through the norms of batches, as many as there are."""
        pairs = [(row, i, j) for row, n in enumerate(count.tolist()) for i in range(n) for j in range(i + 1)]
        row, i, j = torch.tensor(pairs).T
        x = pair_features(elements[row, i], elements[row, j])
        gelu = nn.functional.gelu
        x = gelu(self.pair_linear_norm(self.pair_linear(self.pair_norm(x))))
        x = gelu(self.pair_heads_norm(self.pair_heads(x)))
        bias = torch.zeros(len(count), LENGTH, LENGTH, self.HEADS)
        bias = bias.index_put((row, i, j), x).index_put((row, j, i), x)
        return bias.permute(0, 3, 1, 2)

    def forward(self, scalars: torch.Tensor, elements: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        mask = torch.arange(LENGTH)[None, :] < count[:, None]
        absent = torch.where(mask, 0.0, -1e9)[:, None, None, :]
        x = nn.functional.gelu(self.embed(self.embed_norm(elements)))
        query, key, value = self.heads_of(self.block_project(self.block_norm(x)), 3)
        attended = attend(query, key, value, self.pair_bias(elements, count) + absent)
        x = self.block_dense(self.block_out_norm(self.block_out(self.block_scale(attended))) + x)

        token = self.token.token.expand(len(count), 1, -1)
        both = self.class_own(self.class_norm(torch.cat([token, x], 1)))
        key, value = self.heads_of(both, 2)
        (query,) = self.heads_of(self.class_query(token), 1)
        attended = attend(query, key, value, torch.cat([torch.zeros(len(count), 1, 1, 1), absent], 3))
        token = self.class_dense(self.class_out_norm(self.class_out(self.class_scale(attended))) + token)
        return self.head(torch.cat([self.head_norm(token[:, 0]), scalars], 1))


def pair_features(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """arXiv:2202.03772 of massless particles in double precision: ln of distance, kT, z and squared mass.

    The columns are eta, phi and what stands for pt: 1 + the third.
    """
    a, b = a.double(), b.double()
    pt_a, pt_b = 1 + a[:, 2], 1 + b[:, 2]
    eta, phi = a[:, 0] - b[:, 0], a[:, 1] - b[:, 1]
    distance = (eta**2 + phi**2).sqrt()
    softer = torch.minimum(pt_a, pt_b)
    mass2 = 4 * pt_a * pt_b * ((eta / 2).sinh() ** 2 + (phi / 2).sin() ** 2)
    parts = (distance, softer * distance, softer / (pt_a + pt_b), mass2)
    return torch.stack([part.clamp(min=1e-8).log() for part in parts], 1).float()


def batch_of(step: int) -> tuple[torch.Tensor, ...]:
    scalars = [[number(1, step, row, k) for k in range(SCALARS)] for row in range(ROWS)]
    elements = [[[number(2, step, row, i, k) for k in range(COLUMNS)] for i in range(LENGTH)] for row in range(ROWS)]
    count = [row % (LENGTH + 1) for row in range(ROWS)]
    label = [float(number(4, step, row) + 0.5 * scalars[row][0] > 0) for row in range(ROWS)]
    weight = [1 + number(5, step, row) for row in range(ROWS)]
    return tuple(torch.tensor(x) for x in (scalars, elements, count, label, weight))


def curves() -> dict[str, list[float]]:
    """The weighted loss of each of 100 steps, in float32."""
    width = SCALARS + COLUMNS * LENGTH
    networks = {
        "mlp": Flat(nn.Linear(width, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 1)),
        "mlp_batch": Flat(
            *(nn.Linear(width, 8), nn.BatchNorm1d(8), nn.SiLU()),
            *(Residual(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.SiLU()), nn.Linear(8, 1)),
        ),
        "mlp_layer": Flat(
            *(nn.Linear(width, 8), nn.LayerNorm(8), nn.Mish()),
            *(Residual(nn.Linear(8, 8), nn.LayerNorm(8), nn.Mish()), nn.Linear(8, 1)),
        ),
        "deepsets_sum": DeepSets(mean=False),
        "deepsets_mean": DeepSets(mean=True),
        "autoencoder": Autoencoder(
            *(nn.Linear(width, 8), nn.ReLU(), nn.Linear(8, 3), nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, width))
        ),
        "transformer": Transformer(),
    }
    result = {}
    for name, network in networks.items():
        at = 0
        for module in network.modules():
            for values in module.parameters(recurse=False):
                if isinstance(module, nn.Linear):
                    scale = 2 / math.sqrt(module.in_features)
                    initial = [scale * number(6, at + i) for i in range(values.numel())]
                    values.data = torch.tensor(initial).reshape(values.shape)
                elif isinstance(module, Token):
                    values.data = torch.tensor([0.07 * number(6, at + i) for i in range(values.numel())])
                at += values.numel()
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        result[name] = []
        for step in range(STEPS):
            *inputs, label, weight = batch_of(step)
            optimizer.zero_grad()
            output = network(*inputs)[:, 0]
            if name == "autoencoder":
                loss = (weight * output).mean()
            else:
                loss = nn.functional.binary_cross_entropy_with_logits(output, label, weight=weight)
            loss.backward()
            optimizer.step()
            result[name].append(loss.item())
    return result


def differences(found: object, expected: object, path: str = "") -> list[str]:
    if isinstance(found, dict):
        return [line for key in expected for line in differences(found[key], expected[key], f"{path}/{key}")]
    if isinstance(found, list):
        pairs = enumerate(zip(found, expected, strict=True))
        return [line for i, (a, b) in pairs for line in differences(a, b, f"{path}/{i}")]
    return [] if math.isclose(found, expected, rel_tol=2e-5, abs_tol=1e-7) else [f"{path}: {found}, not {expected}"]


def main() -> int:
    torch.set_num_threads(1)
    values = {
        "optimizers": optimizers(),
        "clipped": clipped(),
        "averaged": averaged(),
        "schedules": schedules(),
        "losses": losses(),
        "curves": curves(),
    }
    if "--check" in sys.argv:
        text = FILE.read_text(encoding="utf-8")
        wrong = differences(json.loads(text[text.index("{") : text.rindex("}") + 1]), values)
        print("\n".join(wrong) or "torch_values.inc is right")
        return 1 if wrong else 0
    rounded = json.loads(json.dumps(values), parse_float=lambda text: float(f"{float(text):.9g}"))
    lines = json.dumps(rounded, indent=1)
    FILE.write_text(f'R"json({lines})json"\n', encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
