"""Peers that are timed in turn, so that a busy moment of the machine hits each of them sooner or later."""

import multiprocessing
import statistics


def medians(serve, names, settings, rounds):
    """Return the median of what each peer measures, in a process of its own: ``serve(name, *settings, orders)``."""
    orders, times = {}, {name: [] for name in names}
    for name in names:
        orders[name], theirs = multiprocessing.Pipe()
        multiprocessing.Process(target=serve, args=(name, *settings, theirs), daemon=True).start()
    for _ in range(rounds):
        for name, order in orders.items():
            order.send(True)
            times[name].append(order.recv())
    for order in orders.values():
        order.send(False)
    return {name: statistics.median(measured) for name, measured in times.items()}
