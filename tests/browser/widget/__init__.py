"""The widget on foreign pages in a real browser; every test runs on a desktop and on a phone.

| what | where |
|---|---|
| policy, origins, no shift, main thread, pinned builds; included twice, removed, shut down, begun again; route changes | `test_embedding` |
| methods and events, language, theme, brand, reset | `test_methods` |
| identity: signed, forged, expired, on another device; strangers and other sites see nothing | `test_identity` |
| answers, choices by number, bursts, thumbs, popular questions, suggestions, unread, resume, tabs | `test_conversing` |
| nothing gets lost: offline, cut, refused, without sockets | `test_network` |
| a person: queue, agent's name, typing both ways, unread, resolved and rated; misses, danger | `test_people` |
| opening hours, holidays, leave a message, contact first | `test_leaving` |
| transcript, end, pop-out | `test_tools` |
| keyboard, a phone's keyboard on the screen, axe, right to left | `test_access` |
"""
