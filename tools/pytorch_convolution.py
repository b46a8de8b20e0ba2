"""Let PyTorch run its layers for pictures forward and back: python tools/pytorch_convolution.py

Writes tests/pytorch_convolution.npz, against which tests/test_convolution.py compares nnlib's; only this script needs
PyTorch, and no reader does. Made with pip install torch==2.13.0 numpy. The file holds settings, weights and data as
well. PyTorch puts the channels second, nnlib last: all arrays of pictures in the file have them last.
"""

import json
from pathlib import Path

import numpy as np
import torch

FILE = Path(__file__).resolve().parents[1] / "tests" / "pytorch_convolution.npz"
CASES = {
    "conv": ("Conv2d", [2, 3, 3], {}),
    "conv, stride": ("Conv2d", [2, 3, 3], {"stride": 2}),
    "conv, padding": ("Conv2d", [2, 4, 5], {"padding": 2}),
    "conv, both": ("Conv2d", [2, 3, 2], {"stride": 3, "padding": 1}),
    "pool": ("MaxPool2d", [2], {}),
    "pool, stride": ("MaxPool2d", [3], {"stride": 2}),
    "norm": ("BatchNorm2d", [2], {}),
    "norm, all": ("BatchNorm2d", [2], {"momentum": 0.3, "eps": 0.5}),
}


def last(tensor):
    """Channels last: of pictures (N, C, H, W) and of filters (out, in, k, k), which nnlib keeps as (k, k, in, out)."""
    return tensor.detach().numpy().transpose(0, 2, 3, 1)


def filters(tensor):
    return tensor.detach().numpy().transpose(2, 3, 1, 0)


def main():
    torch.manual_seed(0)
    arrays = {"torch": torch.__version__, "cases": json.dumps(CASES)}
    # Whole numbers, so that pixels of a window tie, and which one gets the gradient is seen.
    x = torch.randint(-2, 3, (3, 2, 7, 8)).double()
    arrays["x"] = last(x)
    for name, (kind, sizes, settings) in CASES.items():
        layer = getattr(torch.nn, kind)(*sizes, **settings).double()
        for parameter in layer.parameters():
            torch.nn.init.normal_(parameter)
        x = x.detach().clone().requires_grad_()
        y = layer(x)
        dy = torch.randn_like(y)
        y.backward(dy)
        arrays |= {f"{name} y": last(y), f"{name} dy": last(dy), f"{name} dx": last(x.grad)}
        if hasattr(layer, "weight"):
            form = filters if kind == "Conv2d" else lambda tensor: tensor.detach().numpy()
            arrays |= {f"{name} 0": form(layer.weight), f"{name} grad 0": form(layer.weight.grad)}
            arrays |= {f"{name} 1": layer.bias.detach().numpy(), f"{name} grad 1": layer.bias.grad.numpy()}
        if kind == "BatchNorm2d":
            arrays |= {f"{name} mean": layer.running_mean.numpy(), f"{name} variance": layer.running_var.numpy()}
            layer.eval()
            arrays[f"{name} in use"] = last(layer(x))
    np.savez_compressed(FILE, **arrays)
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes by PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
