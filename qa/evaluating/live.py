"""What the installation answers with just now, loaded for an evaluation."""

from qa.engine.building import build_bundle, load_interpreter
from qa.engine.bundle import Bundle
from qa.engine.installed import open_installed
from qa.exceptions import NotFound, Unavailable
from qa.models import KnowledgeBase, LiveRelease
from qa.progress import Progress


def load_live_bundle(*, progress: Progress) -> Bundle:
    """Load the live release as a web process does.

    Raises:
        Unavailable: No model is live.
        NLPError: The live model is missing or damaged.
    """
    live = LiveRelease.objects.select_related("release").first()
    if live is None or live.release is None or not live.release.model_fingerprint:
        raise Unavailable("No model is live, so there is nothing to evaluate. Run `manage.py prepare_model` first.")
    interpreter = load_interpreter(live.release.model_fingerprint)
    return build_bundle(live.release, interpreter, interpreter.encoder, progress=progress)


def is_trained(bundle: Bundle) -> bool:
    """Tell whether the bundle's encoder was trained on this installation's knowledge."""
    return open_installed(bundle.model_fingerprint).is_trained


def choose_knowledge_base(slug: str | None) -> KnowledgeBase:
    """Return the named knowledge base, or the only one.

    Raises:
        NotFound: There is none of this name, none at all, or several to choose from.
    """
    bases = {base.slug: base for base in KnowledgeBase.objects.order_by("slug")}
    if slug is None and len(bases) == 1:
        return next(iter(bases.values()))
    if slug in bases:
        return bases[slug]
    if not bases:
        raise NotFound("There is no knowledge base yet; import one with `manage.py import_knowledge`.")
    given = "There are several knowledge bases" if slug is None else f"There is no knowledge base {slug!r}"
    raise NotFound(f"{given}; give --knowledge-base one of {', '.join(bases)}.")
