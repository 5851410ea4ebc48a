"""Names of the permissions that pages and the API ask for; operators give them to staff under /admin/."""

REVIEW = "qa.review"
EDIT = "qa.change_entry"
TRAIN = "qa.train"
