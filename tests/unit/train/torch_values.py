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
                at += values.numel()
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        result[name] = []
        for step in range(STEPS):
            *inputs, label, weight = batch_of(step)
            optimizer.zero_grad()
            output = network(*inputs)[:, 0]
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
