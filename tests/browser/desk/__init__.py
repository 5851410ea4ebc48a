"""The agents' page and the customer's, side by side in a real browser: by keyboard, on a phone, and for everybody.

| what | where |
|---|---|
| talk, notes, labels, canned replies, drafts, colleagues; a phone; axe | `test_page` |
| to the queue, to the bot, open again; the three lists | `test_handing` |
| offline, cut, refused: what is lost and what is not | `test_line` |
| keys that are held or come early, suggestions that could not be had | `test_keys` |
| title, sound, notification, presence | `test_alerts` |
"""
