"""The check of everything a user gives, before a task is submitted."""
