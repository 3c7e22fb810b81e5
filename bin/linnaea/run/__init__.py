"""A run seen from outside: its plan, state, cost, failure and end."""
