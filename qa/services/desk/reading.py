"""How far agents have read."""

from django.contrib.auth.models import User

from qa.models import ReadMark


def note_read(*, conversation_id: int, agent: User, seq: int) -> None:
    """Note that an agent has read a conversation up to a turn; what was read before stays read."""
    mark, is_new = ReadMark.objects.get_or_create(conversation_id=conversation_id, user=agent, defaults={"seq": seq})
    if not is_new:
        ReadMark.objects.filter(pk=mark.pk, seq__lt=seq).update(seq=seq)
