"""Every optimizer against its rule written out by hand, and what must hold for all of them.

A new optimizer is added to `RULES` by its name, with the rule in plain Python numbers. A hundred steps of PyTorch's,
made by tools/pytorch_reference.py, are compared as well.
"""

import copy
import json
import math
from pathlib import Path

import numpy as np
import pytest

import nnlib
from nnlib import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Dense,
    Optimizer,
    Parameter,
    RMSprop,
    Scheduled,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    clip_gradients,
    cosine,
    reproducible,
    step_decay,
    warm_up,
)


def plain(lr):
    """w -= lr · dw"""
    while True:
        dw = yield
        yield lr * dw


def heavy(lr, momentum):
    """v = momentum · v + dw, then w -= lr · v"""
    v = 0.0
    while True:
        dw = yield
        v = momentum * v + dw
        yield lr * v


def ahead(lr, momentum):
    """w -= lr · (dw + momentum · v)"""
    v = 0.0
    while True:
        dw = yield
        v = momentum * v + dw
        yield lr * (dw + momentum * v)


def adagrad(lr, eps=1e-10):
    """s += dw², then w -= lr · dw / (√s + eps)"""
    s = 0.0
    while True:
        dw = yield
        s += dw * dw
        yield lr * dw / (math.sqrt(s) + eps)


def rmsprop(lr, alpha=0.99, eps=1e-8):
    """s = alpha · s + (1 − alpha) · dw²"""
    s = 0.0
    while True:
        dw = yield
        s = alpha * s + (1 - alpha) * dw * dw
        yield lr * dw / (math.sqrt(s) + eps)


def adam(lr, beta1=0.9, beta2=0.999, eps=1e-8, decay=0.0, schedule=lambda step: 1.0):
    """As in the paper: sums over the past, weighted and divided by the sum of the weights."""
    past, w = [], 1.0
    while True:
        past.append((yield))
        first = [beta1**age for age in range(len(past))][::-1]
        second = [beta2**age for age in range(len(past))][::-1]
        m = sum(weight * dw for weight, dw in zip(first, past)) / sum(first)
        s = sum(weight * dw * dw for weight, dw in zip(second, past)) / sum(second)
        change = lr * schedule(len(past) - 1) * (m / (math.sqrt(s) + eps) + decay * w)
        w -= change
        yield change


def half(step):
    return 1 / (1 + step)


RULES = {
    "Optimizer": (lambda parameters, lr=0.1: Optimizer(parameters, lr), lambda: plain(0.1)),
    "SGD": (lambda parameters, lr=0.1: SGD(parameters, lr), lambda: plain(0.1)),
    "momentum": (lambda parameters, lr=0.1: SGD(parameters, lr, momentum=0.9), lambda: heavy(0.1, 0.9)),
    "momentum by place": (lambda parameters, lr=0.1: SGD(parameters, lr, 0.5), lambda: heavy(0.1, 0.5)),
    "nesterov": (lambda parameters, lr=0.1: SGD(parameters, lr, 0.9, nesterov=True), lambda: ahead(0.1, 0.9)),
    "AdaGrad": (lambda parameters, lr=0.1: AdaGrad(parameters, lr), lambda: adagrad(0.1)),
    "AdaGrad by place": (lambda parameters, lr=0.1: AdaGrad(parameters, lr, 0.1), lambda: adagrad(0.1, 0.1)),
    "RMSprop": (lambda parameters, lr=0.1: RMSprop(parameters, lr), lambda: rmsprop(0.1)),
    "RMSprop by place": (lambda parameters, lr=0.1: RMSprop(parameters, lr, 0.9, 0.1), lambda: rmsprop(0.1, 0.9, 0.1)),
    "Adam": (lambda parameters, lr=0.1: Adam(parameters, lr), lambda: adam(0.1)),
    "Adam by place": (lambda parameters, lr=0.1: Adam(parameters, lr, (0.5, 0.8), 0.1),
                      lambda: adam(0.1, 0.5, 0.8, 0.1)),
    "AdamW": (lambda parameters, lr=0.1: AdamW(parameters, lr), lambda: adam(0.1, decay=0.01)),
    "AdamW by place": (lambda parameters, lr=0.1: AdamW(parameters, lr, [0.5, 0.8], 0.1, 0.3),
                       lambda: adam(0.1, 0.5, 0.8, 0.1, 0.3)),
    "Scheduled": (lambda parameters, lr=0.1: Scheduled(Adam(parameters, lr), half), lambda: adam(0.1, schedule=half)),
}
every = pytest.mark.parametrize("name", RULES)


def parameters(*starts, dtype=np.float64):
    return [Parameter(np.array(start, dtype)) for start in starts]


def test_every_optimizer_of_the_library_is_tested_and_exported():
    written = {it for it in vars(nnlib.optimizers).values() if isinstance(it, type) and issubclass(it, Optimizer)}
    assert written == {type(make(parameters([1.0]))) for make, _ in RULES.values()}, "a new one belongs in RULES"
    assert {optimizer.__name__ for optimizer in written} <= set(nnlib.__all__), "export it in nnlib/__init__.py"


def step(optimizer, *gradients):
    for parameter, gradient in zip(optimizer.parameters, gradients):
        parameter.grad = np.array(gradient, parameter.data.dtype)
    optimizer.step()


@every
def test_the_rule_on_one_number(name):
    make, rule = RULES[name]
    (w,) = parameters([1.0])
    optimizer, rule, by_hand = make([w]), rule(), 1.0
    for i in range(6):
        slope = by_hand + (-1) ** i                # of w² / 2, and a gradient that changes its sign
        step(optimizer, [slope])
        next(rule)
        by_hand -= rule.send(slope)
        assert w.data[0] == pytest.approx(by_hand, rel=1e-12)


@every
def test_every_entry_of_every_parameter_goes_its_own_way(name):
    """Also two parameters of one shape: what an optimizer remembers of one is not the other's."""
    make, _ = RULES[name]
    together = parameters([1.0, -2.0], [3.0, 0.5], [[0.5]])
    alone = parameters([1.0], [-2.0], [3.0], [0.5], [0.5])
    optimizer, optimizers = make(together), [make([w]) for w in alone]
    for k in range(1, 5):
        step(optimizer, [k, -1.0], [0.1, k * k], [[2.0]])
        for each, gradient in zip(optimizers, (k, -1.0, 0.1, k * k, 2.0)):
            step(each, [gradient])
    np.testing.assert_allclose(np.concatenate([w.data.ravel() for w in together]), [w.data[0] for w in alone])


@every
def test_the_learning_rate_may_change_and_acts_at_once(name):
    """The memory is of directions, not of steps: twice the rate from now on is twice the step from now on."""
    make, _ = RULES[name]
    (w,), (u,) = parameters([1.0]), parameters([1.0])
    slow, fast = make([w]), make([u])
    step(slow, [2.0]), step(fast, [2.0])
    at = w.data.copy()
    fast.lr *= 2
    step(slow, [0.5]), step(fast, [0.5])
    np.testing.assert_allclose(u.data - at, 2 * (w.data - at))


@every
def test_step_changes_every_parameter_in_place_and_no_gradient(name):
    make, _ = RULES[name]
    both = parameters(np.ones((2, 2)), np.ones(2), dtype=np.float32)
    arrays = [parameter.data for parameter in both]
    optimizer = make(both, lr=0.25)
    for _ in range(2):
        step(optimizer, np.full((2, 2), 2), np.full(2, 2))
    for parameter, array in zip(both, arrays):
        assert parameter.data is array
        assert array.dtype == np.float32
        assert (array < 1).all()
        np.testing.assert_array_equal(parameter.grad, 2)


@every
def test_numbers_of_numpy_do_not_widen_float32(name):
    class Watched(np.ndarray):
        def __isub__(self, change):
            assert change.dtype == np.float32
            return super().__isub__(change)

    w = Parameter(np.ones(2, np.float32).view(Watched))
    optimizer = RULES[name][0]([w], lr=np.float64(0.1))
    for k in range(3):
        optimizer.lr = 0.1 * np.cos(k / 10)        # as a schedule would have it
        step(optimizer, [k, 0.3])


@pytest.mark.parametrize("make", [
    lambda w: SGD(w, 0.1, momentum=np.float64(0.9), nesterov=True),
    lambda w: AdaGrad(w, 0.1, eps=np.float64(1e-10)),
    lambda w: RMSprop(w, 0.1, alpha=np.float64(0.9), eps=np.float64(1e-8)),
    lambda w: Adam(w, 0.1, betas=tuple(np.array([0.9, 0.99])), eps=np.float64(1e-8)),
    lambda w: AdamW(w, 0.1, weight_decay=np.float64(0.1)),
])
def test_settings_of_numpy_do_not_widen_float32(make):
    optimizer = make(parameters([1.0], dtype=np.float32))
    step(optimizer, [1.0])
    assert optimizer.direction(0, optimizer.parameters[0]).dtype == np.float32
    memory = [array for value in vars(optimizer).values() if isinstance(value, list) for array in value]
    assert all(array.dtype == np.float32 for array in memory if isinstance(array, np.ndarray))


@every
def test_the_memory_starts_empty_and_is_the_optimizers_own(name):
    make, _ = RULES[name]
    used, (w,) = make(parameters([1.0])), parameters([1.0])
    step(used, [5.0])
    fresh = make([w])
    step(fresh, [1.0])
    alone = make(parameters([1.0]))
    step(alone, [1.0])
    np.testing.assert_array_equal(w.data, alone.parameters[0].data)


@every
def test_the_list_that_was_given_may_change_later(name):
    make, _ = RULES[name]
    given = parameters([1.0])
    optimizer = make(given)
    given.clear()
    step(optimizer, [1.0])
    assert len(optimizer.parameters) == 1


@every
def test_a_copy_goes_on_alone(name):
    make, _ = RULES[name]
    optimizer = make(parameters([1.0]))
    step(optimizer, [1.0])
    other = copy.deepcopy(optimizer)
    step(optimizer, [1.0])
    at = optimizer.parameters[0].data.copy()
    step(other, [1.0])
    np.testing.assert_array_equal(at, other.parameters[0].data)


@every
@pytest.mark.parametrize("lr", [0, -0.1, float("nan"), float("inf"), "0.1"])
def test_learning_rates_that_cannot_be(name, lr):
    with pytest.raises(ValueError, match=r"expected lr above 0, got .*; try lr=0\.1"):
        RULES[name][0](parameters([1.0]), lr=lr)


@pytest.mark.parametrize("momentum", [-0.1, 1, float("nan"), None])
def test_momenta_that_cannot_be(momentum):
    with pytest.raises(ValueError, match="expected momentum from 0 up to but not including 1, got"):
        SGD(parameters([1.0]), 0.1, momentum)


@every
def test_step_before_backward_and_after_a_wrong_one(name):
    optimizer = RULES[name][0](parameters([0.0], [1.0]))
    message = r"expected the gradient of parameter 1 before step, float64 of shape \(1,\), got "
    with pytest.raises(RuntimeError, match=message + "NoneType; did you call backward first"):
        step(optimizer, [1.0])
    for grad in (np.ones(2), np.ones((1, 1)), np.ones(1, np.float32), 1.0):
        optimizer.parameters[1].grad = grad
        with pytest.raises(ValueError, match=message + ".*; look at its backward"):
            optimizer.step()
    assert [w.data[0] for w in optimizer.parameters] == [0, 1]


MODEL = Sequential(Dense(2, 1, rng=np.random.default_rng(0)))
W = MODEL.layers[0].W
NOT_A_LIST = {
    "a network": (MODEL, "got Sequential; did you mean model.parameters()?"),
    "a layer": (MODEL.layers[0], "got Dense; did you mean model.parameters()?"),
    "the method": (MODEL.parameters, "got method; call it: model.parameters()"),
    "one parameter": (W, "got Parameter; did you mean [parameter]?"),
    "a generator": ((parameter for parameter in MODEL.parameters()), "got generator; did you mean list(parameters)?"),
    "arrays": ([W.data], "got ndarray in it; an array becomes one by Parameter(array)"),
    "layers": (MODEL.layers, "got Dense in it; an array becomes one by Parameter(array), a network lists its own by"),
    "nothing": ([], "got an empty list; did you mean model.parameters()?"),
    "one twice": ([W, W], "got one of them twice: every step would move it twice"),
}


@pytest.mark.parametrize("case", NOT_A_LIST)
def test_what_is_not_a_list_of_parameters(case):
    given, message = NOT_A_LIST[case]
    with pytest.raises((TypeError, ValueError)) as caught:
        SGD(given, 0.1)
    assert message in str(caught.value)


@pytest.mark.parametrize("case", ["a network", "a layer", "the method", "one parameter", "a generator", "arrays"])
def test_the_hint_followed_to_the_letter(case):
    given, message = NOT_A_LIST[case]
    hint = message.split("did you mean ")[-1].split("call it: ")[-1].split("becomes one by ")[-1].strip("?")
    hint = f"[{hint}]" if case == "arrays" else hint
    names = {"model": MODEL, "parameter": W, "parameters": (w for w in [W]), "array": W.data, "Parameter": Parameter}
    assert SGD(eval(hint, names), 0.1).parameters


SETTINGS = {
    "nesterov without momentum": (lambda w: SGD(w, 0.1, nesterov=True), "expected a momentum above 0 with nesterov"),
    "eps of AdaGrad": (lambda w: AdaGrad(w, 0.1, eps=0), "expected eps above 0, got 0; try eps=1e-10"),
    "eps of RMSprop": (lambda w: RMSprop(w, 0.1, eps=-1), "expected eps above 0, got -1; try eps=1e-08"),
    "eps of Adam": (lambda w: Adam(w, 0.1, eps=0.0), "expected eps above 0, got 0.0; try eps=1e-08"),
    "alpha": (lambda w: RMSprop(w, 0.1, alpha=1), "expected alpha from 0 up to but not including 1, got 1"),
    "a beta of 1": (lambda w: Adam(w, 0.1, betas=(0.9, 1)), "expected beta2 from 0 up to but not including 1, got 1"),
    "a beta below 0": (lambda w: AdamW(w, 0.1, betas=(-0.1, 0.9)), "expected beta1 from 0 up to"),
    "one beta": (lambda w: Adam(w, 0.1, betas=0.9), "expected betas as two numbers, got 0.9; try betas="),
    "three betas": (lambda w: Adam(w, 0.1, betas=(0.9, 0.9, 0.9)), "expected betas as two numbers"),
    "a decay below 0": (lambda w: AdamW(w, 0.1, weight_decay=-1), "expected weight_decay of at least 0, got -1"),
    "a decay of NaN": (lambda w: AdamW(w, 0.1, weight_decay=math.nan), "expected weight_decay of at least 0, got nan"),
    "a decay in words": (lambda w: AdamW(w, 0.1, weight_decay="0.1"), "expected weight_decay of at least 0, got '0.1'"),
    "parameters for an optimizer": (lambda w: Scheduled(w, half), r"got list; a schedule goes around one: Scheduled"),
    "no function": (lambda w: Scheduled(SGD(w, 0.1), 100), "expected schedule as a function of the step, got 100"),
    "no steps": (lambda w: cosine(1, 0), "expected steps as a whole number of at least 1, got 0"),
    "half a step": (lambda w: warm_up(1, 0.5), "expected steps as a whole number of at least 1, got 0.5"),
    "every 0": (lambda w: step_decay(1, 0), "expected every as a whole number of at least 1, got 0"),
    "a decay that grows": (lambda w: step_decay(1, 1, 1.5), "expected gamma above 0 and at most 1, got 1.5"),
    "a norm of 0": (lambda w: clip_gradients(w, 0), "expected norm above 0, got 0; try norm=1.0"),
    "a network to clip": (lambda w: clip_gradients(MODEL, 1.0), r"did you mean model.parameters\(\)"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_settings_that_cannot_be(case):
    make, message = SETTINGS[case]
    with pytest.raises((TypeError, ValueError), match=message):
        make(parameters([1.0]))


@every
def test_a_step_that_was_refused_leaves_no_trace(name):
    make, rule = RULES[name]
    (w,) = parameters([1.0])
    optimizer, rule = make([w]), rule()
    with pytest.raises(RuntimeError, match="did you call backward first"):
        optimizer.step()
    step(optimizer, [2.0])
    next(rule)
    assert w.data[0] == pytest.approx(1.0 - rule.send(2.0), rel=1e-12)


@every
def test_an_entry_without_a_gradient_stays_but_for_decay(name):
    (w,) = parameters([1.0, 2.0])
    optimizer = RULES[name][0]([w])
    for _ in range(3):
        step(optimizer, [0.5, 0.0])
    assert w.data[0] != 1
    decay = getattr(optimizer, "weight_decay", 0)
    assert w.data[1] == pytest.approx(2 * (1 - 0.1 * decay) ** 3, rel=1e-12)


@every
def test_reproducible_gradients_lead_to_the_same_steps(name):
    plain, wrapped = parameters([1.0, -2.0]), parameters([1.0, -2.0])
    optimizers = [RULES[name][0](w) for w in (plain, wrapped)]
    for k in range(5):
        gradient = np.array([0.3 * k, -1.0])
        plain[0].grad, wrapped[0].grad = gradient, reproducible(gradient)
        for optimizer in optimizers:
            optimizer.step()
    np.testing.assert_array_equal(plain[0].data, wrapped[0].data)


REFERENCE = dict(np.load(Path(__file__).with_name("pytorch_reference.npz")))
CASES, RATES = json.loads(str(REFERENCE["cases"])), json.loads(str(REFERENCE["rates"]))


def network():
    layers = Dense(2, 4, rng=np.random.default_rng(0)), Tanh(), Dense(4, 3, rng=np.random.default_rng(0))
    model, loss = Sequential(*layers), SoftmaxCrossEntropy()

    def fill():
        loss.forward(model.forward(REFERENCE["X"]), REFERENCE["y"])
        model.fill_gradients(loss.backward())

    return model.parameters(), fill


def formula(gradient):
    (w,) = parameters([0.0, 0.0])

    def fill():
        w.grad = np.array(gradient(*w.data))

    return [w], fill


PROBLEMS = {
    "valley": lambda: formula(lambda a, b: [2 * a, 200 * b]),
    "banana": lambda: formula(lambda a, b: [2 * (a - 1) - 400 * a * (b - a**2), 200 * (b - a**2)]),
    "network": network,
}


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("case", [*CASES, "scheduled"])
def test_the_first_hundred_steps_are_pytorchs(problem, case):
    kind, settings = CASES.get(case, ("Adam", {}))
    held, fill = PROBLEMS[problem]()
    for i, parameter in enumerate(held):
        parameter.data[...] = REFERENCE[f"{problem} start {i}"]
    optimizer = getattr(nnlib, kind)(held, lr=RATES[problem]["SGD" if kind == "SGD" else "other"], **settings)
    if case == "scheduled":
        optimizer = Scheduled(optimizer, lambda step: 1 / (1 + step / 8))
    for number in range(1, 101):
        fill()
        optimizer.step()
        row = np.flatnonzero(REFERENCE["steps"] == number)
        if len(row):
            ours = np.concatenate([parameter.data.ravel() for parameter in held])
            np.testing.assert_allclose(ours, REFERENCE[f"{problem} {case}"][row[0]], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("name", "schedule"), [
    ("cosine", lambda step: cosine(step, 30)),
    ("step_decay", lambda step: step_decay(step, every=7, gamma=0.5)),
    ("warm_up", lambda step: warm_up(step, 10)),
])
def test_the_schedules_are_pytorchs(name, schedule):
    np.testing.assert_allclose([schedule(step) for step in range(30)], REFERENCE[name], rtol=0, atol=4e-8)


def test_a_schedule_that_has_come_to_its_end():
    assert (cosine(30, 30), cosine(31, 30), warm_up(10, 10), step_decay(10**4, 10)) == (0, 0, 1, 0)


def test_a_cosine_is_rounded_to_a_grid_on_which_machines_agree():
    assert all((cosine(step, 30) * 2**24).is_integer() for step in range(30))


@pytest.mark.parametrize("share", [-0.1, math.nan, math.inf, None])
def test_shares_that_cannot_be(share):
    (w,) = parameters([1.0])
    optimizer = Scheduled(SGD([w], 0.1), lambda step: share)
    with pytest.raises(ValueError, match="expected the schedule to return a share of lr, at least 0, got .* at step 0"):
        step(optimizer, [1.0])
    assert w.data[0] == 1


def test_a_schedule_in_fit_counts_steps_and_not_epochs():
    seen = []
    optimizer = Scheduled(SGD(MODEL.parameters(), 0.1), lambda step: seen.append(step) or 0.0)
    X, y = np.ones((6, 2)), np.ones((6, 1))
    before = W.data.copy()
    MODEL.fit(X, y, nnlib.MeanSquaredError(), optimizer, epochs=2, batch_size=2, rng=np.random.default_rng(0))
    assert seen == [0, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(W.data, before)


def test_fit_names_the_optimizer_inside_a_schedule():
    optimizer = Scheduled(SGD(parameters([1.0]), 0.1), half)
    with pytest.raises(ValueError, match=r"make it once the network is complete: SGD\(model.parameters\(\), ...\)"):
        MODEL.fit(np.ones((1, 2)), np.ones((1, 1)), nnlib.MeanSquaredError(), optimizer, epochs=1)


def with_gradients(*gradients, dtype=np.float64):
    held = [Parameter(np.zeros(len(gradient), dtype)) for gradient in gradients]
    for parameter, gradient in zip(held, gradients):
        parameter.grad = np.array(gradient, dtype)
    return held


def test_a_gradient_is_clipped_as_a_whole():
    held = with_gradients([3.0, -4.0], [12.0])
    given = [parameter.grad for parameter in held]
    assert clip_gradients(held, 2.0) == REFERENCE["clip length"] == 13
    clipped = np.concatenate([parameter.grad for parameter in held])
    np.testing.assert_allclose(clipped, [6 / 13, -8 / 13, 24 / 13], rtol=1e-15)
    np.testing.assert_allclose(clipped, REFERENCE["clip"], rtol=1e-6)          # PyTorch adds 1e-6 to the length
    np.testing.assert_array_equal(np.concatenate(given), [3, -4, 12])          # another may hold these


def test_a_gradient_that_is_short_enough_stays_to_the_bit():
    held = with_gradients([0.1, 0.7], [0.3])
    assert clip_gradients(held, 1.0) == pytest.approx(math.sqrt(0.59))
    np.testing.assert_array_equal(np.concatenate([parameter.grad for parameter in held]), [0.1, 0.7, 0.3])
    assert clip_gradients(with_gradients([0.0]), 1.0) == 0


def test_clipping_keeps_float32_and_what_is_reproducible():
    (narrow,) = with_gradients([3.0, 4.0], dtype=np.float32)
    clip_gradients([narrow], np.float64(1.0))
    assert narrow.grad.dtype == np.float32
    (wrapped,) = with_gradients([3.0, 4.0])
    wrapped.grad = reproducible(wrapped.grad)
    clip_gradients([wrapped], 1.0)
    assert type(wrapped.grad) is type(reproducible(np.ones(1)))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_gradient_without_a_length(bad):
    held = with_gradients([1.0, bad])
    with pytest.raises(FloatingPointError, match="expected a gradient of finite length, got .*: training has blown up"):
        clip_gradients(held, 1.0)
    assert held[0].grad[0] == 1


def test_clipping_before_backward():
    with pytest.raises(RuntimeError, match="did you call backward first"):
        clip_gradients(parameters([1.0]), 1.0)
