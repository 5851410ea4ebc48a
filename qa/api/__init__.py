"""JSON under /api/v1/: validate, call one service, answer. Errors are `{"code": …, "message": …}`, in words."""
