"""Study: the trials of a sweep in Optuna's storage, shared by all threads, processes and machines that work on it."""

import os
import platform
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

from chainrule.analysis.search_space import Range, SearchSpace, label
from chainrule.analysis.study_storage import open_storage, silence
from chainrule.errors import ArgumentError, FileError, StateError, UnknownNameError, did_you_mean

NAME = "chainrule"  # of the study: a storage holds one
SAMPLERS, PRUNERS = ("tpe", "random", "grid"), ("median", "hyperband", "none")
WARM_UP = 5  # epochs before the median decides: a rate that is right at the end may look bad while it is high
WAIT = 10.0  # seconds for the process that has begun a study to say what it is about
_LOST, _ABOUT, _OWNER, _STATUS = "lost", "about", "owner", "status"
_STATES = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.RUNNING: "running"}


@dataclass(frozen=True)
class Trial:
    """One training of a sweep.

    Attributes
    ----------
    number : int
    settings : dict
        What was tried, the fixed settings with it.
    state : {"complete", "pruned", "diverged", "failed", "running"}
    score : float or None
        Of a complete trial.
    curve : list of float
        The score after each epoch, on the validation rows; of the first fold where there are several.
    seconds : float
    reason : str
        Why it diverged or failed.
    """

    number: int
    settings: dict[str, Any]
    state: str
    score: float | None = None
    curve: list[float] = field(default_factory=list)
    seconds: float = 0.0
    reason: str = ""

    @property
    def epochs(self) -> int:
        """Epochs trained, of the first fold."""
        return len(self.curve)


class GridInOrder(optuna.samplers.BaseSampler):
    """The points of a grid, the next one for each new trial: so every point is tried once, whoever asks."""

    def __init__(self, points: list[dict[str, Any]]) -> None:
        self._points = points

    def infer_relative_search_space(self, study: Any, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Leave all to `sample_independent`."""
        return {}

    def sample_relative(self, study: Any, trial: FrozenTrial, search_space: Any) -> dict[str, Any]:
        """Sample nothing here."""
        return {}

    def sample_independent(self, study: Any, trial: FrozenTrial, param_name: str, param_distribution: Any) -> Any:
        """Return the value at the trial's point: as many are before it as trials that count."""
        before = sum(t.number < trial.number for t in _counted(study))
        return self._points[before % len(self._points)][param_name]


def make_sampler(name: str, space: SearchSpace, trials: int, seed: int) -> optuna.samplers.BaseSampler:
    """Return a sampler by name: "tpe", "random" or "grid".

    Examples
    --------
    >>> make_sampler("rnadom", SearchSpace({"dropout": [0.0, 0.5]}), 2, 0)
    Traceback (most recent call last):
    chainrule.errors.UnknownNameError: unknown sampler 'rnadom'; did you mean 'random'?
    """
    if name not in SAMPLERS:
        raise UnknownNameError(f"unknown sampler {name!r}{did_you_mean(str(name), SAMPLERS)}")
    if name == "tpe":
        return optuna.samplers.TPESampler(seed=seed)
    if name == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return GridInOrder(space.grid(trials))


def make_pruner(name: str) -> optuna.pruners.BasePruner:
    """Return a pruner by name: "median", "hyperband" or "none".

    Examples
    --------
    >>> type(make_pruner("none")).__name__
    'NopPruner'
    """
    if name not in PRUNERS:
        raise UnknownNameError(f"unknown pruner {name!r}{did_you_mean(str(name), PRUNERS)}")
    if name == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=WARM_UP)
    return optuna.pruners.HyperbandPruner() if name == "hyperband" else optuna.pruners.NopPruner()


class Study:
    """A sweep's trials.

    Parameters
    ----------
    storage : str or None
        A journal file or a database's URL; None keeps the trials in memory.
    resume : bool
        Whether a study that exists is gone on with; else it is an error.
    about : dict of JSON data
        What all who work on the study must agree on.
    space : SearchSpace
    trials : int
        Of the whole study, over all processes.
    larger_is_better : bool
    sampler, pruner : str
    seed : int

    Raises
    ------
    FileError
        The storage can't be used, or holds a study and ``resume`` is False.
    ArgumentError
        The study there is about something else.
    """

    def __init__(
        self,
        storage: str | None,
        resume: bool,
        about: Mapping[str, Any],
        space: SearchSpace,
        trials: int,
        larger_is_better: bool,
        sampler: str = "tpe",
        pruner: str = "median",
        seed: int = 0,
    ) -> None:
        self.storage, self.space, self.trials, self.larger_is_better = storage, space, trials, larger_is_better
        make_sampler(sampler, space, trials, seed), make_pruner(pruner)  # a wrong name is said before a file is made
        with silence():
            self._backend = backend = open_storage(storage)
            directions = optuna.study.StudyDirection
            direction = directions.MAXIMIZE if larger_is_better else directions.MINIMIZE
            try:
                self._study = optuna.create_study(storage=backend, study_name=NAME, direction=direction)
                self.joined = False
            except optuna.exceptions.DuplicatedStudyError:
                if not resume:
                    raise FileError(f"{storage} holds a study already; resume it, or name another storage") from None
                self._study, self.joined = optuna.load_study(storage=backend, study_name=NAME), True
                seed += 7919 * (os.getpid() + len(self._study.get_trials(deepcopy=False)))
            self._agree(about)
            self._study.sampler = make_sampler(sampler, space, trials, seed)
            self._study.pruner = make_pruner(pruner)
            if self.joined:
                self._find_lost()

    def _agree(self, about: Mapping[str, Any]) -> None:
        """Say what the study is about, or see that it is about the same."""
        if not self.joined:
            self._study.set_user_attr(_ABOUT, dict(about))
            return
        deadline = monotonic() + WAIT
        while (there := self._study.user_attrs.get(_ABOUT)) is None and monotonic() < deadline:
            sleep(0.05)
        if there is None and not self._study.get_trials(deepcopy=False):  # who began it was stopped before saying so
            self._study.set_user_attr(_ABOUT, there := dict(about))
        if there is None:
            raise ArgumentError(f"the study in {self.storage} does not say what it is about; begin another one")
        for name in (*sorted(there.keys() - about.keys()), *about):
            was, now = (given.get(name, "not given") for given in (there, about))
            if was != now:
                raise ArgumentError(
                    f"the study in {self.storage} is about something else: {name} is {was} there and {now} here; "
                    "give the same, or begin another study"
                )

    def _find_lost(self) -> None:
        """Let trials be done again whose process on this machine has ended without a word."""
        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            host, process, _ = trial.user_attrs.get(_OWNER, (None, 0, 0))
            if host == platform.node() and not _is_alive(process, trial.user_attrs[_OWNER][2]):
                self._give_back(trial)

    def _give_back(self, trial: FrozenTrial) -> None:
        with silence():
            try:
                self._backend.set_trial_user_attr(trial._trial_id, _LOST, True)
                self._study.tell(trial.number, state=TrialState.FAIL)
            except (ValueError, optuna.exceptions.UpdateFinishedTrialError):  # another process has found it too
                return
            self._study.enqueue_trial(trial.params)

    def claim(self) -> "Claim | None":
        """Return a trial to do, which nobody else does; None where all have been given out."""
        with silence(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Optuna's remarks on how it samples
            known = _counted(self._study)
            if len(known) >= self.trials and all(t.state != TrialState.WAITING for t in known):
                return None
            trial = self._study.ask(self._distributions())
            if sum(t.number < trial.number for t in _counted(self._study)) >= self.trials:  # another was quicker
                trial.set_user_attr(_LOST, True)
                self._study.tell(trial, state=TrialState.FAIL)
                return None
            trial.set_user_attr(_OWNER, [platform.node(), os.getpid(), _started(os.getpid())])
        return Claim(self, trial, self.space.settings(trial.params))

    def _distributions(self) -> dict[str, BaseDistribution]:
        found: dict[str, BaseDistribution] = {}
        for name in self.space.swept:
            entry = self.space.entries[name]
            if not isinstance(entry, Range):
                found[name] = CategoricalDistribution([label(choice) for choice in entry])
            elif entry.whole:
                found[name] = IntDistribution(int(entry.low), int(entry.high), log=entry.log)
            else:
                found[name] = FloatDistribution(entry.low, entry.high, log=entry.log)
        return found

    def results(self) -> list[Trial]:
        """Return all trials begun so far, by whomever."""
        with silence():
            begun = [t for t in _counted(self._study) if t.state != TrialState.WAITING]
        return [self._read(t) for t in begun if t.params.keys() >= set(self.space.swept)]  # others have just begun

    def _read(self, trial: FrozenTrial) -> Trial:
        kept = trial.user_attrs  # written before the trial ends: they count from its end on
        state = (trial.state.is_finished() and kept.get(_STATUS)) or _STATES.get(trial.state, "failed")
        complete = state == "complete"
        return Trial(
            trial.number,
            self.space.settings(trial.params),
            state,
            trial.value if complete else None,
            list(kept.get("curve", [])) or [trial.intermediate_values[s] for s in sorted(trial.intermediate_values)],
            float(kept.get("seconds", 0.0)),
            str(kept.get("reason", "")),
        )

    def copy_to(self, path: Path) -> None:
        """Write the study to a journal file, from which it can be gone on with."""
        with silence():
            target = open_storage(str(path))
            optuna.copy_study(from_study_name=NAME, from_storage=self._backend, to_storage=target, to_study_name=NAME)


class Claim:
    """A trial that this process does.

    Attributes
    ----------
    number : int
    settings : dict
    """

    def __init__(self, study: Study, trial: optuna.trial.Trial, settings: dict[str, Any]) -> None:
        self.study, self.settings, self.number = study, settings, trial.number
        self._trial = trial

    def report(self, epoch: int, score: float) -> bool:
        """Note the score after an epoch, and return whether the trial is not worth going on with."""
        with silence():
            self._trial.report(score, epoch)
            return self._trial.should_prune()

    def tell(self, state: str, score: float | None, curve: list[float], seconds: float, reason: str = "") -> None:
        """Note how the trial ended."""
        with silence():
            for name, value in (("curve", curve), ("seconds", seconds), ("reason", reason), (_STATUS, state)):
                self._trial.set_user_attr(name, value)
            kind = {"complete": TrialState.COMPLETE, "failed": TrialState.FAIL}.get(state, TrialState.PRUNED)
            self.study._study.tell(self._trial, score if state == "complete" else None, state=kind)

    def give_back(self) -> None:
        """Let the trial be done again, by this or another process."""
        self.study._give_back(self.study._backend.get_trial(self._trial._trial_id))

    def remote(self, pruner: str) -> "RemoteReport":
        """Return what a worker in another process reports to."""
        if self.study.storage is None:
            raise StateError("a study in memory can't be reached from another process")
        return RemoteReport(self.study.storage, self._trial._trial_id, pruner)


@dataclass
class RemoteReport:
    """`Claim.report` for a worker in another process, which opens the storage by itself."""

    storage: str
    trial_id: int
    pruner: str

    def __call__(self, epoch: int, score: float) -> bool:
        """Note the score after an epoch, and return whether the trial is not worth going on with."""
        with silence():
            if not hasattr(self, "_trial"):
                study = optuna.load_study(
                    storage=open_storage(self.storage), study_name=NAME, pruner=make_pruner(self.pruner)
                )
                self._trial = optuna.trial.Trial(study, self.trial_id)
            self._trial.report(score, epoch)
            return self._trial.should_prune()


def _counted(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that count: not those that are done again under another number, or were one too many."""
    return [t for t in study.get_trials(deepcopy=False) if _LOST not in t.user_attrs]


def _is_alive(process: int, started: float) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return _started(process) == started


def _started(process: int) -> float:
    """Return when a process began, in the system's ticks; 0 where the system does not say, or it has ended."""
    try:
        state, *fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
        return 0.0 if state in "ZX" else float(fields[18])
    except (OSError, ValueError, IndexError):
        return 0.0
