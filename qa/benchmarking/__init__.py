"""`manage.py benchmark`: the real pipeline on question sets that nobody here wrote, beside baselines."""
