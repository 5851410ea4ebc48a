"""Pages of trials: the newest are kept."""

from pathlib import Path

import pytest
from pytest_django import Settings

from qa.services.reports import drop_reports, report_folder


@pytest.mark.parametrize(("num_kept", "left"), [(2, {9, 10}), (0, set()), (5, {2, 9, 10})])
def test_the_newest_pages_are_kept(settings: Settings, tmp_path: Path, num_kept: int, left: set[int]) -> None:
    settings.VAR_DIR = tmp_path
    drop_reports()  # nothing there yet
    for trial in (2, 9, 10):
        report_folder(trial).mkdir(parents=True)
        (report_folder(trial) / "report.html").write_text("quotes")
    drop_reports(num_kept=num_kept)
    assert {trial for trial in (2, 9, 10) if report_folder(trial).exists()} == left
