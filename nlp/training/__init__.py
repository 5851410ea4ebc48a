"""How the encoder learns: data, losses, loops, teachers, and the weights that come of it."""
