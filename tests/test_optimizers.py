"""Every optimizer against its rule written out by hand, and what must hold for all of them.

A new optimizer is added to `RULES` by its name, with the rule in plain Python numbers.
"""

import copy

import numpy as np
import pytest

import nnlib
from nnlib import SGD, Dense, Optimizer, Parameter, Sequential


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


RULES = {
    "Optimizer": (lambda parameters, lr=0.1: Optimizer(parameters, lr), lambda: plain(0.1)),
    "SGD": (lambda parameters, lr=0.1: SGD(parameters, lr), lambda: plain(0.1)),
    "momentum": (lambda parameters, lr=0.1: SGD(parameters, lr, momentum=0.9), lambda: heavy(0.1, 0.9)),
    "momentum by place": (lambda parameters, lr=0.1: SGD(parameters, lr, 0.5), lambda: heavy(0.1, 0.5)),
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


def test_a_momentum_of_numpy_does_not_widen_float32():
    optimizer = SGD(parameters([1.0], dtype=np.float32), 0.1, momentum=np.float64(0.9))
    step(optimizer, [1.0])
    assert optimizer.velocities[0].dtype == np.float32


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
