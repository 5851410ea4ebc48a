"""What agents do at the desk besides hand-offs: notes, labels, drafts of entries, suggestions, what was read.

Rights are not checked here; the desk's socket asks `qa.selectors.access` first.
"""

from qa.services.desk.drafting import draft_entry
from qa.services.desk.labelling import put_tag, take_tag
from qa.services.desk.noting import write_note
from qa.services.desk.reading import note_read
from qa.services.desk.sessions import signed_in
from qa.services.desk.suggesting import suggest_for_agent

__all__ = ["draft_entry", "note_read", "put_tag", "signed_in", "suggest_for_agent", "take_tag", "write_note"]
