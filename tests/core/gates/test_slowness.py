"""How long requests take, beside the others: when the gate fails, and how often it is wrong."""

from collections.abc import Sequence
from dataclasses import replace
from math import exp
from random import Random

import pytest

from controller.core.events import Verdict
from controller.core.gates.limit import figure, limit
from controller.core.gates.race import BATCH, KEPT, OTHERS, Compared, Race
from controller.core.gates.slowness import judge_pace
from controller.core.pool import Pace, together
from tests.core.gates.slow import GATE, INCARNATION, Averaged, Draw, soaked

NOISES: dict[str, Draw] = {
    "uneven": lambda random, _: 5 * exp(random.gauss(0, 1.5)),
    "one in ten takes half a second": lambda random, _: 500 if random.random() < 0.1 else 5,
    "one in three hundred takes 20 s": lambda random, _: 20_000 if random.random() < 0.003 else 5,
    "heavy tails": lambda random, _: min(30_000.0, 20 * random.paretovariate(1.1)),
    "an incident of all": lambda random, at: 1000 * random.random() if 10 < at < 20 else 5,
}


def race(*compared: tuple[Sequence[float], float]) -> Race:
    """Of batches of 10 requests each, in milliseconds, and of the others in milliseconds."""
    done = tuple(
        Compared(
            tuple(Pace(10, own / 1000, own / 1000) for own in batches),
            Pace(100, others / 1000, others / 1000),
        )
        for batches, others in compared
    )
    return Race(INCARNATION, Averaged().timing, {}, compared=done)


@pytest.mark.parametrize(
    ("races", "total", "verdict", "words"),
    [
        ([], 0, Verdict.INCONCLUSIVE, "no data: no request yet"),
        ([], 7, Verdict.PASS, "7 requests; too few at the other members meanwhile"),
        ([race()], 1, Verdict.PASS, "1 request; too few at the other members meanwhile"),
        ([race(([5, 5], 4))], 20, Verdict.PASS, "5ms a request, 4ms at the others"),
        ([race(([104] * 9, 4))], 90, Verdict.PASS, "104ms a request, 4ms at the others"),
        ([race(([299] * 9, 100))], 90, Verdict.PASS, "299ms a request, 100ms at the others"),
        (
            [race(([301] * 9, 100))],
            90,
            Verdict.FAIL,
            "301ms a request, 100ms at the others (9 of 9 batches slow)",
        ),
        (
            [race(([1500] * 4, 0)), race(([1500] * 4, 0))],
            80,
            Verdict.FAIL,
            "1.5s a request, <1ms at the others (8 of 8 batches slow)",
        ),
        (
            [race(([500] * 7, 4))],
            70,
            Verdict.INCONCLUSIVE,
            "500ms a request, 4ms at the others (7 of 7 batches slow), too little traffic to tell",
        ),
        (
            [race(([500] * 5 + [4] * 5, 4))],
            99,
            Verdict.PASS,
            "252ms a request, 4ms at the others (5 of 10 batches slow)",
        ),
    ],
)
def test_verdict(races: list[Race], total: int, verdict: Verdict, words: str) -> None:
    """Slow is what is beyond both limits, in more than half of the batches, beyond chance."""
    judgement = judge_pace(GATE, races, total)
    assert (judgement.verdict, judgement.total) == (verdict, total)
    assert judgement.reason.startswith(words)


def test_the_limit_in_words() -> None:
    """It says both of its parts, and writes values as times."""
    assert limit(GATE) == (
        "requests may not take more than 3 times as long as at the members not yet upgraded, and "
        "100ms longer, beyond chance (99.5 % sure)"
    )
    assert not GATE.is_ratio
    assert [figure(GATE, one) for one in (0.0004, 0.312, 2.14)] == ["<1ms", "312ms", "2.1s"]


def test_nothing_together() -> None:
    """Without requests there is no average."""
    assert together(()) is None
    assert together([Pace(1, 1, 2), Pace(3, 2, 4)]) == Pace(4, 1.75, 3.5)


def test_a_batch_ends() -> None:
    """With enough requests, or as soon as it is sure to be slow; counts that begin anew begin a
    new one."""
    server = Averaged()
    begun = Race(INCARNATION, server.timing, {})
    server.add(900)
    one = server.timing
    assert begun.seen(begun.own, None) is begun
    assert begun.seen(one, None) is begun.seen(one, 0.9) is begun
    assert [batch.requests for batch in begun.seen(one, 0.5).batches] == [1]
    for _ in range(BATCH - 1):
        server.add(5)
    assert [batch.requests for batch in begun.seen(server.timing, None).batches] == [BATCH]
    anew = begun.seen(server.timing, None).seen(Averaged().timing, None)
    assert (anew.own.requests, len(anew.batches)) == (0, 1)


def test_others_are_compared_with_once_they_had_enough() -> None:
    """Until then the batches wait; one that begins anew, or is gone, counts from there."""
    own, left, other = Averaged(), Averaged(), Averaged()
    left.add(1)
    begun = Race(INCARNATION, own.timing, {}).beside({"a": other.timing, "left": left.timing})
    assert begun.beside({"a": other.timing}).others == {"a": other.timing}
    for _ in range(OTHERS - 1):
        other.add(5)
        own.add(5)
    waiting = begun.seen(own.timing, None).beside({"a": other.timing, "left": Averaged().timing})
    assert len(waiting.batches) == 1
    assert not waiting.compared
    assert waiting.others == {"a": Averaged().timing, "left": Averaged().timing}
    other.add(5)
    done = waiting.beside({"a": other.timing})
    assert (len(done.compared), done.batches) == (1, ())
    for _ in range(OTHERS):
        other.add(5)
    assert done.beside({"a": other.timing}).compared == done.compared
    many = done
    for _ in range(KEPT + 2):
        for _ in range(OTHERS):
            other.add(5)
            own.add(5)
        many = many.seen(own.timing, None).beside({"a": other.timing})
    assert len(many.compared) == KEPT


def halted_at(random: Random, own: Draw, others: Draw, rate: float) -> int | None:
    """The second of the soak in which the gate trips."""
    failures = 0
    for second, judgement in enumerate(soaked(random, own, others, rate), 1):
        failures = failures + 1 if judgement.verdict is Verdict.FAIL else 0
        if failures == GATE.failures:
            return second
    return None


@pytest.mark.untraced
@pytest.mark.parametrize("noise", NOISES)
def test_a_healthy_version_is_not_halted(noise: str) -> None:
    """Forty rollouts under each noise, at little and at more traffic: none of 200 is halted, nor
    left without a verdict."""
    random, draw = Random(noise), NOISES[noise]
    for number in range(40):
        judgements = list(soaked(random, draw, draw, (2, 4, 8, 16)[number % 4]))
        assert Verdict.FAIL not in {one.verdict for one in judgements}
        assert judgements[-1].verdict is Verdict.PASS


@pytest.mark.parametrize(("slow", "rate", "within"), [(300, 50, 4), (300, 20, 7), (2000, 5, 10)])
def test_a_slow_version_is_halted(slow: float, rate: float, within: int) -> None:
    """One that never fails a request, and takes many times as long, is seen in tens of them."""
    random = Random(7)
    found = [halted_at(random, lambda *_: slow, lambda *_: 1, rate) for _ in range(5)]
    assert all(second is not None and second <= within for second in found), found


def test_one_that_becomes_slow_is_halted() -> None:
    """Only the last ten seconds count."""

    def own(_: Random, at: float) -> float:
        return 400 if at > 15 else 2

    found = halted_at(Random(3), own, lambda *_: 2, 20)
    assert found is not None
    assert 18 <= found <= 29


@pytest.mark.parametrize(
    ("own", "others", "words"),
    [
        ((-0.042, 0.060), (0.018, 0.022), "at most 60ms a request, 20ms ±2ms at the others"),
        ((0.049, 0.151), (0.0, 0.005), "100ms ±51ms a request, at most 5ms at the others"),
        ((0.095, 0.099), (0.0, 0.001), "97ms ±2ms a request, <1ms at the others"),
        ((0.099, 0.1025), (0.0196, 0.0204), "101ms a request, 20ms at the others"),
    ],
)
def test_no_figure_is_more_precise_than_it_is_known(
    own: tuple[float, float], others: tuple[float, float], words: str
) -> None:
    """Averages over few requests are coarse: 9 ms were once told as less than 1."""
    done = (Compared((Pace(10, *own),), Pace(100, *others)),)
    judgement = judge_pace(GATE, [Race(INCARNATION, Averaged().timing, {}, compared=done)], 10)
    assert judgement.verdict is Verdict.PASS
    assert judgement.reason.startswith(words)


def test_waiting_is_told_as_such() -> None:
    """In the verdict and in the limit."""
    queue = replace(GATE, measure="queue")
    judgement = judge_pace(queue, [race(([299] * 9, 100))], 90)
    assert judgement.reason == "299ms waited for by a request, 100ms at the others"
    assert limit(queue).startswith("requests may not wait more than 3 times as long as at the ")
    assert limit(GATE).startswith("requests may not take more than 3 times as long as at the ")
