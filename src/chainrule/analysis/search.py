"""Search: a sweep under way: trials are claimed, run on any executor, and noted."""

import os
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ThreadPoolExecutor, wait
from time import monotonic

from chainrule.analysis.search_space import SearchSpace
from chainrule.analysis.study import Claim, Study, Trial
from chainrule.analysis.sweep_problem import Outcome, Problem, attempt
from chainrule.analysis.sweep_result import SweepResult, ranked
from chainrule.arrays import is_number, whole_number
from chainrule.engine import NetworkPool
from chainrule.engine.threads import maximum
from chainrule.errors import ArgumentError, ChainruleError, StateError
from chainrule.random import check_seed

TRIALS = 32
Watch = Callable[[list[Trial]], None]


class Search:
    """A sweep under way: `run` does trials until all are given out, `result` says what was found so far.

    Parameters
    ----------
    problem : Problem
    space : SearchSpace
    trials : int, optional
    sampler, pruner : str
    storage : path or URL, optional
    resume : bool
    seed : int
    """

    def __init__(
        self,
        problem: Problem,
        space: SearchSpace,
        trials: int | None = None,
        sampler: str = "tpe",
        pruner: str = "median",
        storage: str | os.PathLike[str] | None = None,
        resume: bool = False,
        seed: int = 0,
    ) -> None:
        if trials is not None:
            trials = whole_number("trials", trials, least=1)
        if sampler == "grid":
            size = len(space.grid(trials or TRIALS))
            trials = min(trials or size, size)
        self.problem, self.space, self.trials, self.pruner = problem, space, trials or TRIALS, pruner
        tried = space.describe()
        about = {**tried, **problem.describe(), **tried}  # what is tried is said first, and as it is tried
        place = None if storage is None else str(storage)
        self.study = Study(
            place, resume, about, space, self.trials, problem.larger_is_better, sampler, pruner, check_seed(seed)
        )

    def run(
        self,
        jobs: int | None = None,
        executor: Executor | None = None,
        timeout: float | None = None,
        watch: Watch | None = None,
    ) -> None:
        """Do trials until all are given out; after an exception, Ctrl-C say, those under way can be done again."""
        if timeout is not None and not (is_number(timeout) and timeout > 0):
            raise ArgumentError(f"timeout must be a number of seconds above 0, got {timeout!r}")
        count = maximum() if jobs is None else whole_number("jobs", jobs, least=1)
        stop_at = None if timeout is None else monotonic() + timeout
        if executor is not None:
            self._run(executor, count, stop_at, watch)
            return
        with NetworkPool(min(count, self.trials)) as pool:
            self._run(pool, count, stop_at, watch)

    def _run(self, executor: Executor, jobs: int, stop_at: float | None, watch: Watch | None) -> None:
        running: dict[Future[Outcome], Claim] = {}
        more = True
        try:
            while more or running:
                while more and len(running) < jobs:
                    claim = None if stop_at is not None and monotonic() >= stop_at else self.study.claim()
                    if claim is None:
                        more = False
                        break
                    running[self._submit(executor, claim)] = claim
                    self._tell(watch)
                ended, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    self._note(running[future], future)
                    del running[future]
                    self._tell(watch)
        except BaseException:
            if isinstance(executor, NetworkPool):
                executor.stop()
            for future, claim in running.items():
                future.cancel()
                claim.give_back()
            raise

    def _tell(self, watch: Watch | None) -> None:
        if watch is not None:
            watch(self.study.results())

    def _submit(self, executor: Executor, claim: Claim) -> Future[Outcome]:
        report: Callable[[int, float], bool] = claim.report
        if not isinstance(executor, ThreadPoolExecutor):
            report = never if self.study.storage is None else claim.remote(self.pruner)
        return executor.submit(attempt, self.problem, claim.settings, report)

    def _note(self, claim: Claim, future: Future[Outcome]) -> None:
        """Note how a trial ended; an exception of the model's is its end only."""
        try:
            outcome = future.result()
        except CancelledError:
            raise
        except Exception as error:
            reason = str(error) if isinstance(error, ChainruleError) else f"{type(error).__name__}: {error}"
            outcome = Outcome("failed", reason=reason)
        claim.tell(outcome.state, outcome.score, outcome.curve, outcome.seconds, outcome.reason)

    def result(self) -> SweepResult:
        """Return what was found so far, the best model trained once more with its score on the test rows.

        Raises
        ------
        StateError
            No trial is complete.
        """
        trials = self.study.results()
        best = next(iter(ranked(trials, self.problem.larger_is_better)), None)
        if best is None:
            reasons = [t.reason for t in trials if t.reason]
            why = f"; the first that failed: {reasons[0]}" if reasons else ""
            raise StateError(f"none of {len(trials)} trials is complete{why}")
        model, scores = self.problem.finish(best.settings)
        return SweepResult(
            trials,
            best,
            model,
            scores,
            self.problem.monitor,
            self.problem.larger_is_better,
            self.space.swept,
            self.trials,
        )


def never(epoch: int, score: float) -> bool:
    """Prune nothing: for workers that can't reach the study.

    Examples
    --------
    >>> never(1, 0.5)
    False
    """
    return False
