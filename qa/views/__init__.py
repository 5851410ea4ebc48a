"""HTTP edges: validate, call one service, render."""
