"""`manage.py evaluate`: the live system on labelled questions, what each part of it adds, and the report."""
