"""The catalogue: every set-up on its three data sets; one seed here, five and 100 healthy runs with --all."""

import pytest

from tests.analysis.diagnosis_catalogue import FINAL_SEED, HEALTHY_LATER, alarms, catalogue
from tests.analysis.diagnosis_data import BROKEN, DEVELOPMENT, DEVELOPMENT_HEALTHY, HEALTHY
from tests.analysis.diagnosis_setups import SETUPS

RECOGNISED, ALARMS = 0.9, 0.02
QUICK_HEALTHY = 12


def share_recognised(seeds):
    rows = list(catalogue(BROKEN, seeds))
    assert len(rows) >= 15
    assert all(row.runs == 3 * len(seeds) for row in rows)
    return sum(row.recognised for row in rows) / sum(row.runs for row in rows)


def test_recognises_what_is_broken():
    assert share_recognised(range(FINAL_SEED, FINAL_SEED + 1)) >= RECOGNISED


def test_healthy_runs_give_no_alarm():
    assert alarms(HEALTHY, QUICK_HEALTHY, FINAL_SEED + HEALTHY_LATER) == []


@pytest.mark.product
def test_recognises_what_is_broken_over_five_seeds():
    assert share_recognised(range(FINAL_SEED, FINAL_SEED + 5)) >= RECOGNISED


@pytest.mark.product
def test_at_most_two_alarms_in_a_hundred_healthy_runs():
    assert len(alarms(HEALTHY, 100, FINAL_SEED + HEALTHY_LATER)) <= ALARMS * 100


def test_every_check_has_a_set_up():
    from chainrule.analysis.diagnosis.checks import CHECKS

    covered = {setup.expected for setup in SETUPS} | {"diverged"}  # which follows from rates of others
    assert {check.name for check in CHECKS} == covered


def test_no_data_set_is_tuned_on_and_measured_with():
    lists = [{*DEVELOPMENT["classes"], *DEVELOPMENT["numbers"], *DEVELOPMENT_HEALTHY},
             {*BROKEN["classes"], *BROKEN["numbers"]}, {*HEALTHY}]  # fmt: skip
    assert len(set.union(*lists)) == sum(map(len, lists))
