"""The laws of waiting and of availability. Rates are per second, times in seconds,
shares between 0 and 1.
"""

from __future__ import annotations

from math import exp, log, prod, sqrt

SURPLUS = 6.0  # spare servers in units of the load's own fluctuation: beyond it fewer than one in 10^8 wait (Halfin, Whitt)


def in_flight(rate: float, seconds: float) -> float:
    """Little's law: how many are inside at once, L = lambda W."""
    return rate * seconds


def utilisation(rate: float, service: float, servers: int) -> float:
    """How busy each of `servers` is, rho = lambda S / c."""
    return rate * service / servers


def mm1_response(service: float, rho: float) -> float:
    """Mean time in an M/M/1 queue, waiting and service, R = S / (1 - rho)."""
    return service / (1 - rho)


def mm1_quantile(service: float, rho: float, share: float) -> float:
    """The time that `share` of the requests to an M/M/1 queue stay below; it is
    exponential.
    """
    return mm1_response(service, rho) * log(1 / (1 - share))


def erlang_b(servers: int, load: float) -> float:
    """Probability that all servers are busy and nobody waits; `load` in Erlangs."""
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """Probability of having to wait, M/M/c; 1 where the load reaches the servers."""
    if load >= servers:
        return 1.0
    blocked = erlang_b(servers, load)
    return blocked / (1 - (load / servers) * (1 - blocked))


def mean_wait(
    servers: int, load: float, service: float, variability: float = 1.0
) -> float:
    """Mean time in the queue, M/M/c, times (Ca^2 + Cs^2) / 2 after Allen and Cunneen."""
    if load >= servers:
        return float("inf")
    return variability * erlang_c(servers, load) * service / (servers - load)


def wait_quantile(
    servers: int, load: float, service: float, share: float, variability: float = 1.0
) -> float:
    """The time in the queue that `share` of the requests stay below: P(Wq > t) = C
    exp(-(c - a) t / S).
    """
    if load >= servers:
        return float("inf")
    if (1 - load / servers) * sqrt(servers) > SURPLUS:
        return 0.0
    waiting = erlang_c(servers, load)
    if waiting <= 1 - share:
        return 0.0
    return variability * service / (servers - load) * log(waiting / (1 - share))


def wait_longer_than(
    seconds: float, servers: int, load: float, service: float
) -> float:
    """Probability of waiting longer than that, M/M/c."""
    return erlang_c(servers, load) * exp(-(servers - load) * seconds / service)


def servers_needed(
    rate: float,
    service: float,
    target: float,
    wait: float = float("inf"),
    variability: float = 1.0,
) -> int:
    """The fewest servers that stay under the target utilisation and keep the p95 of the
    wait within `wait`.

    The first bound gives the number for large loads and the second for small ones, so
    few steps lie between.
    """
    load = rate * service
    servers = max(1, -int(-load / target // 1))
    while wait_quantile(servers, load, service, 0.95, variability) > wait:
        servers += 1
    return servers


def usl(n: float, alpha: float, beta: float, gamma: float) -> float:
    """Throughput of n workers that contend (alpha) and keep coherent (beta): the
    Universal Scalability Law.
    """
    return gamma * n / (1 + alpha * (n - 1) + beta * n * (n - 1))


def usl_peak(alpha: float, beta: float, gamma: float) -> tuple[float, float]:
    """How many workers give the most, and how much that is."""
    best = sqrt((1 - alpha) / beta)
    return best, usl(best, alpha, beta, gamma)


def in_series(*shares: float) -> float:
    """Availability of what needs all of them."""
    return prod(shares)


def in_parallel(share: float, copies: int) -> float:
    """Availability of what needs one of several independent copies."""
    return 1 - (1 - share) ** copies


def minutes_down(share: float, days: float = 30.0) -> float:
    """Minutes of downtime that an availability allows in so many days."""
    return (1 - share) * days * 24 * 60


def fan_out_tail(calls: int, quantile: float = 0.99) -> float:
    """Probability that at least one of several parallel calls is slower than this
    quantile.
    """
    return 1 - quantile**calls
