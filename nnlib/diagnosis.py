"""Why is it not learning? What can be measured of a network, its data and its optimizer, and what that points to.

All of it is done on copies: no weight, no layer, no optimizer is any different afterwards. The questions come in the
order in which causes have consequences, and the first one that finds something ends the search: where the gradient is
wrong or the inputs are huge, much else looks ill that is not.
"""

import copy
import functools
import textwrap

import numpy as np

from nnlib.checks import check_count, check_finite, check_lengths, check_protocol, check_rng
from nnlib.losses import SigmoidCrossEntropy, SoftmaxCrossEntropy
from nnlib.model import Sequential, check_layers, check_listed
from nnlib.optimizers import check_gradients_ready, check_optimizer

ROWS = 300                                        # of the data are looked at: enough to tell, and quick
STEPS = 30                                        # of a trial run


def diagnose(model, X, y, loss, optimizer=None, *, batch_size=None, rng=None, table=True):
    """Print how large everything is, layer by layer, and say in words what may keep the network from learning.

    Ask before training, after it has failed, or in between. The network and its optimizer stay as they are: every trial
    is made on a copy. A suspect is what the measurements point to, not a proof; silence is none, either.

    Parameters
    ----------
    model : Sequential, or any layer
    X : ndarray of float, shape (N, n_in)
    y : ndarray, N rows
    loss : Loss
    optimizer : Optimizer, optional
        Without it, nothing is said of the learning rate, or of the way that `step` takes.
    batch_size, rng : optional
        As `Sequential.fit` takes them. With a batch size and no generator, the batches are looked at in the order of
        the rows, as a loop of your own takes them that does not shuffle.
    table : bool, default True
        Print what `examine` measures, layer by layer, before the words.

    Returns
    -------
    list of str
        The suspects by name; empty if nothing was found.

    Raises
    ------
    TypeError, ValueError
        If the parts do not fit each other, or the network cannot be copied.

    Notes
    -----
    At most 300 rows are looked at, evenly spread; where their order matters, the first 300. Thirty steps are tried.

    Examples
    --------
    >>> from nnlib import SGD, Dense, ReLU, SoftmaxCrossEntropy, spiral
    >>> rng = np.random.default_rng(0)
    >>> X, y = spiral(50, 3, rng=rng)
    >>> model = Sequential(Dense(2, 32, rng=rng), ReLU(), Dense(32, 3, rng=rng))
    >>> suspects = diagnose(model, X, y, SoftmaxCrossEntropy(), SGD(model.parameters(), lr=0.1))
    layer               output   flat  gradient  update/weight
    0 Dense(2, 32)        0.57            0.013         0.0017
    1 ReLU()              0.41     0%
    2 Dense(32, 3)        0.63            0.025         0.0087
    <BLANKLINE>
    Nothing suspicious in the gradients, the data, the output, the units, the
    start, the learning rate.
    >>> suspects
    []
    """
    check_case(model, X, y, loss, optimizer, batch_size, rng)
    case = _Case(model, X, y, loss, optimizer, batch_size, rng)
    with np.errstate(all="ignore"):               # numbers that overflow are what this looks for
        if table:
            print(as_table(examine(model, X, y, loss, optimizer)), end="\n\n")
        return _ask(case)


def _ask(case):
    """Put one question after another, until one finds something; print it, and return the names."""
    questions = {
        "the numbers": _find_lost_numbers, "the gradients": _find_wrong_gradient, "the data": _find_wrong_data,
        "the output": _find_wrong_output, "the units": _find_flat_units, "the start": _find_bad_start,
        "the learning rate": _find_bad_rate,
    }
    if case.parts[2] is None:
        del questions["the learning rate"]
    for question in questions.values():
        if suspects := question(case):
            print("\n\n".join(map(_in_words, suspects)))
            return [name for name, _, _ in suspects]
    looked = f"Nothing suspicious in {', '.join(list(questions)[1:])}."
    print(textwrap.fill(looked, 76))
    return []


def examine(model, X, y, loss, optimizer=None):
    """Measure every layer: its output, its flat units, its gradient, and how far a step would move its weights.

    Parameters
    ----------
    model, X, y, loss, optimizer
        See `diagnose`. They stay as they are.

    Returns
    -------
    list of dict
        One a layer, those of nested networks one by one, with the keys

        - "layer": its number and what it is;
        - "output": the root mean square of what it gives;
        - "flat": for a layer without parameters that treats each number by itself, the share of its units that are flat
          for every row (ReLU and the like), or of all its outputs that lie where the curve is flat (sigmoid and the
          like); flat means a slope of less than 5 % of the steepest. None elsewhere;
        - "gradient": the root mean square of its parameters' gradients; None without parameters;
        - "update": the length of one step of the optimizer over the length of the parameters; None without one.

    Examples
    --------
    >>> from nnlib import Dense, SoftmaxCrossEntropy
    >>> layer = Dense(2, 2, rng=np.random.default_rng(0))
    >>> [row] = examine(layer, np.eye(2), np.array([0, 1]), SoftmaxCrossEntropy())
    >>> row["layer"], round(row["output"], 2)
    ('0 Dense(2, 2)', 0.34)
    """
    check_case(model, X, y, loss, optimizer)
    case = _Case(model, X, y, loss, optimizer)
    model, loss, optimizer = case.copies()
    seen = case.run(model, loss)
    before = [[parameter.data.copy() for parameter in leaf.parameters()] for leaf in _leaves(model)]
    if optimizer is not None:
        optimizer.step()
    rows = []
    for i, (leaf, (x, output), old) in enumerate(zip(_leaves(model), seen, before)):
        row = {"layer": f"{i} {leaf!r}", "output": size([output]), "flat": None, "gradient": None, "update": None}
        if old:
            row["gradient"] = size([parameter.grad for parameter in leaf.parameters()])
            moved = [parameter.data - data for parameter, data in zip(leaf.parameters(), old)]
            row["update"] = size(moved) / (size(old) or np.nan) if optimizer else None
        else:
            row["flat"] = flat_share(leaf, x)
        rows.append(row)
    return rows


def as_table(rows):
    """Write what `examine` returns as a table, at most 76 columns wide.

    >>> print(as_table([{"layer": "0 ReLU()", "output": 0.5, "flat": 0.25, "gradient": None, "update": None}]))
    layer               output   flat  gradient  update/weight
    0 ReLU()               0.5    25%
    """
    lines = [f"{'layer':18}{'output':>8}{'flat':>7}{'gradient':>10}{'update/weight':>15}"]
    for row in rows:
        flat = "" if row["flat"] is None else f"{row['flat']:.0%}"
        line = f"{row['layer'][:18]:18}{_number(row['output']):>8}{flat:>7}"
        lines.append(f"{line}{_number(row['gradient']):>10}{_number(row['update']):>15}".rstrip())
    return "\n".join(lines)


def _number(value):
    """Write a number with two digits that count; nothing for None.

    >>> _number(0.01234), _number(1234.5), _number(0.0000123), _number(None)
    ('0.012', '1200', '1.2e-05', '')
    """
    return "" if value is None else f"{float(f'{float(value):.2g}'):g}"


def _in_words(suspect):
    """Write a suspect, its name, what was seen and what to try, in lines of at most 76 characters."""
    name, seen, advice = suspect
    lines = [f"Suspect: {name}."]
    for label, words in ("Seen: ", seen), ("Try: ", advice):
        lines += textwrap.wrap(words, 76, initial_indent=f"  {label:6}", subsequent_indent=" " * 8)
    return "\n".join(lines)


def size(arrays):
    """Take the root of the mean of the squares of all the numbers in some arrays.

    Parameters
    ----------
    arrays : list of ndarray

    Returns
    -------
    float

    Examples
    --------
    >>> size([np.array([3.0]), np.array([4.0, 0.0, 0.0])])
    2.5
    """
    total = sum(float((array**2).sum()) for array in arrays)
    return float(np.sqrt(total / sum(array.size for array in arrays)))


def flat_share(layer, x):
    """Return the share of a layer's units, or outputs, whose slope is less than 5 % of the steepest.

    A curve of straight pieces, such as ReLU's, is flat on one of them and should be: there a unit counts if it is flat
    for every row. On any other curve each output counts.

    Parameters
    ----------
    layer : layer
        Without parameters. It is copied.
    x : ndarray, shape (N, n)
        Its input.

    Returns
    -------
    float or None
        None if the layer does not treat each number by itself, as `Softmax` does not.

    Examples
    --------
    >>> from nnlib import ReLU, Sigmoid
    >>> flat_share(ReLU(), np.array([[1.0, -1.0], [-1.0, -1.0]]))
    0.5
    >>> flat_share(Sigmoid(), np.array([[0.0, 5.0, -5.0, 100.0]]))
    0.75
    """
    layer = copy.deepcopy(layer)
    if x.ndim != 2 or not _works_on_each(layer, x):
        return None
    slopes = np.abs(slopes_of(layer, x))                             # (N, n)
    probe = np.abs(slopes_of(layer, np.tile(np.linspace(-3, 3, 13, dtype=x.dtype)[:, None], x.shape[1])))
    flat = slopes < 0.05 * max(probe.max(), slopes.max())
    straight = len(np.unique(np.asarray(probe).round(9))) <= 3
    return float(flat.all(axis=0).mean() if straight else flat.mean())


def slopes_of(layer, x):                          # (N, n) -> (N, n)
    """Hand ``backward`` a gradient of ones: what comes back is the slope of every output along its own input.

    True of layers that treat each number by itself. Its forward runs, so give a copy of a layer in use.

    >>> from nnlib import LeakyReLU
    >>> slopes_of(LeakyReLU(0.1), np.array([[-2.0, 3.0]]))
    array([[0.1, 1. ]])
    """
    return layer.backward(np.ones_like(layer.forward(x)))


def _works_on_each(layer, x):
    """Tell whether the first output depends on the first input alone, and the shape stays."""
    others = np.zeros_like(x)
    others[0, 0] = x[0, 0]
    whole, alone = layer.forward(x), layer.forward(others)
    return whole.shape == x.shape and whole[0, 0] == alone[0, 0]


class _Case:
    """Hold what `diagnose` was given, make copies of it, and run them.

    Examples
    --------
    >>> from nnlib import Dense, SoftmaxCrossEntropy
    >>> model = Dense(2, 2, rng=np.random.default_rng(0))
    >>> case = _Case(model, np.eye(2), np.array([0, 1]), SoftmaxCrossEntropy())
    >>> case.has_learned
    False
    """

    def __init__(self, model, X, y, loss, optimizer=None, batch_size=None, rng=None):
        self.parts, self.all_X, self.all_y = (model, loss, optimizer), X, y
        self.batch_size, self.rng = batch_size, rng
        rows = np.unique(np.linspace(0, len(X) - 1, min(ROWS, len(X))).astype(int))
        self.X, self.y = X[rows], y[rows]

    def copies(self):
        """Return a copy of the model, the loss and the optimizer, which belong together as the originals do."""
        model, loss, optimizer = copy.deepcopy(self.parts)
        if hasattr(model, "eval"):                # no dice while measuring
            model.eval()
        return model, loss, optimizer

    def run(self, model, loss):
        """Run forward and backward; return what every layer was given and gave."""
        seen = [None] * len(_leaves(model))
        for i, leaf in enumerate(_leaves(model)):
            leaf.forward = functools.partial(_record, leaf.forward, seen, i)
        self.value = loss.forward(model.forward(self.X), self.y)
        for leaf in _leaves(model):
            del leaf.forward
        model.fill_gradients(loss.backward())
        return seen

    def losses(self, factor):
        """Return the losses of a trial run at the optimizer's learning rate, times a factor."""
        model, loss, optimizer = self.copies()
        optimizer.lr = optimizer.lr * factor
        losses = []
        with np.errstate(all="ignore"):
            for _ in range(STEPS):
                losses.append(loss.forward(model.forward(self.X), self.y))
                if not np.isfinite(losses[-1]):
                    break
                model.fill_gradients(loss.backward())
                optimizer.step()
        return np.array(losses)

    def first_step(self):
        """Return the length of one step over the length of the weights."""
        model, loss, optimizer = self.copies()
        self.run(model, loss)
        before = [parameter.data.copy() for parameter in model.parameters()]
        optimizer.step()
        moved = [parameter.data - data for parameter, data in zip(model.parameters(), before)]
        return size(moved) / (size(before) or np.nan)

    @property
    def has_learned(self):
        """Tell whether the loss is clearly lower than with the targets dealt out to the wrong rows."""
        model, loss, _ = self.copies()
        prediction = model.forward(self.X)
        rng = np.random.default_rng(0)
        others = [loss.forward(prediction, self.y[rng.permutation(len(self.y))]) for _ in range(5)]
        return bool(loss.forward(prediction, self.y) < 0.7 * np.mean(others))


def _record(forward, seen, i, x):
    """Run a layer forward, and keep its input and its output."""
    seen[i] = x, forward(x)
    return seen[i][1]


def _leaves(model):
    """Return the layers of a network one by one, also those of networks within it.

    >>> from nnlib import ReLU, Tanh
    >>> _leaves(Sequential(ReLU(), Sequential(Tanh())))
    [ReLU(), Tanh()]
    """
    if not isinstance(model, Sequential):
        return [model]
    return [leaf for layer in model.layers for leaf in _leaves(layer)]


def _spread(output):
    """Return how much the rows of an output differ: the root mean square of the columns' standard deviations."""
    return size([output.std(axis=0)])


def _find_lost_numbers(case):
    """Suspect that training has blown up: the loss, or a weight, is NaN or infinite."""
    model, loss, _ = case.copies()
    with np.errstate(all="ignore"):
        value = loss.forward(model.forward(case.X), case.y)
    weights = [parameter.data for parameter in model.parameters()]
    if np.isfinite(value) and all(np.isfinite(array).all() for array in weights):
        return []
    return [("training has blown up", f"the loss is {value}, and cannot come back.",
             "start from fresh weights, and diagnose the fresh network.")]


def _find_wrong_gradient(case):
    """Suspect a backward whose gradients are not the slopes of the loss, or a step that climbs.

    Up to six entries of every parameter are moved, in float64, on at most 50 rows.
    """
    model, loss, _ = case.copies()
    for part in model, loss:
        _make_plain(part)
    X, y = (_as_float64(array[:: -(-len(array) // 50)]) for array in (case.X, case.y))
    twin = copy.deepcopy(model)
    steady = (twin.forward(X) == twin.forward(X)).all()    # else a layer draws random numbers: always the same ones

    def run():
        network = model if steady else copy.deepcopy(model)
        value = loss.forward(network.forward(X), y)
        network.fill_gradients(loss.backward())
        return value, [parameter.grad for parameter in network.parameters()]

    owners = [i for i, leaf in enumerate(_leaves(model)) for _ in leaf.parameters()]
    pairs = [_compare_slopes(model, i, run) for i in range(len(owners))]      # gradients beside slopes
    wrong = [i for i, (grads, slopes) in zip(owners, pairs) if not _close(grads, slopes)]
    return [_wrong_gradient(_leaves(model), wrong, *np.hstack(pairs))] if wrong else _find_wrong_step(case)


def _close(grads, slopes):
    """Tell whether most gradients are as good as equal to their slopes.

    Several kinks within one step can cancel and be overlooked, so a single entry that is off proves nothing.
    """
    allowed = 0.01 * np.abs([*grads, *slopes, 0.0]).max()
    off = (np.abs(grads - slopes) > allowed).sum()
    return bool(off < 2 or off < len(grads) / 2)


def _compare_slopes(model, i, run):
    """Return up to six entries of the i-th parameter's gradient, and beside each the slope measured there.

    Of all the slopes that a kink nearby and rounding leave possible, it is the one nearest to the gradient. An entry
    that cannot be measured is left out.
    """
    parameter, (here, grads) = model.parameters()[i], run()
    grad = np.array(grads[i])
    some = np.unique([*np.linspace(0, grad.size - 1, min(5, grad.size)).astype(int), np.abs(grad).argmax()])
    pairs = []
    for place in zip(*np.unravel_index(some, grad.shape)):
        slopes = [float(np.clip(grad[place], *span)) for span in _spans(parameter, i, place, here, grad[place], run)]
        if slopes:
            pairs.append((grad[place], min(slopes, key=lambda slope: abs(slope - grad[place]))))
    return np.array(pairs).reshape(-1, 2).T       # two rows


def _spans(parameter, i, place, here, grad, run):
    """Yield between which two numbers the slope along one entry lies, from a coarse step to a fine one.

    Where the slopes to its two sides differ, or the gradient itself changes within the step, there is a kink in it, and
    what is measured across says little.
    """
    old = parameter.data[place]
    for h in 1e-4, 1e-5, 1e-6:                    # coarse steps cross kinks, fine ones drown in rounding
        values, bend = [], 0.0
        for moved in old + h, old - h:
            parameter.data[place] = moved
            value, grads = run()
            values.append(value)
            bend = max(bend, abs(grads[i][place] - grad))
        parameter.data[place] = old
        slope, rounding = (values[0] - values[1]) / (2 * h), 1e-14 * max(1.0, abs(here)) / h
        bend = max(bend, abs(values[0] - 2 * here + values[1]) / h)
        if not bend > 0.05 * max(abs(grad), abs(slope)) + rounding:
            yield slope - 2 * bend - rounding, slope + 2 * bend + rounding
            if abs(slope - grad) <= 2 * bend + rounding:
                return


def _wrong_gradient(layers, wrong, computed, measured):
    """Return the suspect behind gradients that are not the slopes measured."""
    cosine = computed @ measured / (np.linalg.norm(computed) * np.linalg.norm(measured) or 1.0)
    if cosine < -0.999:
        return ("a wrong sign in the gradient",
                "every gradient is the measured slope with the sign turned: each step climbs.",
                "look for a difference taken the wrong way round, first in the backward of the loss.")
    last = wrong[-1]
    after = [i for i, layer in enumerate(layers) if i > last and layer.parameters()]
    among = [f"{i} {layers[i]!r}" for i in range(last, after[0] + 1 if after else len(layers))]
    return ("a bug in a backward",
            f"the gradient of layer {among[0]} is not the slope of the loss, measured by moving weights a little"
            f"{'; behind it, from layer ' + str(after[0]) + ' on, it is' if after else ''}.",
            f"check_gradients, on each of these alone: {', '.join(among)}{'' if after else ', the loss'}.")


def _find_wrong_step(case):
    """Suspect an optimizer that steps up: turn the gradient round, and see which way the step turns."""
    if case.parts[2] is None:
        return []
    moves = []
    for sign in 1, -1:
        model, loss, optimizer = case.copies()
        case.run(model, loss)
        slopes = [parameter.grad for parameter in model.parameters()]
        before = [parameter.data.copy() for parameter in model.parameters()]
        for parameter in model.parameters():
            parameter.grad = sign * parameter.grad
        optimizer.step()
        moves.append([parameter.data - data for parameter, data in zip(model.parameters(), before)])
    along = sum(float((slope * (there - back)).sum()) for slope, there, back in zip(slopes, *moves))
    return [] if along <= 0 else [(
        "a wrong sign in the step", "the optimizer moves the weights along the gradient, uphill.",
        "subtract: w -= lr * gradient.")]


def _find_wrong_data(case):
    """Suspect labels that belong to other rows, batches of one kind each, inputs that are huge or tiny."""
    return _find_shift(case) or _find_order(case) or _find_scale(case)


def _find_shift(case):
    """Suspect targets that have slipped by one to three rows.

    Rows that are alike have targets that are alike. If that does not hold, but does hold for the targets of the next
    row, the targets belong there. Slips of 4 to 20 rows tell what chance does.
    """
    X, targets = _as_table_of_numbers(case.all_X[:ROWS]), _as_targets(case.all_y[:ROWS])
    if len(X) < 60:
        return []
    around = targets_around(X, targets)
    shifts = [shift for shift in range(-20, 21) if shift]
    agree = {shift: agreement(around(shift), np.roll(targets, shift, axis=0)) for shift in [0, *shifts]}
    best = max([-3, -2, -1, 1, 2, 3], key=agree.get)
    chance = max(agree[shift] for shift in shifts if abs(shift) > 3)
    if agree[best] < max(0.3, chance + 0.2) or agree[0] > min(0.15, agree[best] / 2):
        return []
    return [("targets shifted by a row" if abs(best) == 1 else f"targets shifted by {abs(best)} rows",
             f"rows that are alike have targets that are not (correlation {agree[0]:.2f}); with y moved by "
             f"{best:+} rows they have ({agree[best]:.2f}).",
             f"look for a header or a row that was dropped on one side. np.roll(y, {best}, axis=0) moves them back.")]


def targets_around(X, targets):
    """Return a function of a shift: the mean target, moved on by so many rows, of the five rows nearest to each row.

    Columns are standardised first, so that none decides alone what is near.

    Parameters
    ----------
    X : ndarray, shape (N, n_in)
        At least six rows.
    targets : ndarray of float, shape (N, m)

    Returns
    -------
    function of int, returning ndarray of shape (N, m)

    Examples
    --------
    >>> X = np.arange(8.0).reshape(8, 1)
    >>> targets_around(X, X)(0)[0]
    array([3.])
    """
    X = X[:, X.std(axis=0) > 0]
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    squares = (X**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * X @ X.T          # (N, N)
    np.fill_diagonal(distances, np.inf)
    near = distances.argsort(axis=1, kind="stable")[:, :5]        # (N, 5)
    return lambda shift: np.roll(targets, shift, axis=0)[near].mean(axis=1)


def agreement(a, b):
    """Return the correlation of two tables, each column counted from its mean; 0 if one does not vary.

    >>> agreement(np.array([[1.0], [2.0]]), np.array([[10.0], [30.0]]))
    1.0
    """
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    lengths = np.sqrt((a**2).sum() * (b**2).sum())
    return float((a * b).sum() / (lengths or 1.0))


def _find_order(case):
    """Suspect batches whose targets differ more than those of shuffled ones would: no generator, and ordered rows."""
    if case.batch_size is None or case.rng is not None or len(case.all_y) < 2 * case.batch_size:
        return []
    targets = _as_targets(case.all_y)
    length = max(case.batch_size, min(10, len(targets) // 10), 1)    # tiny batches: several in a row
    whole = len(targets) // length
    cut = targets[: whole * length].reshape(whole, length, -1)
    between = cut.mean(axis=1).var(axis=0).sum()
    ratio = between * length / (targets.var(axis=0).sum() or 1.0)
    if ratio < 2 + 4 / np.sqrt(whole):
        return []
    return [("rows in order, and no shuffle",
             f"the mean target of {length} rows in a row varies {np.sqrt(ratio):.1f} times as much as it would after a "
             "shuffle.",
             "shuffle in every epoch: batches(X, y, size, rng=rng), or fit with rng.")]


def _find_scale(case):
    """Suspect inputs far from 1, as the first layer with weights sees them."""
    if case.has_learned:
        return []
    model, loss, _ = case.copies()
    seen = case.run(model, loss)
    x = next(x for leaf, (x, _) in zip(_leaves(model), seen) if leaf.parameters())
    sizes = np.sqrt((np.asarray(x).reshape(len(x), -1) ** 2).mean(axis=0))
    largest, advice = sizes.max(), "standardise: (X - X.mean(axis=0)) / X.std(axis=0); pixels / 255."
    if 0.01 <= largest <= 10:
        return []
    return [(f"inputs on a {'large' if largest > 10 else 'small'} scale",
             f"the sizes of the input's columns run from {_number(sizes.min())} to {_number(largest)}, which is column "
             f"{sizes.argmax()}; starting weights and usual rates are made for numbers near 1.", advice)]


def _find_wrong_output(case):
    """Suspect probabilities handed to a loss that takes scores."""
    model, loss, _ = case.copies()
    last, (x, prediction) = _leaves(model)[-1], case.run(model, loss)[-1]
    if isinstance(loss, SigmoidCrossEntropy) and _is_sigmoid(last, x):
        return [("sigmoid twice", f"the last layer, {last!r}, squashes everything into 0 to 1, and SigmoidCrossEntropy "
                 "takes the sigmoid itself: it is given probabilities for scores.", "leave the last layer out.")]
    if not isinstance(loss, SoftmaxCrossEntropy) or prediction.min() < 0:
        return []
    if np.abs(prediction.sum(axis=1) - 1).max() > 1e-4:
        return []
    return [("softmax twice", "every row of the output is at least 0 and sums to 1, and SoftmaxCrossEntropy takes the "
             "softmax itself: it is given probabilities for scores.", "leave the last layer, the softmax, out.")]


def _is_sigmoid(layer, x):
    """Tell whether a layer goes from 0 on the far left to 1 on the far right, each number by itself.

    >>> from nnlib import Sigmoid, Tanh
    >>> _is_sigmoid(Sigmoid(), np.ones((3, 1))), _is_sigmoid(Tanh(), np.ones((3, 1)))
    (True, False)
    """
    if layer.parameters() or x.ndim != 2 or not _works_on_each(layer, x):
        return False
    ends = layer.forward(np.tile(np.array([[-50.0], [50.0]], x.dtype), x.shape[1]))
    return bool(np.abs(ends - [[0], [1]]).max() < 1e-6)


def _find_bad_start(case):
    """Suspect starting weights that let the signal die out or grow, or that make all neurons of a layer the same."""
    if case.has_learned:
        return []
    model, loss, _ = case.copies()
    seen = case.run(model, loss)
    weighty = [i for i, leaf in enumerate(_leaves(model)) if leaf.parameters()]
    for i in weighty[:-1]:
        arrays = [parameter.data for parameter in _leaves(model)[i].parameters()]
        if arrays[0].ndim == 2 and arrays[0].shape[1] > 1 and all((array == array[..., :1]).all() for array in arrays):
            return [("neurons that are all the same",
                     f"all {arrays[0].shape[1]} neurons of layer {i} have the same weights, so they get the same "
                     "gradient and stay the same.", "draw the weights at random: Dense does by itself.")]
    first, *_ = (_spread(x) for leaf, (x, _) in zip(_leaves(model), seen) if leaf.parameters())
    spreads = [_spread(output) for _, output in seen]
    if 0 < spreads[-1] < 1e-5 * first:
        return [("a start that is too small",
                 f"from row to row the input varies by {_number(first)}, the output by {_number(spreads[-1])}: on "
                 "its way through the layers the signal dies out.",
                 "weights of standard deviation sqrt(2 / n_in) before ReLU, sqrt(1 / n_in) before Tanh; no Sigmoid "
                 "between many layers.")]
    if max(spreads) > 1e3 * first > 0:
        return [("a start that is too large",
                 f"from row to row the input varies by {_number(first)}, and layer {int(np.argmax(spreads))} by "
                 f"{_number(max(spreads))}: the signal grows from layer to layer.",
                 "weights of standard deviation sqrt(2 / n_in) before ReLU, sqrt(1 / n_in) before Tanh.")]
    return []


def _find_flat_units(case):
    """Suspect layers in which most units are flat, so that hardly any gradient gets past them."""
    if case.has_learned or len(case.X) < 4:       # of a row or two, many units are on the flat side by chance
        return []
    model, loss, _ = case.copies()
    for i, (leaf, (x, output)) in enumerate(zip(_leaves(model), case.run(model, loss))):
        share = None if leaf.parameters() else flat_share(leaf, x)
        if share is not None and share > 0.7:
            dead = size([output.std(axis=0)]) == 0 or (output == 0).mean() > 0.5
            return [("dead units" if dead else "saturated units",
                     f"layer {i} {leaf!r} is flat in {share:.0%} of its "
                     + ("units, whatever the row" if dead else "outputs") + ": no gradient gets past those.",
                     "fresh weights, and a lower learning rate; look at the size of what goes in, and at the biases."
                     if dead else
                     "smaller starting weights; look at the size of what goes in. ReLU instead of Sigmoid or Tanh.")]
    return []


def _find_bad_rate(case):
    """Suspect a learning rate at which trial steps get nowhere, while another one gets somewhere."""
    if case.has_learned:
        return []
    own = case.losses(1)
    start, end = own[0], own[-5:].max()
    if not end < 0.98 * start:
        for part, name in (10, "a tenth"), (100, "a hundredth"), (1000, "a thousandth"), (10**6, "a millionth"):
            other = case.losses(1 / part)[-5:].max()
            if other < 0.99 * start and not other > 0.9 * end:
                return [_rate("large", own, name, other)]
    if end > 0.99 * start and case.first_step() < 1e-5:
        for times in 10_000, 1000, 100:
            other = case.losses(times)[-5:].max()
            if start - other > 0.03 * start:
                return [_rate("small", own, f"{times:,} times", other)]
    return []


def _rate(kind, own, share, other):
    """Return the suspect for a learning rate too large or too small."""
    end = own[-5:].max()
    return (f"a learning rate that is too {kind}",
            f"in {STEPS} trial steps the loss goes from {_number(own[0])} to {_number(end)}; at {share} of the rate it "
            f"goes to {_number(other)}.", f"a {'lower' if kind == 'large' else 'higher'} rate, by factors of ten.")


def _as_targets(y):
    """Return targets as a table of numbers, class numbers as one column a class."""
    y = np.asarray(y)
    if y.dtype.kind in "iu" and y.ndim == 1:
        return (y[:, None] == np.unique(y)).astype(float)
    return _as_table_of_numbers(y)


def _as_table_of_numbers(array):
    """Return a plain table of float64, one row a sample."""
    return np.asarray(array).reshape(len(array), -1).astype(np.float64)


def _as_float64(array):
    """Return floats as plain float64, all else as it is."""
    return np.array(array, np.float64) if array.dtype.kind == "f" else array


def _make_plain(part, seen=()):
    """Turn every array of floats that a layer or a loss keeps, in layers within it too, into plain float64."""
    for name, value in list(getattr(part, "__dict__", {}).items()):
        if isinstance(value, np.ndarray):
            setattr(part, name, _as_float64(value))
        for inner in value if isinstance(value, (list, tuple)) else [value]:
            if (hasattr(inner, "grad") or hasattr(inner, "forward")) and not any(inner is other for other in seen):
                _make_plain(inner, (*seen, part))


def check_case(model, X, y, loss, optimizer, batch_size=None, rng=None):
    """Raise unless the parts are complete, fit each other, and can be copied."""
    check_protocol("model", model, "forward backward fill_gradients parameters")
    check_protocol("loss", loss, "forward backward")
    check_lengths(X=X, y=y)
    check_finite("X", X)
    check_finite("y", y)
    check_layers(_leaves(model))
    if isinstance(model, Sequential):
        check_listed(model)
    if not model.parameters():
        raise ValueError("expected a network with parameters, got one without: there is nothing to learn")
    if optimizer is not None:
        check_optimizer(optimizer, model)
    if batch_size is not None:
        check_count(batch_size=batch_size)
    check_rng(rng, optional=True)
    check_copyable(model, loss, optimizer)
    check_gradients_filled(_Case(model, X, y, loss))


def check_copyable(*parts):
    """Raise unless the parts can be copied."""
    try:
        copy.deepcopy(parts)
    except Exception as error:
        raise TypeError(
            f"expected parts that copy.deepcopy can copy, since everything is tried on copies, got: {error}"
        ) from None


def check_gradients_filled(case):
    """Raise unless the network takes the data, and backward fills the gradient of every parameter."""
    model, loss, _ = case.copies()
    for parameter in model.parameters():
        parameter.grad = None
    with np.errstate(all="ignore"):
        case.run(model, loss)
    check_gradients_ready(model.parameters())
